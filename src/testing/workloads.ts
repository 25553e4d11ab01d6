import { InvalidOptionError } from '../errors.ts';
import { atLeast, positive } from './check.ts';
import type { Workload } from './workload.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The same load for ever, in busy-worker equivalents. */
export function steady(load: number): Workload {
  atLeast('load', load, 0);
  return { name: `steady ${load}`, unit: 'workers', at: () => load };
}

/** From one load to another in a straight line, then on at the second. */
export function ramp(options: {
  readonly from: number;
  readonly to: number;
  /** When the change begins, ms. Default 0. */
  readonly startMs?: number;
  /** How long it takes, ms. */
  readonly overMs: number;
}): Workload {
  const from = atLeast('from', options.from, 0);
  const to = atLeast('to', options.to, 0);
  const startMs = atLeast('startMs', options.startMs ?? 0, 0);
  const overMs = positive('overMs', options.overMs);
  return {
    name: `ramp ${from} → ${to}`,
    unit: 'workers',
    at: (ms) => from + (to - from) * Math.min(1, Math.max(0, (ms - startMs) / overMs)),
  };
}

/** From one load to another at once. */
export function step(options: {
  readonly before: number;
  readonly after: number;
  readonly atMs: number;
}): Workload {
  const before = atLeast('before', options.before, 0);
  const after = atLeast('after', options.after, 0);
  const atMs = atLeast('atMs', options.atMs, 0);
  return { name: `step ${before} → ${after}`, unit: 'workers', at: (ms) => (ms < atMs ? before : after) };
}

/** A base load with one burst, or one in every period. */
export function burst(options: {
  readonly base: number;
  readonly peak: number;
  /** When the (first) burst begins, ms. */
  readonly atMs: number;
  /** How long a burst lasts, ms. */
  readonly forMs: number;
  /** Time from one burst to the next, ms. Default: there is only one. */
  readonly everyMs?: number;
}): Workload {
  const base = atLeast('base', options.base, 0);
  const peak = atLeast('peak', options.peak, 0);
  const atMs = atLeast('atMs', options.atMs, 0);
  const forMs = positive('forMs', options.forMs);
  const everyMs = options.everyMs;
  if (everyMs !== undefined && !(Number.isFinite(everyMs) && everyMs >= forMs)) {
    throw new InvalidOptionError('everyMs', `must be at least forMs (${forMs})`, everyMs);
  }
  return {
    name: `burst ${base} → ${peak}`,
    unit: 'workers',
    at: (ms) => {
      const since = ms - atMs;
      if (since < 0) return base;
      return (everyMs === undefined ? since : since % everyMs) < forMs ? peak : base;
    },
  };
}

/**
 * A daily wave, repeated, as a cosine with its top at `peakHour`. Time 0 is midnight of a Monday. With
 * `weekdays`, the distance from `low` is scaled by the weekday's factor.
 */
export function diurnal(options: {
  readonly low: number;
  readonly high: number;
  /** Hour of the day with the highest load, 0..24. Default 14. */
  readonly peakHour?: number;
  /** Seven factors from Monday to Sunday, e.g. [1, 1, 1, 1, 1, 0.4, 0.3]. Default: all days alike. */
  readonly weekdays?: readonly number[];
}): Workload {
  const low = atLeast('low', options.low, 0);
  const high = atLeast('high', options.high, low);
  const peakMs = atLeast('peakHour', options.peakHour ?? 14, 0) * HOUR_MS;
  const weekdays = options.weekdays;
  if (weekdays !== undefined && !(weekdays.length === 7 && weekdays.every((factor) => factor >= 0))) {
    throw new InvalidOptionError('weekdays', 'must be seven factors of at least 0, Monday first', weekdays);
  }
  return {
    name: `diurnal ${low}–${high}`,
    unit: 'workers',
    at: (ms) => {
      const wave = (1 + Math.cos((2 * Math.PI * (ms - peakMs)) / DAY_MS)) / 2;
      const factor = weekdays === undefined ? 1 : (weekdays[Math.floor(ms / DAY_MS) % 7] ?? 1);
      return low + (high - low) * wave * factor;
    },
  };
}

/** Load that is there for a while and gone for a while, beginning with `on`. */
export function onOff(options: {
  readonly on: number;
  /** Default 0. */
  readonly off?: number;
  readonly onMs: number;
  readonly offMs: number;
}): Workload {
  const on = atLeast('on', options.on, 0);
  const off = atLeast('off', options.off ?? 0, 0);
  const onMs = positive('onMs', options.onMs);
  const periodMs = onMs + positive('offMs', options.offMs);
  return { name: `on/off ${on}/${off}`, unit: 'workers', at: (ms) => (ms % periodMs < onMs ? on : off) };
}

/**
 * A load drawn by hand: points of [seconds, share of `capacity`]. Each point holds until the next one, the last
 * one for ever; with `between: 'line'` the points are joined.
 *
 * ```ts
 * import { loadPattern } from 'flyball/testing';
 *
 * const workload = loadPattern([[0, 0.2], [60, 0.4], [120, 0.8], [180, 0.9], [240, 0.3]], { capacity: 10 });
 * console.log([0, 60, 120, 180, 240].map((second) => workload.at(second * 1_000)).join()); // 2,4,8,9,3
 * ```
 */
export function loadPattern(
  points: readonly (readonly [seconds: number, load: number])[],
  options: {
    /** Busy workers that a share of 1 stands for. Default 1: the points are busy workers themselves. */
    readonly capacity?: number;
    readonly between?: 'hold' | 'line';
  } = {},
): Workload {
  if (points.length === 0) throw new InvalidOptionError('points', 'must not be empty', points);
  const capacity = positive('capacity', options.capacity ?? 1);
  const joined = options.between === 'line';
  const times = points.map(
    ([seconds], i) => atLeast(`points[${i}][0]`, seconds, points[i - 1]?.[0] ?? 0) * 1000,
  );
  const loads = points.map(([, load], i) => atLeast(`points[${i}][1]`, load, 0) * capacity);
  return {
    name: `pattern of ${points.length} points`,
    unit: 'workers',
    at: (ms) => {
      const i = lastAtOrBefore(times, ms);
      const load = loads[Math.max(0, i)] as number;
      const next = times[i + 1];
      if (!joined || i < 0 || next === undefined) return load;
      const from = times[i] as number;
      return load + (((loads[i + 1] as number) - load) * (ms - from)) / (next - from);
    },
  };
}

/** Index of the last of the ascending times that is not after `ms`; -1 when all are. */
export function lastAtOrBefore(times: ArrayLike<number>, ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
