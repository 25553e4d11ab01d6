import type { Forecast, LoadPredictor, LoadSample } from '../core/forecast.ts';
import { type CalendarOptions, createCalendar } from './calendar.ts';
import { LoadScales } from './features.ts';
import { HIGH_QUANTILE, Lane, type LaneAccuracy, type LaneForecast, LOW_QUANTILE } from './lane.ts';
import { LoadHistory } from './load-history.ts';

/** Options of `createPredictor`. */
export interface PredictorOptions extends CalendarOptions {}

/** The default predictor, with what it tells about itself. */
export interface EnsemblePredictor extends LoadPredictor {
  /** How well it has done so far, by horizon. */
  accuracy(): LaneAccuracy[];
  /** Share of each member in the forecasts, by horizon. */
  shares(): { readonly horizonMs: number; readonly members: Readonly<Record<string, number>> }[];
}

const MODEL = 'ensemble/1';
const STATE_VERSION = 1;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Horizons that are learned; those between are interpolated. */
const HORIZONS_MS = [
  45 * SECOND,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  6 * HOUR,
  24 * HOUR,
  48 * HOUR,
] as const;
/** Outcomes that a horizon must have met before its forecasts are believed half. */
const HALF_BELIEVED = 10;
const LONGEST_GAP_MS = 30 * MINUTE;
/** A horizon that is asked for this often in a row gets a lane of its own, unless one is this near. */
const HOME_CALLS = 8;
const NEAR = 0.12;
/** Outcomes that it must have met before it speaks. */
const HOME_TRIALS = 60;

/**
 * A small ensemble that learns while it runs: for each horizon a ridge regression over features beside simple
 * members (as now, as yesterday, as like days, …), weighted by their recent errors, with intervals from the recent
 * residuals. Load without a season costs nothing: "as now" wins then. Every sample costs some microseconds, all
 * memory (28 days of history included) is fixed: about 60 KB.
 */
export function createPredictor(options: PredictorOptions = {}): EnsemblePredictor {
  const calendar = createCalendar(options);
  const history = new LoadHistory();
  const scales = new LoadScales();
  const lanes = HORIZONS_MS.map((horizon) => new Lane(horizon));
  let home: Lane | undefined;
  let homeAsked = 0;
  let homeFresh = -1;
  /** Number of the sample for which a lane's forecast holds. */
  const fresh = new Float64Array(lanes.length).fill(-1);
  let samples = 0;
  let lastAt = Number.NaN;
  let cached: Forecast | undefined;

  function observe({ at, demand, noise = 0 }: LoadSample): void {
    if (!(demand >= 0 && demand < Number.POSITIVE_INFINITY) || at <= lastAt) return;
    const elapsedMs = Math.min(LONGEST_GAP_MS, samples === 0 ? 0 : at - lastAt);
    lastAt = at;
    samples++;
    cached = undefined;
    history.add(at, demand);
    scales.add(demand, elapsedMs);
    for (let i = 0; i < lanes.length; i++) {
      if ((lanes[i] as Lane).observe(at, demand, noise, scales, history, calendar)) fresh[i] = samples;
    }
    if (home?.observe(at, demand, noise, scales, history, calendar)) homeFresh = samples;
  }

  /** A lane for the horizon that a pool asks for every tick: its start-up time, exactly. */
  function homeLane(horizonMs: number): Lane | undefined {
    if (home !== undefined && Math.abs(home.horizonMs / horizonMs - 1) < NEAR) {
      homeAsked = 0;
      return home.forecasts >= HOME_TRIALS ? home : undefined;
    }
    if (++homeAsked >= HOME_CALLS) {
      homeAsked = 0;
      home = horizonMs <= 900_000 && horizonMs >= 15_000 ? new Lane(horizonMs) : undefined;
    }
    return undefined;
  }

  function laneAt(index: number): LaneForecast {
    const lane = lanes[index] as Lane;
    if (fresh[index] === samples) return lane.current;
    fresh[index] = samples;
    return lane.predict(lastAt, scales, history, calendar);
  }

  function forecast(now: number, horizonMs: number): Forecast | undefined {
    if (samples === 0) return undefined;
    if (cached !== undefined && cached.at === now && cached.horizonMs === horizonMs) return cached;
    // Horizons are counted from the newest sample, which an outage may have left behind.
    const ahead = Math.min(
      Math.max(0, now + horizonMs - lastAt),
      HORIZONS_MS[HORIZONS_MS.length - 1] as number,
    );
    let upper = 0;
    while (upper < lanes.length - 1 && (HORIZONS_MS[upper] as number) < ahead) upper++;
    let peak = 0;
    let peakAt = now;
    for (let i = 0; i < upper; i++) {
      const { high } = laneAt(i);
      if (high > peak) {
        peak = high;
        peakAt = Math.min(now + horizonMs, lastAt + (HORIZONS_MS[i] as number));
      }
    }
    const above = laneAt(upper);
    const below = upper > 0 ? laneAt(upper - 1) : undefined;
    const from = upper > 0 ? (HORIZONS_MS[upper - 1] as number) : 0;
    const share = (ahead - from) / ((HORIZONS_MS[upper] as number) - from);
    const level = scales.level;
    const mix = (low: number, high: number): number => low + share * (high - low);
    const high = mix(below?.high ?? level, above.high);
    if (high >= peak) {
      peak = high;
      peakAt = now + horizonMs;
    }
    const judged = (lanes[upper] as Lane).forecasts;
    const h = homeLane(horizonMs);
    const hc = h && (homeFresh === samples ? h.current : h.predict(lastAt, scales, history, calendar));
    cached = {
      at: now,
      horizonMs,
      mean: hc?.mean ?? mix(below?.mean ?? level, above.mean),
      low: hc?.low ?? mix(below?.low ?? level, above.low),
      lowQuantile: LOW_QUANTILE,
      high: hc?.high ?? high,
      highQuantile: HIGH_QUANTILE,
      spread: hc?.spread ?? mix(below?.spread ?? above.spread, above.spread),
      expectedPeak: hc?.expectedPeak ?? mix(below?.expectedPeak ?? level, above.expectedPeak),
      peak,
      peakAt,
      confidence: judged / (judged + HALF_BELIEVED),
      model: MODEL,
    };
    return cached;
  }

  return {
    name: 'ensemble',
    observe,
    forecast,
    train(samples) {
      for (const sample of samples) observe(sample);
    },
    accuracy: () => lanes.flatMap((lane) => lane.accuracy() ?? []),
    shares: () => lanes.map((lane) => ({ horizonMs: lane.horizonMs, members: lane.shares() })),
    save: () => ({
      version: STATE_VERSION,
      samples,
      lastAt: samples === 0 ? null : lastAt,
      history: history.save(),
      scales: scales.save(),
      lanes: lanes.map((lane) => lane.save()),
    }),
    restore(state) {
      const saved = state as {
        version: number;
        samples: number;
        lastAt: number | null;
        history: unknown;
        scales: unknown;
        lanes: unknown[];
      };
      if (saved.version !== STATE_VERSION || saved.lanes.length !== lanes.length) return;
      samples = saved.samples;
      lastAt = saved.lastAt ?? Number.NaN;
      history.restore(saved.history);
      scales.restore(saved.scales);
      lanes.forEach((lane, i) => {
        lane.restore(saved.lanes[i]);
      });
      fresh.fill(-1);
      cached = undefined;
    },
  };
}
