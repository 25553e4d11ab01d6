import { AccuracyTally, type ForecastAccuracy } from './accuracy.ts';
import type { Calendar } from './calendar.ts';
import {
  FEATURE_COUNT,
  findLikeDays,
  type LoadScales,
  type SeasonalHints,
  seasonalHints,
  unknownHints,
  writeFeatures,
} from './features.ts';
import { RecentErrors } from './intervals.ts';
import type { LoadHistory } from './load-history.ts';
import { MEMBER_COUNT, type MemberName, MemberWeights, writeMembers, YESTERDAY } from './members.ts';
import { RecursiveLeastSquares } from './recursive-least-squares.ts';

/** Forecasts that wait for their outcome, at most; more where horizons are so short that every tick makes one. */
const PENDING = 16;
const PENDING_SHORT = 24;
const SHORT_MS = 6 * 60_000;
const SHORTEST_STEP_MS = 15_000;
/** Slots of a pending forecast: features, members, mean, low, high, level, unit of features, unit of errors. */
const MEMBERS = FEATURE_COUNT;
const MEAN = MEMBERS + MEMBER_COUNT;
const LOW = MEAN + 1;
const HIGH = MEAN + 2;
const LEVEL = MEAN + 3;
const UNIT = MEAN + 4;
const ERROR_UNIT = MEAN + 5;
const WIDTH = MEAN + 6;

/** The forecast that is being made, and what it looks at; shared by all, as they are made one after the other. */
const DRAFT = new Float32Array(WIDTH);
const HINTS: SeasonalHints = unknownHints();

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const RIDGE = 1;
/** Half-life of what the regression has learned, in horizons, and at least a day. */
const FORGET_HORIZONS = 7;
/** An error of more units teaches no more than this. */
const CLIP = 6;
/** How long errors are remembered, in horizons, and at least this. */
const JUDGE_HORIZONS = 10;
const JUDGE_LEAST_MS = 4 * 3_600_000;
/** Usual rises are looked for this far ahead. */
const LONGEST_RISE_MS = 15 * MINUTE_MS;
/** One counts when it stands out from the typical error by this factor. */
const OUTSTANDING = 2;

/** The load, as it is known at one moment. */
export interface Moment {
  readonly at: number;
  readonly demand: number;
  /** Variance of `demand` around the load. */
  readonly noise: number;
  readonly scales: LoadScales;
  readonly history: LoadHistory;
  readonly calendar: Calendar;
}

/** What one lane expects at its horizon. */
export interface LaneForecast {
  mean: number;
  low: number;
  high: number;
  spread: number;
  /** The mean, or more where at this time of day the load usually jumps on the way there. */
  expectedPeak: number;
}

/** All forecasts of one horizon: makes them, waits for their outcomes, and learns from the errors. */
export class Lane {
  readonly horizonMs: number;
  readonly stepMs: number;
  readonly current: LaneForecast = { mean: 0, low: 0, high: 0, spread: 0, expectedPeak: 0 };
  private readonly ridge: RecursiveLeastSquares;
  private readonly errors: RecentErrors;
  private readonly weights = new MemberWeights();
  private readonly tally = new AccuracyTally();
  private readonly fading: number;

  private readonly pending: Float32Array;
  private readonly made: Float64Array;
  private head = 0;
  private count = 0;
  private likeDays: readonly number[] = [];
  private likeDaysOf = Number.NaN;
  private usualRise = 0;
  private riseOf = Number.NaN;

  /** The running step. */
  private begunAt = Number.NaN;
  private demandSum = 0;
  private noiseSum = 0;
  private samples = 0;

  constructor(horizonMs: number) {
    this.horizonMs = horizonMs;
    const slots = horizonMs <= SHORT_MS ? PENDING_SHORT : PENDING;
    this.pending = new Float32Array(slots * WIDTH);
    this.made = new Float64Array(slots);
    this.stepMs = Math.max(SHORTEST_STEP_MS, horizonMs / slots);
    this.fading = this.stepMs / Math.max(JUDGE_LEAST_MS, JUDGE_HORIZONS * horizonMs);
    const halfLifeMs = Math.max(DAY_MS, FORGET_HORIZONS * horizonMs);
    this.ridge = new RecursiveLeastSquares(FEATURE_COUNT, RIDGE, 0.5 ** (this.stepMs / halfLifeMs));
    // Load drifts away with the square root of time: 0.6 √L in 45 s, 1.7 √L in an hour.
    this.errors = new RecentErrors(Math.min(3, 0.5 * (1 + Math.sqrt(horizonMs / (10 * MINUTE_MS)))));
  }

  /** Forecasts that met their outcome. */
  get judged(): number {
    return this.tally.forecasts;
  }

