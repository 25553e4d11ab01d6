import type { Decision } from './core/decision.ts';
import type { PoolView } from './core/view.ts';
import { InvalidOptionError } from './errors.ts';

/** A decision made by hand. */
export interface ManualDecision {
  /** The size to bring the pool to; an integer within its bounds. */
  readonly to: number;
  readonly reason?: string;
  /** Starts skip their warm-up. Default `false`. */
  readonly emergency?: boolean;
}

export interface ApplyResult {
  readonly decision: Decision;
  /** `true`: all operations it began have ended within 30 s; `false`: some are still in flight. */
  readonly settled: boolean;
}

/** @throws InvalidOptionError when the size is outside the pool's bounds */
export function manualDecision(view: PoolView, { to, reason, emergency }: ManualDecision): Decision {
  const { minWorkers, maxWorkers } = view;
  if (!Number.isInteger(to) || to < minWorkers || to > maxWorkers) {
    throw new InvalidOptionError('decision.to', `must be an integer from ${minWorkers} to ${maxWorkers}`, to);
  }
  return {
    pool: view.pool,
    at: view.now,
    kind: to > view.size ? 'scale-up' : to < view.size ? 'scale-down' : 'hold',
    from: view.size,
    to,
    wanted: to,
    voices: [],
    adjustments: [],
    reason: reason ?? 'applied by hand',
    emergency: emergency === true,
    trigger: 'manual',
  };
}
