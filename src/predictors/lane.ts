import type { Calendar } from './calendar.ts';
import {
  FEATURE_COUNT,
  findLikeDays,
  type LoadScales,
  type SeasonalHints,
  seasonalHints,
  writeFeatures,
} from './features.ts';
import { QuantileTracker } from './intervals.ts';
import type { LoadHistory } from './load-history.ts';
import {
  LAST,
  MEMBER_COUNT,
  MEMBER_NAMES,
  type MemberName,
  RIDGE,
  writeMembers,
  YESTERDAY,
} from './members.ts';
import { RecursiveLeastSquares } from './recursive-least-squares.ts';

/** Forecasts that wait for their outcome, at most. */
const PENDING = 20;
const SHORTEST_STEP_MS = 15_000;
/** Slots of a pending forecast: features, members, blend, level, unit, error's unit, low, high. */
const BLEND = FEATURE_COUNT + MEMBER_COUNT;
const LEVEL = BLEND + 1;
const UNIT = BLEND + 2;
const ERROR_UNIT = BLEND + 3;
const LOW = BLEND + 4;
const HIGH = BLEND + 5;
const WIDTH = BLEND + 6;

const RIDGE_STRENGTH = 1;
/** Half-life of what the regression has learned, in horizons, and at least a day. */
const FORGET_HORIZONS = 7;
const DAY_MS = 86_400_000;
/** An error beyond this many units teaches no more than this. */
const CLIP = 6;
/** How long errors are remembered when members are compared, in horizons, and at least this. */
const JUDGE_HORIZONS = 10;
const JUDGE_LEAST_MS = 4 * 3_600_000;
/** A member counts by its error to the power of minus this: one 20% worse counts a fifth. */
const SHARPNESS = 8;
/** Forecasts that a member must have had judged before it counts. */
const TRIALS = 12;
/** The others must be better than "as now" by this. */
const DOUBT = 1.02;

/** At least this share of the squared error is the forecast's own, whatever the noise is said to be. */
const LEAST_OWN_ERROR = 0.05;
/** Jumps are looked for this far ahead. */
const LONGEST_RISE_MS = 900_000;
/** A usual rise counts when it stands out from the typical error by this factor. */
const OUTSTANDING = 2;

export const LOW_QUANTILE = 0.05;
export const HIGH_QUANTILE = 0.95;

/** How well forecasts of one horizon have met what came. */
export interface LaneAccuracy {
  readonly horizonMs: number;
  /** Forecasts that met their outcome. */
  readonly forecasts: number;
  /** Mean absolute error, in workers. */
  readonly meanAbsoluteError: number;
  /** The error over that of "as now" and over that of "as at this time yesterday". Below 1 is better. */
  readonly maseLast: number;
  readonly maseSeasonal: number | undefined;
  /** Mean of forecast - outcome, in workers; positive = too high. */
  readonly bias: number;
  /** Share of outcomes within the 90% interval. */
  readonly coverageRatio: number;
}

/** What one lane expects at its horizon. */
export interface LaneForecast {
  mean: number;
  low: number;
  high: number;
  spread: number;
  /** The highest mean until then, jumps included that are usual at this time of day. */
  expectedPeak: number;
}

/** All forecasts of one horizon: makes them, waits for the outcomes, and learns from the errors. */
export class Lane {
  readonly horizonMs: number;
  readonly stepMs: number;
  readonly current: LaneForecast = { mean: 0, low: 0, high: 0, spread: 0, expectedPeak: 0 };
  private readonly ridge: RecursiveLeastSquares;
  private readonly quantiles = new QuantileTracker([LOW_QUANTILE, HIGH_QUANTILE]);
  private readonly pending = new Float32Array(PENDING * WIDTH);
  private readonly made = new Float64Array(PENDING);
  private head = 0;
  private count = 0;
  private steppedAt = Number.NaN;
  private sum = 0;
  private noiseSum = 0;
  /** Fading variance of the outcomes' own noise, in squared units. */
  private noise = 0;
  private samples = 0;
  /** Fading mean absolute error of each member, in units, and forecasts judged. */
  private readonly errors = new Float64Array(MEMBER_COUNT).fill(0);
  private readonly trials = new Float64Array(MEMBER_COUNT);
  private typicalError = 0.6;
  private judged = 0;
  private readonly totals = { blend: 0, last: 0, seasonal: 0, blendOfSeasonal: 0, bias: 0, within: 0 };
  private readonly scratch = new Float32Array(WIDTH);
  private readonly hints: SeasonalHints = {
    hourChange: Number.NaN,
    yesterday: Number.NaN,
    yesterdayChange: Number.NaN,
    lastWeek: Number.NaN,
    lastWeekChange: Number.NaN,
    likeDays: Number.NaN,
    likeDaysChange: Number.NaN,
    usualRise: 0,
  };
  private riseOf = Number.NaN;
  private likeDays: readonly number[] = [];
  private likeDaysOf = Number.NaN;

