import type { Forecast, LoadPredictor, LoadSample } from '../core/forecast.ts';
import type { ForecastAccuracy } from './accuracy.ts';
import { type CalendarOptions, createCalendar } from './calendar.ts';
import { LoadScales } from './features.ts';
import { HIGH_QUANTILE, LOW_QUANTILE } from './intervals.ts';
import { Lanes } from './lanes.ts';
import { LoadHistory } from './load-history.ts';
import type { MemberName } from './members.ts';

/** Options of `createPredictor`: the calendar of the pool's days and weeks. */
export interface PredictorOptions extends CalendarOptions {}

/** The default predictor, with what it tells about itself. */
export interface EnsemblePredictor extends LoadPredictor {
  /** How well it has done so far, by horizon. */
  accuracy(): ForecastAccuracy[];
  /** Share of each member in the forecasts, by horizon. */
  shares(): { readonly horizonMs: number; readonly members: Readonly<Record<MemberName, number>> }[];
  save(): unknown;
  restore(state: unknown): void;
  train(history: readonly LoadSample[]): void;
}

const MODEL = 'ensemble/1';
const STATE_VERSION = 1;
/** Outcomes after which forecasts of a horizon are believed half. */
const HALF_BELIEVED = 10;
/** Time that a longer gap between samples is taken for. */
const LONGEST_GAP_MS = 30 * 60_000;

/**
 * A small ensemble that learns while it runs: for each of some horizons a ridge regression over features beside
 * simple members (as now, as yesterday, as like days, …), weighted by their recent errors, with intervals from the
 * recent residuals. Load without a pattern costs nothing: "as now" wins then. There is no training run: every sample
 * is learned from within some microseconds, and `train` is the same for history. Memory is fixed, 28 days of history
 * included: about 60 KB.
 */
export function createPredictor(options: PredictorOptions = {}): EnsemblePredictor {
  const calendar = createCalendar(options);
  let history = new LoadHistory();
  let scales = new LoadScales();
  let lanes = new Lanes();
  let samples = 0;
  let lastAt = Number.NaN;
  let newest: Forecast | undefined;
  const moment = { at: 0, demand: 0, noise: 0, scales, history, calendar };

  function observe({ at, demand, noise = 0 }: LoadSample): void {
    if (!(demand >= 0 && demand < Number.POSITIVE_INFINITY) || !Number.isFinite(at) || at <= lastAt) return;
    const elapsedMs = samples === 0 ? 0 : Math.min(LONGEST_GAP_MS, at - lastAt);
    samples++;
    lastAt = at;
    newest = undefined;
    history.add(at, demand);
    scales.add(demand, elapsedMs, noise);
    moment.at = at;
    moment.demand = demand;
    moment.noise = noise;
    lanes.observe(moment);
  }

  function forecast(now: number, horizonMs: number): Forecast | undefined {
    if (samples === 0) return undefined;
    if (newest !== undefined && newest.at === now && newest.horizonMs === horizonMs) return newest;
    // Counted from the newest sample, which an outage may have left behind.
    const behindMs = now - lastAt;
    const path = lanes.forecast(moment, behindMs + horizonMs);
    newest = {
      at: now,
      horizonMs,
      mean: path.mean,
      low: path.low,
      lowQuantile: LOW_QUANTILE,
      high: path.high,
      highQuantile: HIGH_QUANTILE,
      spread: path.spread,
      expectedPeak: path.expectedPeak,
      peak: path.peak,
      peakAt: Math.min(now + horizonMs, Math.max(now, lastAt + path.peakAheadMs)),
      confidence: path.judged / (path.judged + HALF_BELIEVED),
      model: MODEL,
    };
    return newest;
  }

  return {
    name: 'ensemble',
    observe,
    forecast,
    train: (past) => past.forEach(observe),
    accuracy: () => lanes.all().flatMap((lane) => lane.accuracy() ?? []),
    shares: () => lanes.all().map((lane) => ({ horizonMs: lane.horizonMs, members: lane.shares() })),
    save: () => ({
      version: STATE_VERSION,
      samples,
      lastAt: samples === 0 ? null : lastAt,
      history: history.save(),
      scales: scales.save(),
      lanes: lanes.save(),
    }),
    restore(state) {
      const saved = state as SavedPredictor | null | undefined;
      if (saved?.version !== STATE_VERSION) return;
      const restored = { history: new LoadHistory(), scales: new LoadScales(), lanes: new Lanes() };
      try {
        restored.history.restore(saved.history);
        restored.scales.restore(saved.scales);
        restored.lanes.restore(saved.lanes);
      } catch {
        // A state that is damaged: better to learn anew than to believe half of it.
        return;
      }
      ({ history, scales, lanes } = restored);
      moment.history = history;
      moment.scales = scales;
      samples = saved.samples;
      lastAt = saved.lastAt ?? Number.NaN;
      moment.at = saved.lastAt ?? 0;
      newest = undefined;
    },
  };
}

interface SavedPredictor {
  readonly version: number;
  readonly samples: number;
  readonly lastAt: number | null;
  readonly history: ReturnType<LoadHistory['save']>;
  readonly scales: ReturnType<LoadScales['save']>;
  readonly lanes: ReturnType<Lanes['save']>;
}
