import type { Fault, OperationReport, OptimizedEvent, PredictionEvent, TrialEvent } from '../events.ts';

/** What a pool tells its controller. */
export interface PoolHooks {
  /** `news`: it was not told before, however often its source fails. */
  fault(fault: Omit<Fault, 'at' | 'pool'>, news?: boolean): void;
  /** The cause of earlier faults of this source has gone. */
  recovered(source: Fault['source']): void;
  operation(event: OperationReport): void;
  prediction(event: PredictionEvent): void;
  trial(event: TrialEvent): void;
  optimized(event: OptimizedEvent): void;
  wake(reason: string): void;
}
