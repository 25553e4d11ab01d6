import type { Forecast } from './forecast.ts';
import type { PoolId, ReadingQuality } from './observation.ts';
import type { PoolTerms } from './resources.ts';
import type { ActiveSignal } from './signal.ts';

/**
 * Load, measured. All in busy-worker equivalents: the workers that would be busy if there were enough of them.
 */
export interface Demand {
  /** This tick's measurement, noisy. */
  readonly now: number;
  /** Smoothed little: follows a rise within a tick or two. */
  readonly fast: number;
  /** Smoothed long. */
  readonly slow: number;
  /** Standard deviation of what is measured around what was expected one tick before. */
  readonly spread: number;
  /** The largest `fast` of the last start-up time: what was needed recently may be needed again. */
  readonly recentPeak: number;
  /** Work that waits, in seconds of one worker. */
  readonly backlogSeconds: number;
  /** Variance of `now` around the load, where busy workers are sampled and no arrivals are counted. */
  readonly noise?: number;
}

/** Flow through the pool over the last ticks; absent where the host reports too little to tell. */
export interface Flow {
  readonly arrivalsPerSecond?: number;
  readonly completionsPerSecond?: number;
  /** Failed share of the jobs that ended lately, 0..1. */
  readonly errorRatio?: number;
  readonly serviceTimeMs?: number;
  readonly waitTimeMs?: number;
  readonly responseTimeMs?: number;
  /** Squared coefficient of variation of the gaps between arrivals; 1 = Poisson. */
  readonly arrivalVariation?: number;
  /** Squared coefficient of variation of the service time; 1 = exponential, 0 = constant. */
  readonly serviceVariation?: number;
}

/** Start-up time as the pool's own starts show it. */
export interface Startup {
  /** Typical (median) start-up, ms. */
  readonly p50Ms: number;
  /** Slow (90th percentile) start-up, ms. */
  readonly p90Ms: number;
  /** Starts it was learned from; 0 = assumed. */
  readonly samples: number;
}

/** What the constraints remember. Durations on the monotonic clock, so that a jump of wall time does not matter. */
export interface PaceMemory {
  /** Milliseconds since the last scale-up; absent = there was none. */
  readonly sinceUpMs?: number;
  /** Milliseconds since the last scale-down; absent = there was none. */
  readonly sinceDownMs?: number;
  /** Milliseconds since the pool was first seen in full; absent = long ago. */
  readonly watchedMs?: number;
  /** Size changes against the direction of the one before, in the last hour. */
  readonly reversalsLastHour: number;
  readonly lastDirection?: 'up' | 'down';
  /** Highest size wanted within the scale-down stabilisation window, this tick not included. */
  readonly wantedMax?: number;
  /** Lowest size wanted within the scale-up stabilisation window, this tick not included. */
  readonly wantedMin?: number;
  /** Workers added in the running pace period, and removed. */
  readonly addedInPeriod: number;
  readonly removedInPeriod: number;
  /** Scale-ups in a row after which throughput did not rise although work waited. */
  readonly ineffectiveUps: number;
}

/** How much room is kept above the expected demand, in typical errors of the forecast. */
export interface Headroom {
  readonly name: string;
  /** With less than this, more is ordered. */
  readonly least: number;
  /** What is ordered then. */
  readonly grow: number;
  /** To what a size that is too large is cut. */
  readonly shrink: number;
}

/** An emergency that lasts. */
export interface EmergencyState {
  /** Size of the pool when it began. */
  readonly sizeBefore: number;
  /** Milliseconds since it began. */
  readonly sinceMs: number;
}

/** What the schedule wants at this moment. */
export interface ScheduleState {
  /** In force, contradictions resolved: the highest floor is never above the lowest ceiling. */
  readonly actions: readonly ScheduledAction[];
  /** The template that decides in the meantime. */
  readonly policy?: ScheduledPolicy;
  /** Asked for now, but set aside for something stronger. */
  readonly overridden?: readonly (ScheduledAction | ScheduledPolicy)[];
}

export interface ScheduledAction {
  /** Name of the window or rule. */
  readonly by: string;
  readonly kind: 'scaleTo' | 'atLeast' | 'atMost';
  readonly size: number;
  readonly priority: number;
  /** Epoch ms; when it ends. */
  readonly until?: number;
  readonly reason: string;
  /** `false`: its upper limit holds in an emergency too. Default `true`. */
  readonly emergencyOverride?: boolean;
}

/** Another template for a while. */
export interface ScheduledPolicy {
  readonly by: string;
  readonly kind: 'policy';
  /** The template's name. */
  readonly policy: string;
  readonly priority: number;
  /** Epoch ms; when it ends. */
  readonly until?: number;
  readonly reason: string;
}

/**
 * All that a policy may look at. Plain JSON, made once per pool and tick; hand-made ones come from `createView` of
 * `flyball/testing`.
 */
export interface PoolView {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly now: number;
  readonly quality: ReadingQuality;
  /** Milliseconds since the pool was last observed in full. */
  readonly ageMs: number;
  /** Workers that serve or will: ready + starting. What proposals are compared with. */
  readonly size: number;
  readonly ready: number;
  readonly starting: number;
  readonly draining: number;
  readonly busy: number;
  readonly queued: number;
  readonly slotsPerWorker: number;
  /** busy / ready, 0..1; 0 without workers. Saturates: rules that size a pool look at `demand`. */
  readonly utilization: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Time between ticks, ms. */
  readonly intervalMs: number;
  readonly demand: Demand;
  readonly flow: Flow;
  readonly startup: Startup;
  readonly pace: PaceMemory;
  readonly forecast?: Forecast;
  /** How much room to keep, as rehearsed on this pool's load; absent = a usual one. */
  readonly headroom?: Headroom;
  /** Below this confidence a forecast advises only, 0..1; absent = what the policy says. */
  readonly confidenceThreshold?: number;
  readonly schedule?: ScheduleState;
  readonly signals: readonly ActiveSignal[];
  /** What the pool needs and costs, and its standing among the others; absent where nothing is shared. */
  readonly terms?: PoolTerms;
  /** Present while the decisions before this one were made in an emergency. */
  readonly emergency?: EmergencyState;
}
