import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import type { BudgetOptions } from './constraints/budget-rules.ts';
import type { PoolAdapter } from './core/adapter.ts';
import type { LoadPredictor } from './core/forecast.ts';
import type { Journal } from './core/journal.ts';
import type { PoolId, ResourceUsage } from './core/observation.ts';
import type { PoolShare, ResourceGuard } from './core/resources.ts';
import type { Pricing } from './fleet/pricing.ts';
import type { HostGuardOptions } from './guards/host-guard.ts';
import type { Leadership } from './leadership/leadership.ts';
import type { PolicyName, PolicyOptions } from './policies/create-policy.ts';
import type { Policy, PolicyEngine, ScalingPolicy } from './policies/policy.ts';
import type { DefaultScheduleName } from './schedule/default-schedules.ts';
import type { Schedule } from './schedule/schedule.ts';
import type { Scheduler } from './schedule/scheduler.ts';
import type { StateStore } from './state-store/state-store.ts';
import type { SignalOptions } from './triggers/signal-options.ts';
import type { LifecycleOptions } from './workers/actuator.ts';

/** `act` carries decisions out; `recommend` is a dry run: everything but the act. */
export type Mode = 'act' | 'recommend';

/** How often what happens. Milliseconds. */
export interface Intervals {
  /** Observe and decide: the reaction. Default 15,000; at least 10. */
  readonly fast?: number;
  /** Upkeep: efficiency, accuracy. Default 4 × fast (60,000). */
  readonly normal?: number;
  /** Prediction and learning: retraining, saving. Default 20 × fast (300,000). */
  readonly slow?: number;
}

/** Makes the predictor of one pool. */
export type PredictorFactory = (pool: PoolId) => LoadPredictor;

/**
 * What a pool's policy may be given as: a name, options of `createPolicy`, its result, one rule, or an engine. A bare
 * rule or engine is followed at once, without cooldowns: its proposals are the whole policy.
 */
export type PolicyLike = PolicyName | PolicyOptions | ScalingPolicy | Policy | PolicyEngine;

/** Kinds of pools that have a policy of their own by default. */
export type PoolType = 'general' | 'embedding' | 'generation' | 'classification';

/** When forecasts are made, and how far they are followed. */
export interface PredictiveRules {
  /** `false` = no forecasts for any pool. Default `true`: for pools whose policy is predictive. */
  readonly enabled?: boolean;
  /** Longest time ahead that a forecast looks for a pool's size, ms. Default 1,800,000 (30 min); it looks as far as a start-up takes, at most this. */
  readonly horizonMs?: number;
  /** Below this confidence a forecast advises only. 0..1; default: what each policy says, 0.8. */
  readonly confidenceThreshold?: number;
  /** How often a predictor is retrained, ms. Default 86,400,000 (daily). At least the slow interval. */
  readonly retrainIntervalMs?: number;
  /** Local dates (`2026-12-25`) that are like no workday, in `zone`. Default: none. */
  readonly holidays?: readonly string[];
  /** Days that are like no workday, 0 = Sunday … 6 = Saturday. Default Saturday and Sunday. */
  readonly weekend?: readonly number[];
}

/** One pool to keep at the right size. */
export interface PoolOptions {
  /** Unique name, for decisions, events and logs. */
  readonly id: PoolId;
  readonly adapter: PoolAdapter;
  /**
   * A template's name (`adaptive`, `conservative`, `aggressive`, `cost-optimized`, `high-performance`), options of
   * `createPolicy`, or a policy of one's own. Default: that of the pool's `type`, else `adaptive`, which needs no tuning.
   */
  readonly policy?: PolicyLike;
  /** What kind of work it does: a policy by `policyByType` where it has none of its own. Default: none. */
  readonly type?: PoolType;
  /** Fewest workers, ready and starting. An integer, 0 or more; 0 lets the pool sleep. Default 1. */
  readonly minWorkers?: number;
  /** Most workers. An integer, at least minWorkers and 1. Default 20. */
  readonly maxWorkers?: number;
  /** Overrides the controller's mode for this pool. */
  readonly mode?: Mode;
  /** How workers are started and stopped: deadlines, retries, what happens when a drain takes too long. */
  readonly lifecycle?: LifecycleOptions;
  /** Overrides the controller's predictor for this pool; `false` = no forecasts. */
  readonly predictor?: false | PredictorFactory | LoadPredictor;
  /**
   * Policies that decide beside the acting one, by name, and are never followed: on the pool's load, with a memory and
   * a modelled size of their own. Compared in `dashboard()`; `promote` lets one act.
   */
  readonly shadows?: Readonly<Record<string, PolicyLike>>;
  /** What one worker costs: money in any one currency, the same for all pools. Default: not known. */
  readonly price?: Pricing;
  /** What one worker needs, where it is known; the rest is learned from what workers are seen to use. */
  readonly needs?: ResourceUsage;
  /** Standing among the pools that share a budget or a machine. Default: priority 0, weight 1, one worker guaranteed. */
  readonly share?: PoolShare;
}

