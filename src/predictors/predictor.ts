import type { Forecast, LoadPredictor, LoadSample } from '../core/forecast.ts';
import type { ForecastAccuracy } from './accuracy.ts';
import { type CalendarOptions, createCalendar } from './calendar.ts';
import { ContextNumbers, type SavedContext } from './context-numbers.ts';
import { FEATURE_NAMES, LoadScales } from './features.ts';
import { HIGH_QUANTILE, LOW_QUANTILE } from './intervals.ts';
import { type Moment, RISE_MINUTES } from './lane.ts';
import { Lanes } from './lanes.ts';
import { LoadHistory } from './load-history.ts';
import type { MemberName } from './members.ts';

/** Options of `createPredictor`: the calendar of the pool's days and weeks. */
export interface PredictorOptions extends CalendarOptions {}

/** One feature of the regression, as it is now. */
export interface FeatureReading {
  readonly name: string;
  /** As the regression sees it: about -1..1, 0 = nothing out of the ordinary, or not known. */
  readonly value: number;
  /** What it adds to the regression's expectation, in workers. */
  readonly effect: number;
}

/** The default predictor, with what it tells about itself. */
export interface EnsemblePredictor extends LoadPredictor {
  /** How well it has done so far, by horizon. */
  accuracy(): ForecastAccuracy[];
  /** Share of each member in the forecasts, by horizon. */
  shares(): { readonly horizonMs: number; readonly members: Readonly<Record<MemberName, number>> }[];
  /** What the regression for a horizon looks at now; of the learned horizons, the nearest. */
  features(horizonMs: number): FeatureReading[];
  save(): unknown;
  restore(state: unknown): void;
  train(history: readonly LoadSample[]): void;
}

const MODEL = 'ensemble/2';
const STATE_VERSION = 2;
/** Outcomes after which forecasts of a horizon are believed half. */
const HALF_BELIEVED = 10;
/** Time that a longer gap between samples is taken for. */
const LONGEST_GAP_MS = 30 * 60_000;
const MINUTE_MS = 60_000;
/** Samples that come more often than this are taken together; a tick may come a little early. */
const BEAT_MS = 0.98 * 15_000;
/** Nothing is learned from what was expected before there were so many: those errors would last. */
const COLD_BEATS = 8;
/** Without a sample for longer than this, what fell due meanwhile has no outcome. */
const LONGEST_BEAT_MS = 5 * MINUTE_MS;

/**
 * A small ensemble that learns while it runs: for each of some horizons a ridge regression over features beside
 * simple members (as now, as yesterday, as like days, …), weighted by their recent errors, with intervals from the
 * recent residuals. Load without a pattern costs nothing: "as now" wins then. There is no training run: every sample
 * is learned from within some microseconds, and `train` is the same for history. Memory is fixed, 28 days of history
 * included: about 64 KB, more with numbers of the host.
 */
export function createPredictor(options: PredictorOptions = {}): EnsemblePredictor {
  const calendar = createCalendar(options);
  let lanes = new Lanes();
  let samples = 0;
  let lastAt = Number.NaN;
  let newest: Forecast | undefined;
  const moment: { -readonly [Key in keyof Moment]: Moment[Key] } = {
    at: 0,
    demand: 0,
    noise: 0,
    elapsedMs: 0,
    scales: new LoadScales(),
    history: new LoadHistory(),
    calendar,
    rises: new Float32Array(RISE_MINUTES),
    context: undefined,
  };
  let risesOf = Number.NaN;
  /** The running beat. */
  let begunAt = Number.NaN;
  let demandSum = 0;
  let noiseSum = 0;
  let taken = 0;
  let beats = 0;

  function observe({ at, demand, noise = 0, context }: LoadSample): void {
    if (!(demand >= 0 && demand < Number.POSITIVE_INFINITY) || !Number.isFinite(at) || at <= lastAt) return;
    const elapsedMs = samples === 0 ? 0 : Math.min(LONGEST_GAP_MS, at - lastAt);
    samples++;
    lastAt = at;
    newest = undefined;
    moment.at = at;
    moment.history.add(at, demand);
    moment.scales.add(demand, elapsedMs, noise);
    if (context !== undefined) takeContext(context, elapsedMs);
    else moment.context?.forget();
    demandSum += demand;
    noiseSum += noise;
    taken++;
    if (at - begunAt < BEAT_MS) return;
    moment.demand = demandSum / taken;
    moment.noise = noiseSum / (taken * taken);
    moment.elapsedMs = Math.min(LONGEST_BEAT_MS, at - begunAt || 0);
    begunAt = at;
    demandSum = 0;
    noiseSum = 0;
    taken = 0;
    lookForRises();
    if (++beats > COLD_BEATS) lanes.observe(moment);
  }

  function lookForRises(): void {
    const minute = Math.floor(moment.at / MINUTE_MS);
    if (minute === risesOf) return;
    risesOf = minute;
    moment.history.usualRises(moment.rises, moment.at, calendar.daysBefore);
  }

  function takeContext(context: Readonly<Record<string, number>>, elapsedMs: number): void {
    moment.context ??= new ContextNumbers();
    if (!moment.context.add(context, elapsedMs)) return;
    const wider = new Lanes(moment.context.width);
    wider.restore(lanes.save());
    lanes = wider;
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
    features: (horizonMs) => {
      if (samples === 0) return [];
      const names = [...FEATURE_NAMES, ...(moment.context?.describe() ?? [])];
      return lanes
        .nearest(horizonMs)
        .explain(moment)
        .map((feature, i) => ({ name: names[i] as string, ...feature }));
    },
    save: () => ({
      version: STATE_VERSION,
      samples,
      lastAt: samples === 0 ? null : lastAt,
      history: moment.history.save(),
      scales: moment.scales.save(),
      context: moment.context?.save() ?? null,
      lanes: lanes.save(),
    }),
    restore(state) {
      const saved = state as SavedPredictor | null | undefined;
      if (saved?.version !== STATE_VERSION) return;
      const history = new LoadHistory();
      const scales = new LoadScales();
      const context = saved.context === null ? undefined : new ContextNumbers();
      let restored: Lanes;
      try {
        history.restore(saved.history);
        scales.restore(saved.scales);
        if (saved.context !== null) context?.restore(saved.context);
        restored = new Lanes(context?.width);
        restored.restore(saved.lanes);
      } catch {
        // A state that is damaged: better to learn anew than to believe half of it.
        return;
      }
      lanes = restored;
      Object.assign(moment, { history, scales, context, at: saved.lastAt ?? 0 });
      samples = saved.samples;
      lastAt = saved.lastAt ?? Number.NaN;
      risesOf = Number.NaN;
      lookForRises();
      beats = saved.samples;
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
  readonly context: SavedContext | null;
  readonly lanes: ReturnType<Lanes['save']>;
}