  /** Takes a sample. `true` when a step was over: what was due is judged and the next forecast is made. */
  observe(moment: Moment): boolean {
    this.demandSum += moment.demand;
    this.noiseSum += moment.noise;
    this.samples++;
    // A tick may come a little early.
    if (moment.at - this.begunAt < this.stepMs * 0.98) return false;
    const outcome = this.demandSum / this.samples;
    const noise = this.noiseSum / this.samples ** 2;
    this.demandSum = 0;
    this.noiseSum = 0;
    this.samples = 0;
    this.begunAt = moment.at;
    this.judgeDue(moment.at, outcome, noise);
    this.predict(moment);
    this.keep(moment.at);
    return true;
  }

  /** Forecasts from what is known now; the result is valid until the next call. */
  predict({ at, scales, history, calendar }: Moment): LaneForecast {
    const { current, errors } = this;
    const target = at + this.horizonMs;
    const day = Math.floor((target + calendar.offsetMs(target)) / DAY_MS);
    if (day !== this.likeDaysOf) {
      this.likeDaysOf = day;
      this.likeDays = findLikeDays(calendar, target);
    }
    const minute = Math.floor(at / MINUTE_MS);
    if (minute !== this.riseOf && this.horizonMs <= LONGEST_RISE_MS) {
      this.riseOf = minute;
      this.usualRise = history.usualRise(at, this.horizonMs, calendar.daysBefore);
    }
    HINTS.usualRise = this.usualRise;
    seasonalHints(HINTS, history, calendar, this.likeDays, at, target);
    writeFeatures(DRAFT, 0, scales, HINTS);
    writeMembers(DRAFT, MEMBERS, scales, HINTS, scales.level + scales.unit * this.ridge.predict(DRAFT));

    const mean = this.weights.blend(DRAFT, MEMBERS);
    // Errors grow with the load, and a forecast of more load must expect the errors of more load.
    const unit = Math.sqrt(1 + Math.max(scales.level, mean));
    current.mean = mean;
    current.low = Math.max(0, mean + errors.low * unit);
    current.high = mean + errors.high * unit;
    current.spread = errors.spread * unit;
    const usual = this.usualRise > OUTSTANDING * current.spread ? scales.level + this.usualRise : 0;
    current.expectedPeak = Math.max(mean, usual, scales.level - errors.noiseDeviation * unit);
    DRAFT[MEAN] = mean;
    DRAFT[LOW] = current.low;
    DRAFT[HIGH] = current.high;
    DRAFT[LEVEL] = scales.level;
    DRAFT[UNIT] = scales.unit;
    DRAFT[ERROR_UNIT] = unit;
    return current;
  }

  accuracy(): ForecastAccuracy | undefined {
    return this.tally.report(this.horizonMs);
  }

  shares(): Record<MemberName, number> {
    return this.weights.shares();
  }

  save(): SavedLane {
    return {
      horizonMs: this.horizonMs,
      ridge: this.ridge.save(),
      errors: this.errors.save(),
      weights: this.weights.save(),
      tally: this.tally.save(),
    };
  }

  /** Forecasts that were still open are not part of the state. */
  restore(saved: SavedLane): void {
    this.ridge.restore(saved.ridge);
    this.errors.restore(saved.errors);
    this.weights.restore(saved.weights);
    this.tally.restore(saved.tally);
  }

  private judgeDue(at: number, outcome: number, noise: number): void {
    for (; this.count > 0; this.count--) {
      const dueAt = (this.made[this.head] as number) + this.horizonMs;
      if (dueAt > at + this.stepMs / 2) return;
      // What fell due within a gap has no outcome.
      if (dueAt > at - this.stepMs / 2) this.judge(this.head * WIDTH, outcome, noise);
      this.head = (this.head + 1) % this.made.length;
    }
  }

  private judge(from: number, outcome: number, noise: number): void {
    const { pending } = this;
    const at = (slot: number): number => pending[from + slot] as number;
    const errorUnit = at(ERROR_UNIT);
    this.tally.add(outcome, at(MEAN), at(LOW), at(HIGH), at(LEVEL), at(MEMBERS + YESTERDAY));
    this.weights.judge(pending, from + MEMBERS, outcome, at(UNIT), this.fading);
    this.errors.add((outcome - at(MEAN)) / errorUnit, noise / errorUnit ** 2, this.fading);
    const lesson = (outcome - at(LEVEL)) / at(UNIT);
    this.ridge.update(pending, Math.max(-CLIP, Math.min(CLIP, lesson)), from);
  }

  private keep(at: number): void {
    if (this.count === this.made.length) {
      this.head = (this.head + 1) % this.made.length;
      this.count--;
    }
    const slot = (this.head + this.count) % this.made.length;
    this.pending.set(DRAFT, slot * WIDTH);
    this.made[slot] = at;
    this.count++;
  }
}

export interface SavedLane {
  readonly horizonMs: number;
  readonly ridge: ReturnType<RecursiveLeastSquares['save']>;
  readonly errors: ReturnType<RecentErrors['save']>;
  readonly weights: ReturnType<MemberWeights['save']>;
  readonly tally: ReturnType<AccuracyTally['save']>;
}
