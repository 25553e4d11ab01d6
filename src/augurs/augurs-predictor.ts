import type { Forecast, LoadPredictor, LoadSample } from '../core/forecast.ts';
import { InvalidOptionError } from '../errors.ts';
import { createPredictor } from '../predictors/predictor.ts';
import { Contest, type SavedContest } from './contest.ts';
import { Fit } from './fit.ts';
import { ForecastPath } from './forecast-path.ts';
import { MeanRing, type SavedRing, STEP_MS } from './mean-ring.ts';

export interface AugursPredictorOptions {
  /** Answers for horizons below 15 minutes, and wherever it does better. Default: `createPredictor()`. */
  readonly predictor?: LoadPredictor;
  /** Time of samples between two fits, ms, at least 10 minutes. Default 1 h. */
  readonly fitIntervalMs?: number;
  /** Told of a fit that failed. `predictor` answers meanwhile, and the next fit is tried as usual. */
  readonly onFailure?: (error: Error) => void;
}

export interface AugursPredictor extends LoadPredictor, AsyncDisposable {
  /** Resolves when no fit is under way any more, whether it succeeded or not. */
  settled(): Promise<void>;
  train(history: readonly LoadSample[]): void;
  retrain(now: number): void;
  save(): unknown;
  restore(state: unknown): void;
}

const HOUR_MS = 3_600_000;
const MODEL = 'augurs-mstl-ets/1';
const STATE_VERSION = 1;
const SHORTEST_HORIZON_MS = 15 * 60_000;
const LONGEST_HORIZON_MS = 48 * HOUR_MS;
/** Horizons at which the two are compared: who is good for an hour may be bad for a day. */
const JUDGED_AT_MS = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS] as const;
const STEPS_A_DAY = 144;
/** A day and a week, in steps. A season is told from two of its periods. */
const PERIODS = [STEPS_A_DAY, 7 * STEPS_A_DAY] as const;
/** Time constant of the mean distance of demand from the path. */
const SHIFT_MS = 10 * 60_000;

/**
 * Adds MSTL and ETS of `@bsull/augurs`, an optional peer dependency, to another predictor: daily and weekly seasons
 * (from two days and two weeks of history on) and a trend, fitted in a worker thread to the ten-minute means of up to
 * 28 days, and shifted to the demand that is measured now. It answers for horizons from 15 minutes to 48 h while its
 * recent error is the smaller one, compared 1, 6 and 24 h ahead; else the other predictor does. Its interval is the other's, moved.
 * Seasons are those of UTC days.
 *
 * MSTL: Bandara, Hyndman and Bergmeir 2021, arXiv:2107.13462.
 *
 * @throws {InvalidOptionError} for a `fitIntervalMs` below 10 minutes.
 */
