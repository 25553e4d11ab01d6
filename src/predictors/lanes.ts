import { Lane, type LaneForecast, type Moment, type SavedLane } from './lane.ts';
import { LaneMemory, type LanePlan, planLane } from './lane-plan.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Horizons that are always learned, and how often: those between are interpolated. */
const HORIZONS = [
  { horizonMs: 45 * SECOND, stepMs: 15 * SECOND },
  { horizonMs: 2 * MINUTE, stepMs: 30 * SECOND },
  { horizonMs: 5 * MINUTE, stepMs: MINUTE },
  { horizonMs: 15 * MINUTE, stepMs: MINUTE },
  { horizonMs: HOUR, stepMs: 4 * MINUTE },
  { horizonMs: 6 * HOUR, stepMs: 20 * MINUTE },
  { horizonMs: 24 * HOUR, stepMs: 2 * HOUR },
  { horizonMs: 48 * HOUR, stepMs: 3 * HOUR },
] as const;
/** Plans of these lanes by the number of context features: all predictors share them. */
const PLANS = new Map<number, readonly LanePlan[]>();
const planAll = (contextFeatures: number): LanePlan[] =>
  HORIZONS.map(({ horizonMs, stepMs }) => planLane(horizonMs, stepMs, contextFeatures));

const LONGEST_MS = 48 * HOUR;
/** Up to here load between two horizons is about on a line; beyond, seasons bend it. */
const STRAIGHT_MS = HOUR;
/** Further ahead, the way is looked at in so many steps, of at least an hour. */
const STEPS_ON_THE_WAY = 12;

/** The home lane forecasts no more often than this. */
const SHORTEST_STEP_MS = 15 * SECOND;
/** A horizon that is asked for this often in a row gets a lane of its own … */
const HOME_CALLS = 8;
/** … unless the one that there is differs by less than this share … */
const NEAR = 0.12;
/** … or a fixed one is all but the same. */
const SAME = 0.02;
const SHORTEST_HOME_MS = 15 * SECOND;
const LONGEST_HOME_MS = 15 * MINUTE;
/** Forecasts of the home lane that wait for their outcome, about. */
const HOME_PENDING = 21;
/** Outcomes that it must have met before it speaks. */
const HOME_TRIALS = 60;

/** A forecast for any horizon. */
export interface PathForecast extends LaneForecast {
  /** The highest upper bound on the way, and how far ahead it is. */
  peak: number;
  peakAheadMs: number;
  /** Outcomes that forecasts like this one have met. */
  judged: number;
}

/** Shared by all, as forecasts are made one after the other. */
const PATH: PathForecast = { ...nothing(), peak: 0, peakAheadMs: 0, judged: 0 };
const FROM: LaneForecast = nothing();
const TO: LaneForecast = nothing();

/**
 * The lanes of one predictor. Besides the fixed ones there is a home lane: a pool asks every tick for the same
 * horizon, its start-up time, and sizes itself by it; interpolating there would cost where load curves.
 */
export class Lanes {
  private readonly lanes: Lane[];
  private readonly contextFeatures: number;
  private home: Lane | undefined;
  private callsElsewhere = 0;
  /** When each lane has something to do, so that the others are not even looked at; the home lane last. */
  private readonly wakeAt = new Float64Array(HORIZONS.length + 1).fill(Number.NEGATIVE_INFINITY);

  constructor(contextFeatures = 0) {
    this.contextFeatures = contextFeatures;
    const plans = PLANS.get(contextFeatures) ?? planAll(contextFeatures);
    PLANS.set(contextFeatures, plans);
    const memory = new LaneMemory(plans);
    this.lanes = plans.map((plan) => new Lane(plan, memory));
  }

  observe(moment: Moment): void {
    const { lanes, home, wakeAt } = this;
    for (let i = 0; i < lanes.length; i++) {
      if (moment.at >= (wakeAt[i] as number)) wakeAt[i] = (lanes[i] as Lane).observe(moment);
    }
    if (home !== undefined && moment.at >= (wakeAt[lanes.length] as number)) {
      wakeAt[lanes.length] = home.observe(moment);
    }
  }

  /** Forecasts `aheadMs` from the moment's sample on. The result is valid until the next call. */
  forecast(moment: Moment, aheadMs: number): PathForecast {
    const { lanes } = this;
    const ahead = Math.min(Math.max(0, aheadMs), LONGEST_MS);
    let upper = 0;
    while (upper < lanes.length - 1 && (lanes[upper] as Lane).horizonMs < ahead) upper++;
    const own = this.ownLane(aheadMs, lanes[upper] as Lane);
    if (own === undefined) this.between(moment, upper, ahead, PATH);
    else copy(current(own, moment), PATH);
    PATH.peak = PATH.high;
    PATH.peakAheadMs = ahead;
    PATH.judged = (own ?? (lanes[upper] as Lane)).judged;
    for (let i = 0; i < upper; i++) {
      const lane = lanes[i] as Lane;
      raise(current(lane, moment), lane.horizonMs);
    }
    const stepMs = Math.max(HOUR, ahead / STEPS_ON_THE_WAY);
    for (let at = STRAIGHT_MS + stepMs; at < ahead - SECOND; at += stepMs) {
      raise(this.nearest(at, upper).predictAt(moment, at, TO), at);
    }
    return PATH;
  }

