import type { Forecast, LoadPredictor, LoadSample } from '../core/forecast.ts';
import type { Instant } from '../core/instant.ts';
import type { PoolView } from '../core/view.ts';
import { messageOf } from '../errors.ts';
import type { ResolvedPrediction } from '../resolve-options.ts';
import { type SavedPredictor, savedPredictor } from '../shared-state/pool-documents.ts';
import { ForecastLedger } from './forecast-ledger.ts';
import type { PoolHooks } from './pool-hooks.ts';

const MINUTE_MS = 60_000;

/** Feeds one pool's predictor, asks it, and holds its forecasts against what came. */
export class PoolForecaster {
  readonly predictor: LoadPredictor;
  readonly #hooks: PoolHooks;
  readonly #ledger = new ForecastLedger();
  #retrainedAt: number | undefined;
  /** That the predictor has learned from, those before a restart included. */
  #samples = 0;
  /** The host has trained it before it gave it. */
  #isTrained: boolean | undefined;

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
      if (isFresh) {
        this.#isTrained ??= this.#knows(view.now);
        this.#samples++;
        this.predictor.observe(sampleOf(view, context));
      }
      const forecast = this.predictor.forecast(view.now, aheadMs);
      if (forecast !== undefined) this.#ledger.add(forecast);
      this.#hooks.recovered('predictor');
      return forecast;
    } catch (error) {
      this.#hooks.fault({ source: 'predictor', message: messageOf(error), error });
      return undefined;
    }
  }

  /** What the predictor knows; `undefined` where it knows nothing, or cannot tell. */
  save(): SavedPredictor | undefined {
    const { predictor } = this;
    if (predictor.save === undefined || this.#samples === 0) return undefined;
    try {
      const state = predictor.save();
      return state === undefined ? undefined : savedPredictor(predictor.name, this.#samples, state);
    } catch (error) {
      this.#hooks.fault({ source: 'predictor', message: `save(): ${messageOf(error)}`, error });
      return undefined;
    }
  }

  /** Takes over what another predictor of its kind knew, where that had seen more. */
  restore({ name, samples, state }: SavedPredictor, now: number): void {
    const { predictor } = this;
    if (name !== predictor.name || predictor.restore === undefined || samples <= this.#samples) return;
    try {
      this.#isTrained ??= this.#knows(now);
      if (this.#isTrained) return;
      predictor.restore(JSON.parse(state));
      // One that does not understand the state, of an older version say, has passed over it.
      if (this.#knows(now)) this.#samples = samples;
    } catch (error) {
      this.#hooks.fault({ source: 'predictor', message: `restore(): ${messageOf(error)}`, error });
    }
  }

  #knows(now: number): boolean {
    return this.predictor.forecast(now, MINUTE_MS) !== undefined;
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

function sampleOf(
  { now, demand, utilization, queued, flow }: PoolView,
  context: LoadSample['context'],
): LoadSample {
  const sample: { -readonly [Key in keyof LoadSample]: LoadSample[Key] } = {
    at: now,
    demand: demand.now,
    utilization,
    queued,
  };
  // One by one: this is done for every pool at every tick, and spreading is costly.
  if (demand.noise !== undefined) sample.noise = demand.noise;
  if (flow.responseTimeMs !== undefined) sample.responseTimeMs = flow.responseTimeMs;
  if (flow.errorRatio !== undefined) sample.errorRatio = flow.errorRatio;
  if (flow.arrivalsPerSecond !== undefined) sample.arrivalsPerSecond = flow.arrivalsPerSecond;
  if (context !== undefined) sample.context = context;
  return sample;
}
