import type { Forecast, LoadPredictor, LoadSample } from '../core/forecast.ts';
import type { Instant } from '../core/instant.ts';
import type { PoolView } from '../core/view.ts';
import { messageOf } from '../errors.ts';
import type { ResolvedPrediction } from '../resolve-options.ts';
import { ForecastLedger } from './forecast-ledger.ts';
import type { PoolHooks } from './pool-hooks.ts';

/** Feeds one pool's predictor, asks it, and holds its forecasts against what came. */
export class PoolForecaster {
  readonly predictor: LoadPredictor;
  readonly #hooks: PoolHooks;
  readonly #ledger = new ForecastLedger();
  #retrainedAt: number | undefined;

  constructor(predictor: LoadPredictor, hooks: PoolHooks) {
    this.predictor = predictor;
    this.#hooks = hooks;
  }

  /**
   * The demand to expect over the next start-up time; `undefined` = no opinion. Called once a tick.
   *
   * @param context numbers that the host adds to what is seen
   */
  forecast(
    view: PoolView,
    isFresh: boolean,
    { horizonMs }: ResolvedPrediction,
    context: LoadSample['context'],
  ): Forecast | undefined {
    for (const met of this.#ledger.settle(view)) this.#hooks.prediction(met);
    const aheadMs = Math.min(view.startup.p90Ms + view.intervalMs, Math.max(view.intervalMs, horizonMs));
    try {
      if (isFresh) this.predictor.observe(sampleOf(view, context));
      const forecast = this.predictor.forecast(view.now, aheadMs);
      if (forecast !== undefined) this.#ledger.add(forecast);
      this.#hooks.recovered('predictor');
      return forecast;
    } catch (error) {
      this.#hooks.fault({ source: 'predictor', message: messageOf(error), error });
      return undefined;
    }
  }

  /** Retrains what is costly to train, when that is due. */
  learn(at: Instant, { retrainIntervalMs }: ResolvedPrediction): void {
    this.#retrainedAt ??= at.monotonic;
    if (at.monotonic - this.#retrainedAt < retrainIntervalMs) return;
    this.#retrainedAt = at.monotonic;
    try {
      this.predictor.retrain?.(at.now);
    } catch (error) {
      this.#hooks.fault({ source: 'predictor', message: messageOf(error), error });
    }
  }
}

function sampleOf(view: PoolView, context: LoadSample['context']): LoadSample {
  const { demand, flow } = view;
  return {
    at: view.now,
    demand: demand.now,
    ...(demand.noise !== undefined && { noise: demand.noise }),
    utilization: view.utilization,
    queued: view.queued,
    ...(flow.responseTimeMs !== undefined && { responseTimeMs: flow.responseTimeMs }),
    ...(flow.errorRatio !== undefined && { errorRatio: flow.errorRatio }),
    ...(flow.arrivalsPerSecond !== undefined && { arrivalsPerSecond: flow.arrivalsPerSecond }),
    ...(context !== undefined && { context }),
  };
}
