import { AccuracyTally, type ForecastAccuracy, TALLY_WIDTH } from './accuracy.ts';
import type { ContextNumbers } from './context-numbers.ts';
import { writeFeatures } from './features.ts';
import { ERRORS_WIDTH, RecentErrors } from './intervals.ts';
import {
  CONTEXT_MS,
  ERROR_UNIT,
  FEATURES,
  HIGH,
  LaneMemory,
  type LanePlan,
  LEVEL,
  LOW,
  MEAN,
  SHORT_MS,
  UNIT,
} from './lane-plan.ts';
import {
  HALF_HOUR_MEAN,
  type MemberName,
  MemberWeights,
  REGRESSION,
  WEIGHTS_WIDTH,
  writeMembers,
  YESTERDAY,
} from './members.ts';
import { RecursiveLeastSquares, regressionWidth } from './recursive-least-squares.ts';
import { type Past, type SeasonalHints, seasonalHints, unknownHints } from './seasonal-hints.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A tick may come a little early. */
const EARLY = 0.98;

/** The forecast that is being made, and what it looks at; shared by all, as they are made one after the other. */
const DRAFT = new Float32Array(FEATURES + 64);
const HINTS: SeasonalHints = unknownHints();

const RIDGE = 1;
/** Half-life of what the regression has learned, in horizons, and at least a day. */
const FORGET_HORIZONS = 7;
/** An error of more units teaches no more than this. */
const CLIP = 6;
/** How long errors are remembered, in horizons, and at least this. */
const JUDGE_HORIZONS = 10;
const JUDGE_LEAST_MS = 4 * 3_600_000;
/** Usual rises are looked for this far ahead: within `RISE_MINUTES` after the coming minute. */
const LONGEST_RISE_MS = 15 * MINUTE_MS;
export const RISE_MINUTES = 16;
/** One counts when it stands out from the typical error by this factor. */
const OUTSTANDING = 2;

/** The load, as it is known at one moment. */
export interface Moment extends Past {
  /** Mean demand since the moment before, its noise as a variance, and how long that is. */
  readonly demand: number;
  readonly noise: number;
  readonly elapsedMs: number;
  /** How far load usually rises within 1, 2, … minutes at this time of day. */
  readonly rises: Float32Array;
  readonly context: ContextNumbers | undefined;
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
  readonly plan: LanePlan;
  readonly current: LaneForecast = { mean: 0, low: 0, high: 0, spread: 0, expectedPeak: 0 };
  /** The moment that `current` was made at. */
  madeAt: number = Number.NaN;
  private readonly fading: number;
  /** From `first` on what was learned; from `made` on when the pending forecasts were made, ms. */
  private readonly numbers: Float64Array;
  private readonly first: number;
  private readonly made: number;
  private readonly pending: Float32Array;
  private readonly pendingFrom: number;
  private readonly ridge: RecursiveLeastSquares;
  private readonly errors: RecentErrors;
  private readonly weights: MemberWeights;
  private readonly tally: AccuracyTally;
  private head = 0;
  private count = 0;
  private nextAt = Number.NEGATIVE_INFINITY;

  constructor(plan: LanePlan, memory: LaneMemory = new LaneMemory([plan])) {
    const { horizonMs, stepMs, features } = plan;
    this.plan = plan;
    this.numbers = memory.numbers;
    this.pending = memory.singles;
    this.first = memory.numbersUsed;
    this.pendingFrom = memory.singlesUsed;
    memory.numbersUsed += plan.numbers;
    memory.singlesUsed += plan.singles;
    const errorsFrom = this.first + regressionWidth(features);
    const weightsFrom = errorsFrom + ERRORS_WIDTH;
    const tallyFrom = weightsFrom + WEIGHTS_WIDTH;
    this.made = tallyFrom + TALLY_WIDTH;

    this.fading = stepMs / Math.max(JUDGE_LEAST_MS, JUDGE_HORIZONS * horizonMs);
    const keep = 0.5 ** (stepMs / Math.max(DAY_MS, FORGET_HORIZONS * horizonMs));
    this.ridge = new RecursiveLeastSquares(features, RIDGE, keep, this.numbers, this.first);
    // Load drifts away with the square root of time: 0.6 √L in 45 s, 1.7 √L in an hour.
    const guess = Math.min(3, 0.5 * (1 + Math.sqrt(horizonMs / (10 * MINUTE_MS))));
    this.errors = new RecentErrors(guess, this.numbers, errorsFrom);
    this.weights = new MemberWeights(horizonMs >= DAY_MS, this.numbers, weightsFrom);
    this.tally = new AccuracyTally(this.numbers, tallyFrom);
  }

