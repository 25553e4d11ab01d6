import { figure } from '../../core/format.ts';
import type { PolicyEngine } from '../../policies/policy.ts';
import { createCalculator, HpaBehavior } from './hpa.ts';
import { type ReferenceAutoscaler, target } from './reference.ts';
import { SyncTimer } from './sync-timer.ts';

export interface HoltWintersHpaOptions {
  /** 0..1. Default 0.8. */
  readonly targetUtilization?: number;
  /** Time between two stored evaluations, ms. Default 300,000. */
  readonly stepMs?: number;
  /** Length of the season, ms. Default one day. */
  readonly seasonMs?: number;
}

const SYNC_MS = 15_000;
/** Smoothing of level, trend and season; the combination with the smallest error so far forecasts. */
const ALPHAS = [0.1, 0.3, 0.6, 0.9];
const BETAS = [0, 0.02, 0.1];
const GAMMAS = [0.1, 0.3, 0.6];
const ERROR_WEIGHT = 0.005;

/**
 * An HPA that also forecasts, as the Predictive Horizontal Pod Autoscaler: the replica counts that the HPA's formula
 * gave are smoothed by additive Holt-Winters, and the larger of the formula and the forecast for the next step
 * is desired. The project leaves the smoothing to the user; here it is fitted, from a grid, by the one-step error.
 */
export function holtWintersHpa(options: HoltWintersHpaOptions = {}): PolicyEngine {
  const calculator = createCalculator(options);
  const behavior = new HpaBehavior();
  const stepMs = options.stepMs ?? 300_000;
  const season = Math.round((options.seasonMs ?? 86_400_000) / stepMs);
  const sync = new SyncTimer(SYNC_MS);
  const step = new SyncTimer(stepMs);
  const smoothers = ALPHAS.flatMap((alpha) =>
    BETAS.flatMap((beta) => GAMMAS.map((gamma) => new HoltWinters(alpha, beta, gamma, season))),
  );
  let highest = 0;
  let forecast: number | undefined;
  let desired: number | undefined;
  return {
    propose(view) {
      const { recommended, reason } = calculator(view);
      const isDue = sync.due(view.now) > 0;
      if (desired !== undefined && !isDue) return target(desired, 'between two syncs');
      highest = Math.max(highest, recommended);
      for (let due = step.due(view.now); due > 0; due--) {
        for (const smoother of smoothers) smoother.observe(highest);
        const best = smoothers.reduce((a, b) => (b.error < a.error ? b : a));
        forecast = best.forecast();
        if (due === 1) highest = 0;
      }
      desired = behavior.apply(view, Math.max(recommended, Math.ceil(forecast ?? 0)));
      const expected = forecast === undefined ? '' : `; ${figure(forecast)} expected`;
      return target(desired, `${reason}${expected}`);
    },
  };
}

/** Additive triple exponential smoothing (Winters 1960), one step ahead. Silent in its first season. */
export class HoltWinters {
  /** Mean squared one-step error, the newest weighing most. */
  error: number = Number.POSITIVE_INFINITY;
  readonly #alpha: number;
  readonly #beta: number;
  readonly #gamma: number;
  readonly #seasonal: number[] = [];
  readonly #season: number;
  #level = 0;
  #trend = 0;
  #at = 0;

  constructor(alpha: number, beta: number, gamma: number, season: number) {
    this.#alpha = alpha;
    this.#beta = beta;
    this.#gamma = gamma;
    this.#season = season;
  }

  observe(value: number): void {
    const season = this.#season;
    if (this.#at < season) {
      this.#seasonal.push(value);
      this.#at++;
      if (this.#at < season) return;
      this.#level = this.#seasonal.reduce((sum, each) => sum + each, 0) / season;
      for (let i = 0; i < season; i++) this.#seasonal[i] = (this.#seasonal[i] as number) - this.#level;
      return;
    }
    const index = this.#at % season;
    const seasonal = this.#seasonal[index] as number;
    const error = (value - (this.#level + this.#trend + seasonal)) ** 2;
    this.error =
      this.error === Number.POSITIVE_INFINITY ? error : this.error + ERROR_WEIGHT * (error - this.error);
    const before = this.#level;
    this.#level = this.#alpha * (value - seasonal) + (1 - this.#alpha) * (before + this.#trend);
    this.#trend = this.#beta * (this.#level - before) + (1 - this.#beta) * this.#trend;
    this.#seasonal[index] = this.#gamma * (value - this.#level) + (1 - this.#gamma) * seasonal;
    this.#at++;
  }

  /** The next value; `undefined` in the first season. */
  forecast(): number | undefined {
    if (this.#at < this.#season) return undefined;
    return Math.max(0, this.#level + this.#trend + (this.#seasonal[this.#at % this.#season] as number));
  }
}

export const holtWintersHpaReference: ReferenceAutoscaler = {
  name: 'hpa-holt-winters',
  title: 'HPA with Holt-Winters',
  source:
    'jthomperoo, predictive-horizontal-pod-autoscaler: models, Holt-Winters; Winters, Management Science 1960',
  headroom: { kind: 'utilization', default: 0.8, curve: [0.5, 0.6, 0.7, 0.8, 0.9] },
  create: (headroom) => holtWintersHpa({ targetUtilization: headroom }),
};