  constructor(horizonMs: number) {
    this.horizonMs = horizonMs;
    this.stepMs = Math.max(SHORTEST_STEP_MS, horizonMs / PENDING);
    const halfLifeMs = Math.max(DAY_MS, FORGET_HORIZONS * horizonMs);
    this.ridge = new RecursiveLeastSquares(FEATURE_COUNT, RIDGE_STRENGTH, 0.5 ** (this.stepMs / halfLifeMs));
  }

  /** Takes a sample; when a step is over, judges what is due and makes the next forecast. */
  observe(
    at: number,
    demand: number,
    noise: number,
    scales: LoadScales,
    history: LoadHistory,
    calendar: Calendar,
  ): boolean {
    this.sum += demand;
    this.noiseSum += noise;
    this.samples++;
    // A tick may come a little early; a step is over when half a tick more would be too late.
    if (at - this.steppedAt < this.stepMs * 0.98) return false;
    const outcome = this.sum / this.samples;
    const outcomeNoise = this.noiseSum / this.samples ** 2;
    this.sum = 0;
    this.noiseSum = 0;
    this.samples = 0;
    this.steppedAt = at;
    this.judgeDue(at, outcome, outcomeNoise);
    this.predict(at, scales, history, calendar);
    this.remember(at);
    return true;
  }

  /** Forecasts from what is known now into `current`. */
  predict(at: number, scales: LoadScales, history: LoadHistory, calendar: Calendar): LaneForecast {
    const target = at + this.horizonMs;
    const day = Math.floor((target + calendar.offsetMs(target)) / DAY_MS);
    if (day !== this.likeDaysOf) {
      this.likeDaysOf = day;
      this.likeDays = findLikeDays(calendar, target);
    }
    const { scratch, hints, current } = this;
    const minute = Math.floor(at / 60_000);
    if (minute !== this.riseOf) {
      this.riseOf = minute;
      const asks = this.horizonMs <= LONGEST_RISE_MS;
      hints.usualRise = asks ? history.usualRise(at, this.horizonMs, calendar.daysBefore) : 0;
    }
    seasonalHints(hints, history, calendar, this.likeDays, at, target);
    writeFeatures(scratch, 0, scales, hints);
    writeMembers(
      scratch,
      FEATURE_COUNT,
      scales,
      hints,
      scales.level + scales.unit * this.ridge.predict(scratch),
    );
    const mean = this.blend(scratch, FEATURE_COUNT);
    const [low, high] = this.quantiles.values as unknown as readonly [number, number];
    // Errors grow with the load, and a forecast of more load must expect the errors of more load.
    const unit = Math.sqrt(1 + Math.max(scales.level, mean));
    current.mean = mean;
    current.low = Math.max(0, mean + Math.min(0, low) * unit);
    current.high = mean + Math.max(0, high) * unit;
    // Either is the standard deviation of normal errors; the second sees that errors upwards are larger.
    current.spread = this.withoutNoise(Math.max(1.25 * this.typicalError, high / 1.645)) * unit;
    const stands = hints.usualRise > OUTSTANDING * 1.25 * this.typicalError * unit;
    current.expectedPeak = Math.max(
      mean,
      scales.level - Math.sqrt(this.noise) * unit,
      stands ? scales.level + hints.usualRise : 0,
    );
    scratch[BLEND] = mean;
    scratch[LEVEL] = scales.level;
    scratch[UNIT] = scales.unit;
    scratch[ERROR_UNIT] = unit;
    scratch[LOW] = current.low;
    scratch[HIGH] = current.high;
    return current;
  }

  /** What is left of a deviation when the noise of the outcomes themselves is taken out. */
  private withoutNoise(deviation: number): number {
    return Math.sqrt(Math.max(deviation * deviation - this.noise, LEAST_OWN_ERROR * deviation * deviation));
  }

  get forecasts(): number {
    return this.judged;
  }

  /** Share of each member in the forecast, 0..1. */
  shares(): Record<MemberName, number> {
    let sum = 0;
    for (let i = 0; i < MEMBER_COUNT; i++) sum += this.weight(i);
    return Object.fromEntries(MEMBER_NAMES.map((name, i) => [name, this.weight(i) / sum])) as Record<
      MemberName,
      number
    >;
  }

  accuracy(): LaneAccuracy | undefined {
    const { judged, totals } = this;
    if (judged === 0) return undefined;
    return {
      horizonMs: this.horizonMs,
      forecasts: judged,
      meanAbsoluteError: totals.blend / judged,
      maseLast: totals.blend / totals.last,
      maseSeasonal: totals.seasonal > 0 ? totals.blendOfSeasonal / totals.seasonal : undefined,
      bias: totals.bias / judged,
      coverageRatio: totals.within / judged,
    };
  }