  /** Every lane, the home lane last. */
  all(): readonly Lane[] {
    return this.home === undefined ? this.lanes : [...this.lanes, this.home];
  }

  /** The fixed lane that knows most about a horizon. */
  nearest(aheadMs: number, upTo: number = HORIZONS.length - 1): Lane {
    let best = 0;
    for (let i = 1; i <= upTo; i++) {
      const middle = Math.sqrt((this.lanes[i - 1] as Lane).horizonMs * (this.lanes[i] as Lane).horizonMs);
      if (aheadMs >= middle) best = i;
    }
    return this.lanes[best] as Lane;
  }

  save(): SavedLane[] {
    return this.all().map((lane) => lane.save());
  }

  restore(saved: readonly SavedLane[]): void {
    for (const state of saved) {
      const fixed = this.lanes.find((lane) => lane.horizonMs === state.horizonMs);
      const lane = fixed ?? new Lane(planLane(state.horizonMs, state.stepMs, this.contextFeatures));
      lane.restore(state);
      if (fixed === undefined) this.home = lane;
    }
  }

  /** Between the neighbours; below the shortest horizon, between it and now. */
  private between(moment: Moment, upper: number, ahead: number, into: LaneForecast): void {
    const above = this.lanes[upper] as Lane;
    const below = this.lanes[upper - 1];
    const { level } = moment.scales;
    const start = below?.horizonMs ?? 0;
    const share = (ahead - start) / (above.horizonMs - start);
    // Far ahead each says what it expects at the very time, or noon would be the mean of morning and evening.
    const isStraight = above.horizonMs <= STRAIGHT_MS;
    const to = isStraight ? current(above, moment) : above.predictAt(moment, ahead, TO);
    if (below === undefined) {
      into.mean = level + share * (to.mean - level);
      into.low = level + share * (to.low - level);
      into.high = level + share * (to.high - level);
      // The level is known no better than what comes next.
      into.spread = to.spread;
      into.expectedPeak = level + share * (to.expectedPeak - level);
      return;
    }
    const from = isStraight ? current(below, moment) : below.predictAt(moment, ahead, FROM);
    into.mean = from.mean + share * (to.mean - from.mean);
    into.low = from.low + share * (to.low - from.low);
    into.high = from.high + share * (to.high - from.high);
    into.spread = from.spread + share * (to.spread - from.spread);
    into.expectedPeak = from.expectedPeak + share * (to.expectedPeak - from.expectedPeak);
  }

  /** The lane of this very horizon, where there is one that has learned. */
  private ownLane(horizonMs: number, fixed: Lane): Lane | undefined {
    if (Math.abs(fixed.horizonMs / horizonMs - 1) < SAME) return fixed;
    const { home } = this;
    if (home !== undefined && Math.abs(home.horizonMs / horizonMs - 1) < NEAR) {
      this.callsElsewhere = 0;
      return home.judged >= HOME_TRIALS ? home : undefined;
    }
    if (
      ++this.callsElsewhere >= HOME_CALLS &&
      horizonMs >= SHORTEST_HOME_MS &&
      horizonMs <= LONGEST_HOME_MS
    ) {
      this.callsElsewhere = 0;
      const stepMs = Math.max(SHORTEST_STEP_MS, horizonMs / HOME_PENDING);
      this.home = new Lane(planLane(horizonMs, stepMs, this.contextFeatures));
      this.wakeAt[HORIZONS.length] = Number.NEGATIVE_INFINITY;
    }
    return undefined;
  }
}

function current(lane: Lane, moment: Moment): LaneForecast {
  return lane.madeAt === moment.at ? lane.current : lane.predict(moment);
}

function copy(from: LaneForecast, into: LaneForecast): void {
  into.mean = from.mean;
  into.low = from.low;
  into.high = from.high;
  into.spread = from.spread;
  into.expectedPeak = from.expectedPeak;
}

/** What is expected on the way counts for the peak. */
function raise({ high, expectedPeak }: LaneForecast, aheadMs: number): void {
  if (expectedPeak > PATH.expectedPeak) PATH.expectedPeak = expectedPeak;
  if (high <= PATH.peak) return;
  PATH.peak = high;
  PATH.peakAheadMs = aheadMs;
}

function nothing(): LaneForecast {
  return { mean: 0, low: 0, high: 0, spread: 0, expectedPeak: 0 };
}
