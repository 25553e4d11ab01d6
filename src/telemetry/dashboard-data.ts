import type { Decision } from '../core/decision.ts';
import type { PoolId, ReadingQuality } from '../core/observation.ts';
import type { ActiveSignal } from '../core/signal.ts';
import type { EmergencyState, Headroom, ScheduledAction, ScheduledPolicy, Startup } from '../core/view.ts';
import type { Fault } from '../events.ts';

/**
 * All that a dashboard shows, as plain JSON: `controller.dashboard()`. Times are epoch ms, durations end in `Ms`,
 * shares are 0..1 and end in `Ratio` or are called `utilization`, `confidence`; load and forecasts are in
 * busy-worker equivalents. What is not known is left out, or `null` within a series.
 */
export interface DashboardData {
  /** Raised when a field changes its meaning or goes; new fields do not raise it. */
  readonly version: 1;
  readonly at: number;
  /** When recording began: figures "of the last 24 h" cover less before a day has passed. */
  readonly since: number;
  readonly running: boolean;
  readonly mode: 'act' | 'recommend';
  /** Whether this instance leads, with the number of its term; absent where it is alone. */
  readonly leadership?: { readonly leader: boolean; readonly fencingToken?: number };
  /** Time between evaluations. */
  readonly intervalMs: number;
  /** The next evaluation; absent while the loop does not run. */
  readonly nextEvaluationAt?: number;
  /** All pools together. */
  readonly totals: DashboardTotals;
  readonly pools: readonly DashboardPool[];
  /** Faults whose causes last, newest first. */
  readonly faults: readonly DashboardFault[];
  /** Spans of the timetable that are still to come, by their begin; empty without schedules. */
  readonly upcoming: readonly DashboardUpcoming[];
  /** Limits that all pools share (budget, machine, signals), and what is in use; absent where nothing limits. */
  readonly budget?: readonly DashboardBudget[];
}

export interface DashboardTotals {
  /** Ready and starting. */
  readonly size: number;
  readonly ready: number;
  readonly busy: number;
  readonly queued: number;
  readonly demand: number;
  readonly cost: DashboardCost;
}

/** One pool. */
export interface DashboardPool {
  readonly id: PoolId;
  readonly status: DashboardStatus;
  /** Recent time, one point per evaluation: what a live chart shows. Absent when series were not asked for. */
  readonly recent?: DashboardSeries;
  /** The last 24 h, one point per `resolutionMs`. Absent when series were not asked for. */
  readonly day?: DashboardSeries;
  /** The forecast that stands now, for the chart's part right of now. */
  readonly ahead?: DashboardForecast;
  /** The decisions that changed the size in the last 24 h, newest first; each reads as a waterfall. */
  readonly history: readonly Decision[];
  /** Decisions whose wish was cut or put off, newest first; those that repeat the one before are left out. */
  readonly held: readonly Decision[];
  /** Of the last 24 h; absent before a forecast has met its actual. */
  readonly accuracy?: DashboardAccuracy;
  readonly efficiency: DashboardEfficiency;
  readonly cost: DashboardCost;
  /** The acting policy and its shadows beside each other; empty without shadows. */
  readonly shadows: readonly DashboardShadow[];
  /** A trial that runs: a shadow acts for a while. */
  readonly trial?: DashboardTrial;
}

/** How a pool stands now. */
export interface DashboardStatus {
  readonly policy: string;
  readonly mode: 'act' | 'recommend';
  readonly paused: boolean;
  readonly quality: ReadingQuality;
  /** Time since the pool was last observed in full. */
  readonly ageMs: number;
  /** Ready and starting. */
  readonly size: number;
  readonly ready: number;
  readonly starting: number;
  readonly draining: number;
  readonly busy: number;
  readonly queued: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** The size that the newest decision leads to. */
  readonly target: number;
  /** What the policies wanted before any constraint. */
  readonly wanted: number;
  readonly utilization: number;
  /** Demand ÷ target: what utilisation settles at when the target is reached. May exceed 1: too few workers. */
  readonly targetUtilization: number;
  readonly demand: number;
  /** Workers that can be added: maxWorkers - size. */
  readonly headroomWorkers: number;
  /** Ready workers that the load leaves idle: ready - demand, at least 0. */
  readonly idleWorkers: number;
  readonly waitTimeMs?: number;
  readonly responseTimeMs?: number;
  readonly startup: Startup;
  /** What `adaptive` keeps above the expected demand, as rehearsed on this pool's load; absent for other policies. */
  readonly headroom?: Headroom;
  /** Starts, stops, drains and resizes in flight. */
  readonly operations: number;
  /** `open`: starts are not tried for a while, as too many have failed. */
  readonly breaker: 'closed' | 'open' | 'half-open';
  readonly emergency?: EmergencyState;
  /** Signals in force. */
  readonly signals: readonly ActiveSignal[];
  /** Schedules in force. */
  readonly schedules: readonly (ScheduledAction | ScheduledPolicy)[];
  /** The newest decision, whatever it was; absent before the first. */
  readonly decision?: Decision;
  /** What happened last: a change, a hold, a fault, an operation that failed. */
  readonly lastEvent?: DashboardEvent;
}

export interface DashboardEvent {
  readonly at: number;
  readonly kind: 'scaled' | 'held' | 'fault' | 'recovered' | 'operation' | 'trial';
  /** A sentence for people. */
  readonly message: string;
}

export interface DashboardFault {
  readonly at: number;
  readonly pool?: PoolId;
  readonly source: Fault['source'];
  readonly message: string;
  /** Times it happened since it began. */
  readonly count: number;
}

