import type { Workload } from '../testing/workload.ts';
import { meanLoad } from '../testing/workload.ts';

/** A workload as plain numbers in memory that threads share: functions cannot be sent to a thread. */
export interface SampledLoad {
  readonly name: string;
  /** Busy-worker equivalents, one for each step. */
  readonly values: Float64Array;
  readonly stepMs: number;
  readonly durationMs: number;
  /** Wall time of its beginning, epoch ms; a Monday at 0:00 UTC where the workload has none. */
  readonly startAt: number;
}

/** Monday, 5 January 2026. */
const MONDAY: number = Date.UTC(2026, 0, 5);

/** Where a workload does not say in which steps it is constant, its mean is taken over this long. */
const SAMPLE_MS = 1000;

/** @param erlangs Busy workers per unit of the workload. */
export function sampleLoad(workload: Workload, durationMs: number, erlangs: number): SampledLoad {
  const stepMs = workload.stepMs ?? SAMPLE_MS;
  const steps = Math.max(1, Math.ceil(durationMs / stepMs));
  const values = new Float64Array(new SharedArrayBuffer(steps * Float64Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < steps; i++) values[i] = meanLoad(workload, i * stepMs, (i + 1) * stepMs) * erlangs;
  return { name: workload.name, values, stepMs, durationMs, startAt: workload.startAt ?? MONDAY };
}

export function toWorkload(load: SampledLoad): Workload {
  const { name, values, stepMs, durationMs, startAt } = load;
  const last = values.length - 1;
  return {
    name,
    unit: 'workers',
    at: (ms) => values[Math.min(last, Math.max(0, Math.floor(ms / stepMs)))] as number,
    durationMs,
    stepMs,
    startAt,
  };
}
