import type { PoolId } from './observation.ts';

export type SignalType = 'load-spike' | 'rate-limit' | 'error-rate' | 'external' | 'cost-threshold';

/** A signal that is in force: raised by the host or by a detector, and not expired. */
export interface ActiveSignal {
  readonly type: SignalType;
  /** Absent = all pools. */
  readonly pool?: PoolId;
  /** How strong, 0..1. */
  readonly magnitude: number;
  /** Epoch ms. */
  readonly raisedAt: number;
  readonly expiresAt: number;
  readonly emergency: boolean;
  /** Demand to expect, in busy-worker equivalents, where the source knows it. */
  readonly expectedDemand?: number;
  /** Most workers allowed while it lasts, where the source knows it. */
  readonly ceiling?: number;
  readonly reason: string;
}