  get horizonMs(): number {
    return this.plan.horizonMs;
  }

  /** Forecasts that met their outcome. */
  get judged(): number {
    return this.tally.forecasts;
  }

  /**
   * Judges what is due, and makes the next forecast when a step is over. Returns when there will be something to do
   * again, epoch ms.
   */
  observe(moment: Moment): number {
    this.judgeDue(moment);
    if (moment.at >= this.nextAt) {
      this.nextAt = moment.at + EARLY * this.plan.stepMs;
      this.predict(moment);
      this.keep(moment.at);
    }
    return Math.min(this.nextAt, this.dueAt(moment.elapsedMs));
  }

  /** Forecasts from what is known now; the result, `current`, is valid until the next call. */
  predict(moment: Moment): LaneForecast {
    this.madeAt = moment.at;
    return this.draft(moment, this.horizonMs, this.current);
  }

  /** By what was learned for this horizon, what is expected at another one. */
  predictAt(moment: Moment, aheadMs: number, into: LaneForecast): LaneForecast {
    return this.draft(moment, aheadMs, into);
  }

  accuracy(): ForecastAccuracy | undefined {
    return this.tally.report(this.horizonMs);
  }

  shares(): Record<MemberName, number> {
    return this.weights.shares();
  }

  /** Values of the features now, and what each adds to the regression's expectation, in workers. */
  explain(moment: Moment): { readonly value: number; readonly effect: number }[] {
    this.draft(moment, this.horizonMs, this.current);
    const { unit } = moment.scales;
    return this.ridge.weights.map((weight, i) => {
      const value = DRAFT[FEATURES + i] as number;
      return { value, effect: unit * weight * value };
    });
  }

  save(): SavedLane {
    const { horizonMs, stepMs, features } = this.plan;
    return { horizonMs, stepMs, features, learned: Array.from(this.numbers.subarray(this.first, this.made)) };
  }

  /**
   * Forecasts that were still open are not part of the state. A state with fewer features is taken over too.
   *
   * @throws RangeError for one with more features.
   */
  restore({ features, learned }: SavedLane): void {
    const others = learned.slice(regressionWidth(features));
    const othersFrom = this.first + regressionWidth(this.plan.features);
    if (features > this.plan.features || others.length !== this.made - othersFrom) {
      throw new RangeError('saved with other features');
    }
    this.ridge.widen(learned, features);
    this.numbers.set(others, othersFrom);
  }