/**
 * Columns of equal length, oldest first, ready for a chart. Within `day` a point stands for all ticks of
 * `resolutionMs`: sizes, demand and the band are means; `queued` and `waitMs` are the worst.
 */
export interface DashboardSeries {
  /** Time that one point stands for. */
  readonly resolutionMs: number;
  /** Epoch ms. */
  readonly at: readonly number[];
  readonly ready: readonly (number | null)[];
  readonly starting: readonly (number | null)[];
  readonly draining: readonly (number | null)[];
  readonly busy: readonly (number | null)[];
  /** The size that was decided. */
  readonly target: readonly (number | null)[];
  readonly demand: readonly (number | null)[];
  /** What had been forecast for this moment, a start-up time before it. */
  readonly forecast: readonly (number | null)[];
  readonly forecastLow: readonly (number | null)[];
  readonly forecastHigh: readonly (number | null)[];
  readonly queued: readonly (number | null)[];
  readonly waitMs: readonly (number | null)[];
}

export interface DashboardForecast {
  /** The moment that is forecast, epoch ms. */
  readonly at: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly peak: number;
  readonly peakAt: number;
  readonly confidence: number;
  readonly model: string;
}

/** How forecasts met their actuals. */
export interface DashboardAccuracy {
  /** Forecasts that have met their actual. */
  readonly count: number;
  /** Mean |predicted - actual|, workers. */
  readonly meanAbsoluteError: number;
  /** Σ|predicted - actual| ÷ Σ actual (weighted absolute percentage error); 0 = perfect. */
  readonly errorRatio: number;
  /** Mean predicted - actual, workers: positive = forecasts were too high. */
  readonly bias: number;
  /** Share whose actual lay at or below `high`. */
  readonly coveredRatio: number;
  /** Share whose actual lay within `low`..`high`: the predictive success rate. */
  readonly successRatio: number;
  readonly meanConfidence: number;
  /** The model of the newest forecast. */
  readonly model: string;
}

/** How well the size fitted the load, over the last 24 h. */
export interface DashboardEfficiency {
  readonly periodMs: number;
  /** Busy share of the ready workers' time. */
  readonly averageUtilization: number;
  /** Idle share of the time paid: ready, starting and draining. */
  readonly wasteRatio: number;
  /** 1 - ∫|ready - needed| ÷ ∫max(ready, needed), needed = demand in whole workers: 1 = always the right size. */
  readonly scalingAccuracyRatio: number;
  /** Share of the demand that found no ready worker when it came. */
  readonly lateRatio: number;
  /** Worker-hours that the load needed ÷ worker-hours paid, at most 1. */
  readonly costEfficiencyRatio: number;
  /** Absent before a forecast has met its actual; `accuracy.successRatio`. */
  readonly predictiveSuccessRatio?: number;
  /** Changes of size. */
  readonly changes: number;
}

/** What it cost over the last 24 h, against a pool of fixed size that would have served the same peak. */
export interface DashboardCost {
  readonly periodMs: number;
  readonly workerHours: number;
  /** The highest demand in whole workers, held all the time. */
  readonly staticPeakWorkerHours: number;
  /** 1 - workerHours ÷ staticPeakWorkerHours; negative = more than static. */
  readonly savedRatio: number;
  /** What one worker costs in an hour; absent where the pool's options do not say (money is then left out). */
  readonly costPerHour?: number;
  /** Money spent; in totals of the pools whose price is known. */
  readonly spend?: number;
  readonly staticPeakSpend?: number;
}

export interface DashboardUpcoming {
  /** Name of the schedule. */
  readonly by: string;
  readonly from: number;
  readonly until?: number;
  /** In words, e.g. `at least 8 workers`. */
  readonly action: string;
  readonly priority: number;
  /** Absent = all. */
  readonly pools?: readonly PoolId[];
}

export interface DashboardBudget {
  readonly resource: 'workers' | 'memory' | 'cpu' | 'network' | 'storage' | 'cost';
  /** In workers, bytes, cores, bytes per second, or money per hour. */
  readonly used: number;
  readonly total: number;
  /** Where the limit comes from. */
  readonly by: string;
}

/** One policy on the same load; the shadows' sizes, lateness and cost are modelled, not measured. */
export interface DashboardShadow {
  /** Its name among the shadows; of the acting one, the policy's name. */
  readonly name: string;
  readonly policy: string;
  /** It carries its decisions out. There is exactly one. */
  readonly acting: boolean;
  /** The size that it would hold now. */
  readonly size: number;
  /** Since the comparison began. */
  readonly periodMs: number;
  readonly workerHours: number;
  /** Share of the demand that would have found no ready worker when it came. */
  readonly lateRatio: number;
  readonly changes: number;
  /** Its worker-hours ÷ those of the acting policy. */
  readonly costRatio: number;
  readonly decision?: Decision;
}

export interface DashboardTrial {
  /** The shadow that acts. */
  readonly shadow: string;
  /** The policy that it stands in for. */
  readonly insteadOf: string;
  readonly startedAt: number;
  readonly until: number;
  /** Measured so far, and the most that was agreed. */
  readonly lateRatio: number;
  readonly maxLateRatio: number;
  readonly costRatio: number;
  readonly maxCostRatio: number;
}

/** What `dashboard()` is asked for. */
export interface DashboardQuery {
  /** Only these. Default: all. Unknown names are left out. */
  readonly pools?: readonly PoolId[];
  /** `false` leaves the series away. Default `true`. */
  readonly series?: boolean;
  /** Only points of the series after this moment, epoch ms: for live updates. Default: all. */
  readonly since?: number;
}
