/** One sample of load, as a predictor learns from it. */
export interface LoadSample {
  /** Epoch ms. */
  readonly at: number;
  /** Load in busy-worker equivalents (erlangs over slots): it does not saturate at the pool's size. */
  readonly demand: number;
  /** Variance of `demand` around the load, where it is sampled and not counted. Default 0. */
  readonly noise?: number;
  readonly utilization?: number;
  readonly queued?: number;
  readonly responseTimeMs?: number;
  /** Failed share of the jobs that ended, 0..1. */
  readonly errorRatio?: number;
  readonly arrivalsPerSecond?: number;
  /** Numbers that the host adds: event-loop delay, memory pressure, network latency, … */
  readonly context?: Readonly<Record<string, number>>;
}

/** What is expected. Demand is in busy-worker equivalents. Plain JSON. */
export interface Forecast {
  /** When the forecast was made, epoch ms. */
  readonly at: number;
  readonly horizonMs: number;
  /** Expected demand at `at + horizonMs`. */
  readonly mean: number;
  /** Demand at `at + horizonMs` stays above `low` with probability 1 - `lowQuantile`. */
  readonly low: number;
  readonly lowQuantile: number;
  /** Demand at `at + horizonMs` stays below `high` with probability `highQuantile`. */
  readonly high: number;
  readonly highQuantile: number;
  /** Typical error of forecasts at this horizon lately, as a standard deviation, where the predictor tells. */
  readonly spread?: number;
  /**
   * The highest demand expected between now and the horizon, jumps included that are usual at this time of day,
   * where the predictor tells; at least `mean`.
   */
  readonly expectedPeak?: number;
  /** The highest `high` between now and the horizon; equals `high` where load only rises. */
  readonly peak: number;
  /** When that peak is expected, epoch ms. */
  readonly peakAt: number;
  /** How far it is to be believed, 0..1. Below the pool's `confidenceThreshold` it advises only. */
  readonly confidence: number;
  /** Name and version of the model that made it, for people and for accuracy by model. */
  readonly model: string;
}

/** Predicts one pool's demand. Pure but for what it has learned; usable alone. */
export interface LoadPredictor {
  readonly name: string;
  /** Learns from one sample; cheap, called every tick. */
  observe(sample: LoadSample): void;
  /** `undefined` = no opinion. Horizons from seconds to 48 h. */
  forecast(now: number, horizonMs: number): Forecast | undefined;
  /** Learns from bulk history, oldest first. */
  train?(history: readonly LoadSample[]): void;
  /** Refits what is costly to fit; called on the slow interval when due. */
  retrain?(now: number): void;
  /** All it knows as plain JSON, for `restore` after a restart. */
  save?(): unknown;
  restore?(state: unknown): void;
}
