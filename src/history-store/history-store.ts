import type { LoadSample } from '../core/forecast.ts';
import type { PoolId } from '../core/observation.ts';

/** A stretch of time, both ends included. Epoch ms; what is left out is open. */
export interface HistoryRange {
  readonly from?: number;
  readonly to?: number;
}

/** Keeps what was measured of pools, so that a predictor need not begin anew after a restart. */
export interface HistoryStore {
  /**
   * Keeps samples of one pool, oldest first and later than those before. Settles when a process that dies afterwards
   * has not lost them.
   */
  append(pool: PoolId, samples: readonly LoadSample[]): Promise<void>;
  /** Oldest first; empty for a pool that was never seen. */
  read(pool: PoolId, range?: HistoryRange): Promise<LoadSample[]>;
  /** Pools of which there are samples. */
  pools(): Promise<PoolId[]>;
  /** Settles when all that was appended is kept. The store takes no more then. */
  close(): Promise<void>;
}
