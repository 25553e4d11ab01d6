import type { LoadPredictor } from '../core/forecast.ts';
import { createPredictor } from '../predictors/predictor.ts';
import type { ResolvedOptions, ResolvedPool } from '../resolve-options.ts';

/** The predictor of a pool: its own, the controller's, or flyball's where a policy looks ahead; `undefined`: none. */
export function predictorOf(
  pool: ResolvedPool,
  { predictor, predictive }: ResolvedOptions,
): LoadPredictor | undefined {
  const given = pool.predictor ?? predictor;
  if (given === false || !predictive.enabled) return undefined;
  if (typeof given === 'function') return given(pool.id);
  if (given !== undefined) return given;
  const policies = [pool.policy, ...pool.shadows.values()];
  return policies.some((policy) => policy.predictive) ? createPredictor(predictive.calendar) : undefined;
}