export function augursPredictor(options: AugursPredictorOptions = {}): AugursPredictor {
  const { predictor = createPredictor(), fitIntervalMs = HOUR_MS, onFailure } = options;
  if (!(fitIntervalMs >= STEP_MS && fitIntervalMs < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError('fitIntervalMs', `must be at least ${STEP_MS} (10 minutes)`, fitIntervalMs);
  }
  // The newest forecast is to reach 48 h also when the fit is old, and the next one late.
  const steps = Math.ceil((LONGEST_HORIZON_MS + 2 * fitIntervalMs) / STEP_MS);
  let ring = new MeanRing();
  let contests = JUDGED_AT_MS.map(() => new Contest());
  let path: ForecastPath | undefined;
  let shift = 0;
  let shiftSamples = 0;
  let lastAt = Number.NaN;
  let triedAt = Number.NEGATIVE_INFINITY;
  let fit: Fit | undefined;
  let settling: Promise<void> = Promise.resolve();
  let isDisposed = false;

  /** Adds a sample to the history; returns whether a step was completed. */
  function keep({ at, demand }: LoadSample): boolean {
    if (!(demand >= 0 && demand < Number.POSITIVE_INFINITY) || !Number.isFinite(at) || at <= lastAt)
      return false;
    const elapsedMs = Number.isNaN(lastAt) ? 0 : at - lastAt;
    lastAt = at;
    const distance = demand - (path?.at(at) ?? Number.NaN);
    if (!Number.isNaN(distance)) {
      // A plain mean at first, so that the first sample does not last.
      const weight = Math.max(1 - Math.exp(-elapsedMs / SHIFT_MS), 1 / ++shiftSamples);
      shift += weight * (distance - shift);
    }
    return ring.add(at, demand);
  }

  function observe(sample: LoadSample): void {
    predictor.observe(sample);
    if (!keep(sample)) return;
    JUDGED_AT_MS.forEach((horizonMs, i) => {
      compare(contests[i] as Contest, sample.at, horizonMs);
    });
    if (sample.at - triedAt >= fitIntervalMs) startFit();
  }

  /** Judges what was expected of the newest step, and notes what both expect of the one at the horizon. */
  function compare(contest: Contest, now: number, horizonMs: number): void {
    contest.judge(ring.newest, ring.mean(ring.newest));
    const step = Math.floor((now + horizonMs) / STEP_MS);
    const middleMs = (step + 0.5) * STEP_MS;
    const ours = expected(middleMs);
    const theirs = predictor.forecast(now, middleMs - now)?.mean;
    if (!Number.isNaN(ours) && theirs !== undefined) contest.expect(step, ours, theirs);
  }

  /** Whether this model leads at a horizon: by the comparison next below it that has been judged. */
  function leads(horizonMs: number): boolean {
    const isFit = ({ isJudged }: Contest, i: number): boolean =>
      isJudged && (i === 0 || (JUDGED_AT_MS[i] as number) <= horizonMs);
    return contests.findLast(isFit)?.challengerLeads ?? false;
  }

  /** Demand at a moment, by the path; NaN where there is none. */
  function expected(time: number): number {
    return Math.max(0, (path?.at(time) ?? Number.NaN) + shift);
  }

  function forecast(now: number, horizonMs: number): Forecast | undefined {
    const theirs = predictor.forecast(now, horizonMs);
    if (theirs === undefined || horizonMs < SHORTEST_HORIZON_MS || !leads(horizonMs)) return theirs;
    const mean = expected(now + horizonMs);
    if (Number.isNaN(mean)) return theirs;
    const low = Math.max(0, mean - (theirs.mean - theirs.low));
    const above = theirs.high - theirs.mean;
    const top = { demand: mean, at: now + horizonMs };
    for (let at = now; at < now + horizonMs; at += STEP_MS) {
      const demand = expected(at);
      if (demand > top.demand) Object.assign(top, { demand, at });
    }
    return {
      ...theirs,
      mean,
      low,
      high: mean + above,
      expectedPeak: top.demand,
      peak: top.demand + above,
      peakAt: top.at,
      model: MODEL,
    };
  }

  function startFit(): void {
    if (fit !== undefined || isDisposed) return;
    const history = ring.history();
    const periods = PERIODS.filter((period) => history.length >= 2 * period);
    if (periods.length === 0) return;
    triedAt = lastAt;
    const firstStep = ring.newest + 1;
    const current = new Fit({ history, periods, steps });
    fit = current;
    settling = current.forecasts
      .then((values) => take(new ForecastPath(firstStep, values)))
      .catch(fail)
      .finally(() => {
        fit = undefined;
        return current.stop();
      });
  }

  /** Goes over to a new path, at the level that is measured. */
  function take(newer: ForecastPath): void {
    const level = (path?.at(lastAt) ?? Number.NaN) + shift;
    const distance = level - newer.at(lastAt);
    path = newer;
    shift = Number.isNaN(distance) ? 0 : distance;
    if (Number.isNaN(distance)) shiftSamples = 0;
  }

  function fail(error: unknown): void {
    if (isDisposed) return;
    try {
      onFailure?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // What a host does about a failed fit must not end its process.
    }
  }

  return {
    name: `augurs over ${predictor.name}`,
    observe,
    forecast,
    settled: () => settling,
    train(history) {
      if (predictor.train === undefined) for (const sample of history) predictor.observe(sample);
      else predictor.train(history);
      for (const sample of history) keep(sample);
      startFit();
    },
    retrain(now) {
      predictor.retrain?.(now);
      startFit();
    },
    save: () => ({
      version: STATE_VERSION,
      predictor: predictor.save?.(),
      ring: ring.save(),
      contests: contests.map((contest) => contest.save()),
    }),
    restore(state) {
      const saved = state as Saved | null | undefined;
      if (saved?.version !== STATE_VERSION) return;
      const restored = { ring: new MeanRing(), contests: JUDGED_AT_MS.map(() => new Contest()) };
      try {
        restored.ring.restore(saved.ring);
        restored.contests.forEach((contest, i) => {
          contest.restore(saved.contests[i] as SavedContest);
        });
      } catch {
        // A state that is damaged: better to learn anew than to believe half of it.
        return;
      }
      ({ ring, contests } = restored);
      path = undefined;
      lastAt = (ring.newest + 1) * STEP_MS;
      predictor.restore?.(saved.predictor);
      startFit();
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await fit?.stop();
      await settling;
    },
  };
}

interface Saved {
  readonly version: number;
  readonly predictor: unknown;
  readonly ring: SavedRing;
  readonly contests: readonly SavedContest[];
}