  private draft(moment: Moment, aheadMs: number, into: LaneForecast): LaneForecast {
    const { errors } = this;
    const { scales } = moment;
    const usualRise = riseWithin(moment.rises, this.horizonMs);
    HINTS.usualRise = usualRise;
    seasonalHints(HINTS, moment, aheadMs, this.horizonMs >= DAY_MS);
    const context = this.horizonMs <= CONTEXT_MS ? moment.context : undefined;
    writeFeatures(DRAFT, FEATURES, scales, HINTS, context);
    writeMembers(DRAFT, 0, scales, HINTS, scales.level + scales.unit * this.ridge.predict(DRAFT, FEATURES));

    // What knows this lane's horizon only says nothing of another.
    if (aheadMs !== this.horizonMs) DRAFT[REGRESSION] = DRAFT[HALF_HOUR_MEAN] = Number.NaN;
    const mean = this.weights.blend(DRAFT, 0);
    // Errors grow with the load, and a forecast of more load must expect the errors of more load.
    const unit = Math.sqrt(1 + Math.max(scales.level, mean));
    const spread = errors.spread * unit;
    const usual = usualRise > OUTSTANDING * spread ? scales.level + usualRise : 0;
    into.mean = mean;
    into.low = Math.max(0, mean + errors.low * unit);
    into.high = mean + errors.high * unit;
    into.spread = spread;
    into.expectedPeak = Math.max(mean, usual, scales.level - errors.noiseDeviation * unit);
    DRAFT[MEAN] = mean;
    DRAFT[LOW] = into.low;
    DRAFT[HIGH] = into.high;
    DRAFT[LEVEL] = scales.level;
    DRAFT[UNIT] = scales.unit;
    DRAFT[ERROR_UNIT] = unit;
    return into;
  }

  /** When the oldest pending forecast can be judged. */
  private dueAt(elapsedMs: number): number {
    if (this.count === 0) return Number.POSITIVE_INFINITY;
    const about = (this.numbers[this.made + this.head] as number) + this.horizonMs;
    if (this.horizonMs <= SHORT_MS) return about - elapsedMs / 2;
    return (Math.floor(about / MINUTE_MS) + 1) * MINUTE_MS;
  }

  private judgeDue(moment: Moment): void {
    const { at, elapsedMs, demand, noise, history } = moment;
    for (; this.count > 0; this.count--) {
      if (this.dueAt(elapsedMs) > at) return;
      const about = (this.numbers[this.made + this.head] as number) + this.horizonMs;
      // What fell due within a gap has no outcome.
      if (this.horizonMs <= SHORT_MS) {
        if (about + elapsedMs / 2 > at) this.judge(demand, noise);
      } else {
        const outcome = history.minute(about);
        if (!Number.isNaN(outcome)) this.judge(outcome, noise * Math.min(1, elapsedMs / MINUTE_MS));
      }
      this.head = (this.head + 1) % this.plan.slots;
    }
  }

  private judge(outcome: number, noise: number): void {
    const { pending } = this;
    const from = this.rowOf(this.head);
    const mean = pending[from + MEAN] as number;
    const level = pending[from + LEVEL] as number;
    const unit = pending[from + UNIT] as number;
    const errorUnit = pending[from + ERROR_UNIT] as number;
    const yesterday = pending[from + YESTERDAY] as number;
    const low = pending[from + LOW] as number;
    this.tally.add(outcome, mean, low, pending[from + HIGH] as number, level, yesterday);
    this.weights.judge(pending, from, outcome, unit, this.fading);
    this.errors.add((outcome - mean) / errorUnit, noise / errorUnit ** 2, this.fading);
    const lesson = Math.max(-CLIP, Math.min(CLIP, (outcome - level) / unit));
    this.ridge.update(pending, lesson, from + FEATURES);
  }

  private rowOf(slot: number): number {
    return this.pendingFrom + slot * (FEATURES + this.plan.features);
  }

  private keep(at: number): void {
    if (this.count === this.plan.slots) {
      this.head = (this.head + 1) % this.plan.slots;
      this.count--;
    }
    const { pending } = this;
    const slot = (this.head + this.count) % this.plan.slots;
    const width = FEATURES + this.plan.features;
    for (let i = 0, to = this.rowOf(slot); i < width; i++) pending[to + i] = DRAFT[i] as number;
    this.numbers[this.made + slot] = at;
    this.count++;
  }
}

function riseWithin(rises: Float32Array, horizonMs: number): number {
  if (horizonMs > LONGEST_RISE_MS) return 0;
  return rises[Math.ceil(horizonMs / MINUTE_MS + 1.5) - 2] as number;
}

export interface SavedLane {
  readonly horizonMs: number;
  readonly stepMs: number;
  readonly features: number;
  readonly learned: readonly number[];
}
