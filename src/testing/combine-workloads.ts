import { InvalidOptionError } from '../errors.ts';
import { atLeast, positive, share, wholeNumber } from './check.ts';
import { loadServedBy } from './needed-workers.ts';
import type { Workload } from './workload.ts';

/** The sum of several workloads. */
export function plus(first: Workload, ...others: readonly Workload[]): Workload {
  for (const other of others) {
    if (other.unit !== first.unit) {
      throw new InvalidOptionError(
        'unit',
        `must be the same for all that is added (${first.unit})`,
        other.unit,
      );
    }
  }
  const all = [first, ...others];
  return {
    ...common(all, Math.max),
    name: all.map((workload) => workload.name).join(' + '),
    unit: first.unit,
    at: (ms) => {
      let sum = 0;
      for (const workload of all) sum += workload.at(ms);
      return sum;
    },
  };
}

/** A workload times a number, or times another workload that gives the factor at each time. */
export function times(workload: Workload, factor: number | Workload): Workload {
  if (typeof factor === 'number') {
    atLeast('factor', factor, 0);
    return { ...workload, name: `${workload.name} × ${round(factor)}`, at: (ms) => workload.at(ms) * factor };
  }
  return {
    ...common([workload, factor], Math.min),
    name: `${workload.name} × ${factor.name}`,
    unit: workload.unit,
    at: (ms) => workload.at(ms) * factor.at(ms),
  };
}

/** A workload kept between two bounds. */
export function clamp(workload: Workload, low: number, high: number): Workload {
  atLeast('low', low, 0);
  if (!(high >= low)) throw new InvalidOptionError('high', `must be at least low (${low})`, high);
  return {
    ...workload,
    name: `${workload.name} within ${low}–${high}`,
    at: (ms) => Math.min(high, Math.max(low, workload.at(ms))),
  };
}

/** The first `periodMs` of a workload over and over, for ever. */
export function repeat(workload: Workload, periodMs: number | undefined = workload.durationMs): Workload {
  const period = positive('periodMs', periodMs ?? Number.NaN);
  return {
    name: `${workload.name}, repeated`,
    unit: workload.unit,
    at: (ms) => workload.at(ms % period),
    ...(workload.stepMs !== undefined && period % workload.stepMs === 0 && { stepMs: workload.stepMs }),
    ...(workload.startAt !== undefined && { startAt: workload.startAt }),
  };
}

/** Reads a workload's numbers as jobs that arrive per second. */
export function jobsPerSecond(workload: Workload): Workload {
  return { ...workload, name: `${workload.name} jobs/s`, unit: 'jobs-per-second' };
}

/**
 * Scales a recorded workload, whatever its unit, so that its peak needs `workers` workers: the given percentile
 * of its load becomes the load L with L + √L = workers (40 workers serve 34.2 busy-worker equivalents).
 */
export function scaleToPeak(
  workload: Workload,
  workers: number,
  options: {
    /** Which load counts as the peak, 0..1. Default 0.999: rarer spikes may need more. */
    readonly percentile?: number;
    /** How much of it is looked at, ms. Default: up to its end, or seven days where it has none. */
    readonly durationMs?: number;
  } = {},
): Workload {
  wholeNumber('workers', workers, 1);
  const percentile = share('percentile', options.percentile ?? 0.999);
  const durationMs = positive('durationMs', options.durationMs ?? workload.durationMs ?? 7 * 86_400_000);
  const stepMs = workload.stepMs ?? Math.min(60_000, durationMs / 1000);
  const loads = new Float64Array(Math.max(1, Math.round(durationMs / stepMs)));
  for (let i = 0; i < loads.length; i++) loads[i] = workload.at((i + 0.5) * stepMs);
  loads.sort();
  const peak = interpolate(loads, percentile * (loads.length - 1));
  if (!(peak > 0))
    throw new InvalidOptionError('workload', 'must have a load above 0 at its peak', workload.name);
  const factor = loadServedBy(workers) / peak;
  return {
    ...workload,
    name: `${workload.name}, peak ${workers} workers`,
    unit: 'workers',
    at: (ms) => workload.at(ms) * factor,
  };
}

/** Value at a fractional index of a sorted list. */
function interpolate(sorted: Float64Array, position: number): number {
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(sorted.length - 1, below + 1)] as number;
  return low + (high - low) * (position - below);
}

/** What holds for workloads side by side: the step that divides all, the end, the start they share. */
function common(
  all: readonly Workload[],
  end: (...values: number[]) => number,
): Partial<Pick<Workload, 'durationMs' | 'stepMs' | 'startAt'>> {
  const steps = all.map((workload) => workload.stepMs);
  const ends = all.map((workload) => workload.durationMs ?? Number.POSITIVE_INFINITY);
  const durationMs = end(...ends);
  const stepMs = steps[0];
  const startAt = all.find((workload) => workload.startAt !== undefined)?.startAt;
  return {
    ...(Number.isFinite(durationMs) && { durationMs }),
    ...(stepMs !== undefined && steps.every((other) => other === stepMs) && { stepMs }),
    ...(startAt !== undefined && { startAt }),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
