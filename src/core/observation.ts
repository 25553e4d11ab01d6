export type PoolId = string;
export type WorkerId = string;

/** More workers than any pool has: a reading or a proposal above it is a fault. */
export const MOST_WORKERS = 1_000_000;

export type WorkerState = 'starting' | 'ready' | 'draining';

/** One worker, as the host sees it. */
export interface WorkerObservation {
  readonly id: WorkerId;
  readonly state: WorkerState;
  /** Jobs that it runs at this moment, or just whether it runs any. Default 0. */
  readonly busy?: number | boolean;
  /** When it was started, epoch ms. */
  readonly startedAt?: number;
  /** `false` makes it the first to go among equally busy workers. Default `true`. */
  readonly healthy?: boolean;
  readonly memoryBytes?: number;
  /** CPU in cores, 0.5 = half a core. */
  readonly cpuCores?: number;
}

/** What a worker uses. All fields are optional: what is not known is left out. */
export interface ResourceUsage {
  readonly memoryBytes?: number;
  /** In cores. */
  readonly cpuCores?: number;
  readonly networkBytesPerSecond?: number;
  readonly storageBytes?: number;
}

/** What an adapter reports. Only `ready`, `busy` and `queued` are required. */
export interface PoolObservation {
  /** Workers that can serve now, idle ones included. */
  readonly ready: number;
  /** Workers that serve now; a fraction where a worker has several slots (3 of 4 slots = 0.75). */
  readonly busy: number;
  /** Jobs that wait. */
  readonly queued: number;
  /** Workers on their way to ready. Default 0. */
  readonly starting?: number;
  /** Workers that take no new work and will go. Default 0. */
  readonly draining?: number;
  /** Jobs that one worker runs at once. Default 1. */
  readonly slotsPerWorker?: number;
  /** Jobs since the pool began: a running total, never a rate. */
  readonly arrived?: number;
  readonly completed?: number;
  readonly failed?: number;
  /** From a job's arrival to its end, mean of the recent ones. */
  readonly responseTimeMs?: number;
  /** From a job's arrival to its start, mean of the recent ones. */
  readonly waitTimeMs?: number;
  /** From a job's start to its end, mean of the recent ones. */
  readonly serviceTimeMs?: number;
  readonly workers?: readonly WorkerObservation[];
  /** Average of one worker, for hosts that do not see single workers. */
  readonly resources?: ResourceUsage;
  /** How much of an upstream's rate limit is in use. */
  readonly rateLimit?: { readonly current: number; readonly limit: number };
  /** Numbers of the host that may explain load: event-loop delay, memory pressure, network latency, … */
  readonly context?: Readonly<Record<string, number>>;
  /** Workers that answered for this observation, where fewer than all did: the reading is then partial. */
  readonly reporting?: number;
  /** When it was measured, epoch ms, where that is not now. */
  readonly observedAt?: number;
}

/**
 * How far a reading can be trusted. `full`: the pool was observed in this tick. `partial`: some of it (totals ran
 * back, a share of the workers did not report). `stale`: the last one is reused. `none`: nothing was ever seen.
 * A pool is shrunk on `full` readings only.
 */
export type ReadingQuality = 'full' | 'partial' | 'stale' | 'none';
