import { Lane, type LaneForecast, type Moment, type SavedLane } from './lane.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Horizons that are always learned; those between are interpolated. */
const HORIZONS_MS: readonly number[] = [
  45 * SECOND,
  2 * MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  6 * HOUR,
  24 * HOUR,
  48 * HOUR,
];

/** A horizon that is asked for this often in a row gets a lane of its own … */
const HOME_CALLS = 8;
/** … unless the one that there is differs by less than this share. */
const NEAR = 0.12;
const SHORTEST_HOME_MS = 15 * SECOND;
const LONGEST_HOME_MS = 15 * MINUTE;
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

/**
 * The lanes of one predictor. Besides the fixed ones there is a home lane: a pool asks every tick for the same
 * horizon, its start-up time, and sizes itself by it; interpolating there would cost where load curves.
 */
export class Lanes {
  private readonly lanes: readonly Lane[] = HORIZONS_MS.map((horizonMs) => new Lane(horizonMs));
  private home: Lane | undefined;
  private callsElsewhere = 0;
  private sample = 0;
  /** Sample for which a lane's forecast was made. */
  private readonly madeFor = new Map<Lane, number>();

  observe(moment: Moment): void {
    this.sample++;
    for (const lane of this.lanes) {
      if (lane.observe(moment)) this.madeFor.set(lane, this.sample);
    }
    if (this.home?.observe(moment)) this.madeFor.set(this.home, this.sample);
  }

  /** Forecasts `aheadMs` from the moment's sample on. */
  forecast(moment: Moment, aheadMs: number): PathForecast {
    const { lanes } = this;
    const ahead = Math.min(Math.max(0, aheadMs), HORIZONS_MS[HORIZONS_MS.length - 1] as number);
    let upper = 0;
    while (upper < lanes.length - 1 && (HORIZONS_MS[upper] as number) < ahead) upper++;
    const home = this.homeLane(aheadMs);
    const end = home === undefined ? this.between(moment, upper, ahead) : this.current(home, moment);
    const judged = (home ?? (lanes[upper] as Lane)).judged;
    const path: PathForecast = { ...end, peak: end.high, peakAheadMs: ahead, judged };
    for (let i = 0; i < upper; i++) {
      const { high, expectedPeak } = this.current(lanes[i] as Lane, moment);
      path.expectedPeak = Math.max(path.expectedPeak, expectedPeak);
      if (high <= path.peak) continue;
      path.peak = high;
      path.peakAheadMs = HORIZONS_MS[i] as number;
    }
    return path;
  }

  /** Every lane, the home lane last. */
  all(): readonly Lane[] {
    return this.home === undefined ? this.lanes : [...this.lanes, this.home];
  }

  save(): SavedLane[] {
    return this.all().map((lane) => lane.save());
  }

  restore(saved: readonly SavedLane[]): void {
    for (const state of saved) {
      const fixed = this.lanes.find((lane) => lane.horizonMs === state.horizonMs);
      const lane = fixed ?? new Lane(state.horizonMs);
      lane.restore(state);
      if (fixed === undefined) this.home = lane;
    }
  }

  private current(lane: Lane, moment: Moment): LaneForecast {
    if (this.madeFor.get(lane) === this.sample) return lane.current;
    this.madeFor.set(lane, this.sample);
    return lane.predict(moment);
  }

  /** Linear between the neighbours; below the shortest horizon, between it and now. */
  private between(moment: Moment, upper: number, ahead: number): LaneForecast {
    const to = this.current(this.lanes[upper] as Lane, moment);
    const before = upper === 0 ? undefined : (this.lanes[upper - 1] as Lane);
    const { level } = moment.scales;
    const from = before === undefined ? at(level) : this.current(before, moment);
    const start = before?.horizonMs ?? 0;
    const share = (ahead - start) / ((HORIZONS_MS[upper] as number) - start);
    const mix = (low: number, high: number): number => low + share * (high - low);
    return {
      mean: mix(from.mean, to.mean),
      low: mix(from.low, to.low),
      high: mix(from.high, to.high),
      // The level is known no better than what comes next.
      spread: before === undefined ? to.spread : mix(from.spread, to.spread),
      expectedPeak: mix(from.expectedPeak, to.expectedPeak),
    };
  }

  private homeLane(horizonMs: number): Lane | undefined {
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
      if (home !== undefined) this.madeFor.delete(home);
      this.home = new Lane(horizonMs);
    }
    return undefined;
  }
}

function at(level: number): LaneForecast {
  return { mean: level, low: level, high: level, spread: 0, expectedPeak: level };
}
