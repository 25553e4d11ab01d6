/**
 * What is asked of a pool, as a function of time. Pure: the same time gives the same load, and arrivals are drawn
 * around it. An object literal will do: `{ name: 'mine', unit: 'workers', at: (ms) => 3 + Math.sin(ms / 1e6) }`.
 */
export interface Workload {
  /** For people and reports. */
  readonly name: string;
  /**
   * `workers`: busy-worker equivalents (erlangs), so 12 keeps 12 workers busy. `jobs-per-second`: arrivals.
   */
  readonly unit: 'workers' | 'jobs-per-second';
  /** Load at `ms` milliseconds after the start; never negative. */
  at(ms: number): number;
  /** Where it ends by itself, ms; absent = goes on for ever. */
  readonly durationMs?: number;
  /** The load is constant within steps of this length, ms, where it is; lets simulations look less often. */
  readonly stepMs?: number;
  /** Wall time of its start, epoch ms, where it was recorded with time stamps. */
  readonly startAt?: number;
}

/** Mean load between two times, from at most 16 looks. */
export function meanLoad(workload: Workload, fromMs: number, toMs: number): number {
  const span = toMs - fromMs;
  const looks = Math.min(16, Math.max(1, Math.round(span / (workload.stepMs ?? 1000))));
  let sum = 0;
  for (let i = 0; i < looks; i++) sum += workload.at(fromMs + ((i + 0.5) * span) / looks);
  return sum / looks;
}

/** Busy workers that one unit of the workload stands for: 1, or what one job per second keeps busy. */
export function erlangsPerUnit(workload: Workload, serviceTimeMs: number, slotsPerWorker = 1): number {
  return workload.unit === 'workers' ? 1 : serviceTimeMs / 1000 / slotsPerWorker;
}