/** All options of a `ScalingController`. */
export interface ControllerOptions {
  /** `false`: `start()` does nothing, so that a deployment can be switched off by its configuration. Default `true`. */
  readonly enabled?: boolean;
  readonly pools: readonly PoolOptions[];
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** A pino logger, or anything with its `info`, `warn` and `debug`. Default: silent. */
  readonly logger?: Pick<Logger, 'info' | 'warn' | 'debug'>;
  /** One number = the fast interval; the others follow from it. Default 15,000. */
  readonly intervalMs?: number | Intervals;
  /** Default `act`. */
  readonly mode?: Mode;
  /**
   * `false` = no forecasts. Default: flyball's own, one for each pool whose policy is predictive. An object serves all
   * pools, so give a factory where there are several.
   */
  readonly predictor?: false | PredictorFactory | LoadPredictor;
  readonly predictive?: PredictiveRules;
  /**
   * What there is for workers: limits that stand beside those of this machine (its control group's before its own),
   * `{}` = just this machine's, or a guard of one's own. Default: nothing is judged.
   */
  readonly resources?: HostGuardOptions | ResourceGuard;
  /** What all pools together may take. Default: no limit. */
  readonly budget?: BudgetOptions;
  /**
   * When signals lead to what. Given, also `{}`, spikes are detected in all pools; otherwise only in pools whose policy
   * has emergency rules. Rate limits and failing jobs are always looked at.
   */
  readonly signals?: SignalOptions;
  /**
   * Policies of pools that name a `type` and no policy. Default: general → conservative, embedding → aggressive,
   * generation → high-performance, classification → cost-optimized.
   */
  readonly policyByType?: Readonly<Partial<Record<PoolType, PolicyLike>>>;
  /**
   * When which sizes are wanted: cron windows, time rules, one-time events, or names of the default schedules. Or a
   * scheduler: one of `createScheduler`, whose timetable may be changed while it runs, or one's own.
   */
  readonly schedules?: readonly (Schedule | DefaultScheduleName)[] | Scheduler;
  /** IANA zone of schedules that name none, and of the days that forecasts learn, e.g. `Europe/Berlin`. Default `UTC`. */
  readonly zone?: string;
  /** How long one `observe` may take. Milliseconds; default 5,000. */
  readonly observeTimeoutMs?: number;
  /** How long `stop()` waits for operations in flight before it calls them off. Milliseconds; default 10,000. */
  readonly stopTimeoutMs?: number;
  /** Keeps the record of every tick: `memoryJournal`, `fileJournal`, or one's own. Default: none. */
  readonly journal?: Journal;
  /**
   * Which of several instances acts, e.g. `redisLeadership`; the others observe, learn and decide. Default: this one, alone.
   */
  readonly leadership?: Leadership;
  /**
   * What instances share, and what a restart must not forget: `memoryState`, `fileState`, `redisState`, or one's own. Kept
   * are what pools have learned, their last changes, signals in force, and schedules changed at run time. It stays the
   * host's to close. Default: none; each instance knows what it has seen itself.
   */
  readonly state?: StateStore;
  /** Changes of size that are kept per pool for `history()`. Default 200. */
  readonly historySize?: number;
}