  private blend(from: Float32Array, offset: number): number {
    let sum = 0;
    let weights = 0;
    for (let i = 0; i < MEMBER_COUNT; i++) {
      const expected = from[offset + i] as number;
      if (Number.isNaN(expected)) continue;
      const weight = this.weight(i);
      sum += weight * expected;
      weights += weight;
    }
    return sum / weights;
  }

  private weight(member: number): number {
    if (member === LAST) return 1;
    if ((this.trials[member] as number) < TRIALS) return 0;
    const last = Math.max(1e-6, this.errors[LAST] as number);
    const ratio = last / Math.max(1e-6, DOUBT * (this.errors[member] as number));
    return Math.min(1e6, ratio ** SHARPNESS);
  }

  private judgeDue(at: number, outcome: number, noise: number): void {
    while (this.count > 0 && (this.made[this.head] as number) + this.horizonMs <= at + this.stepMs / 2) {
      // After a gap there is no outcome for what fell into it.
      if ((this.made[this.head] as number) + this.horizonMs > at - this.stepMs / 2)
        this.judge(outcome, noise);
      this.head = (this.head + 1) % PENDING;
      this.count--;
    }
  }

  private judge(outcome: number, noise: number): void {
    const { pending, totals } = this;
    const from = this.head * WIDTH;
    const unit = pending[from + UNIT] as number;
    const level = pending[from + LEVEL] as number;
    const expected = pending[from + BLEND] as number;
    const error = outcome - expected;
    const scaledError = error / (pending[from + ERROR_UNIT] as number);
    const fading = this.stepMs / Math.max(JUDGE_LEAST_MS, JUDGE_HORIZONS * this.horizonMs);
    this.judged++;
    totals.blend += Math.abs(error);
    totals.last += Math.abs(outcome - level);
    totals.bias -= error;
    if (outcome >= (pending[from + LOW] as number) && outcome <= (pending[from + HIGH] as number))
      totals.within++;
    const yesterday = pending[from + FEATURE_COUNT + YESTERDAY] as number;
    if (!Number.isNaN(yesterday)) {
      totals.seasonal += Math.abs(outcome - yesterday);
      totals.blendOfSeasonal += Math.abs(error);
    }
    for (let i = 0; i < MEMBER_COUNT; i++) {
      const opinion = pending[from + FEATURE_COUNT + i] as number;
      if (Number.isNaN(opinion)) continue;
      const trials = (this.trials[i] as number) + 1;
      this.trials[i] = trials;
      const before = this.errors[i] as number;
      this.errors[i] = before + Math.max(fading, 1 / trials) * (Math.abs(outcome - opinion) / unit - before);
    }
    const weight = Math.max(fading, 1 / (this.judged + 10));
    this.typicalError += weight * (Math.abs(scaledError) - this.typicalError);
    this.noise += weight * (noise / (pending[from + ERROR_UNIT] as number) ** 2 - this.noise);
    this.quantiles.add(scaledError, this.typicalError);
    const lesson = Math.max(-CLIP, Math.min(CLIP, (outcome - level) / unit));
    this.ridge.update(pending, lesson, from);
  }

  private remember(at: number): void {
    if (this.count === PENDING) {
      this.head = (this.head + 1) % PENDING;
      this.count--;
    }
    const slot = (this.head + this.count) % PENDING;
    this.pending.set(this.scratch, slot * WIDTH);
    this.made[slot] = at;
    this.count++;
  }

  save(): unknown {
    return {
      horizonMs: this.horizonMs,
      ridge: this.ridge.save(),
      quantiles: this.quantiles.save(),
      errors: Array.from(this.errors),
      trials: Array.from(this.trials),
      typicalError: this.typicalError,
      judged: this.judged,
      totals: { ...this.totals },
    };
  }

  /** Forecasts that were still open are not part of the state: they begin anew. */
  restore(state: ReturnType<Lane['save']>): void {
    const saved = state as {
      ridge: ReturnType<RecursiveLeastSquares['save']>;
      quantiles: ReturnType<QuantileTracker['save']>;
      errors: number[];
      trials: number[];
      typicalError: number;
      judged: number;
      totals: Lane['totals'];
    };
    this.ridge.restore(saved.ridge);
    this.quantiles.restore(saved.quantiles);
    this.errors.set(saved.errors);
    this.trials.set(saved.trials);
    this.typicalError = saved.typicalError;
    this.judged = saved.judged;
    Object.assign(this.totals, saved.totals);
    this.count = 0;
    this.steppedAt = Number.NaN;
  }
}

export { RIDGE };
