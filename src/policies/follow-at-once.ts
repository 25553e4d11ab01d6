import type { HoldRules } from './policy.ts';

/** Hold rules that let every proposal through. */
export const followAtOnce: HoldRules = {
  upToleranceRatio: 0,
  downToleranceRatio: 0,
  upCooldownMs: 0,
  downCooldownMs: 0,
  upStabilizationMs: 0,
  downStabilizationMs: 0,
  reversalsPerHour: Number.POSITIVE_INFINITY,
};
