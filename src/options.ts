import type { Logger } from 'pino';
import { z } from 'zod';
import { type Clock, systemClock } from './clock.ts';
import type { PoolAdapter } from './core/adapter.ts';
import type { LoadPredictor } from './core/forecast.ts';
import type { Journal } from './core/journal.ts';
import type { PoolId } from './core/observation.ts';
import { InvalidOptionError } from './errors.ts';
import { createPolicy, type PolicyName, type PolicyOptions } from './policies/create-policy.ts';
import { createEngine } from './policies/engine.ts';
import type { HoldRules, Policy, PolicyEngine, ScalingPolicy } from './policies/policy.ts';
import type { DefaultScheduleName } from './schedule/default-schedules.ts';
import type { Schedule } from './schedule/schedule.ts';
import { createScheduler, type Scheduler } from './schedule/scheduler.ts';
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

/** One pool to keep at the right size. */
export interface PoolOptions {
  /** Unique name, for decisions, events and logs. */
  readonly id: PoolId;
  readonly adapter: PoolAdapter;
  /**
   * A template's name (`adaptive`, `conservative`, `aggressive`, `cost-optimized`, `high-performance`), options of
   * `createPolicy`, or a policy of one's own. Default `adaptive`, which needs no tuning.
   */
  readonly policy?: PolicyLike;
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
  /** What one worker costs in an hour, in any one currency. 0 or more. Default: unknown. */
  readonly costPerHour?: number;
}

/** All options of a `ScalingController`. */
export interface ControllerOptions {
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
  /**
   * When which sizes are wanted: cron windows, time rules, one-time events, or names of the default schedules. Or a
   * scheduler: one of `createScheduler`, whose timetable may be changed while it runs, or one's own.
   */
  readonly schedules?: readonly (Schedule | DefaultScheduleName)[] | Scheduler;
  /** IANA zone of schedules that name none, e.g. `Europe/Berlin`. Default `UTC`. */
  readonly zone?: string;
  /** How long one `observe` may take. Milliseconds; default 5,000. */
  readonly observeTimeoutMs?: number;
  /** How long `stop()` waits for operations in flight before it calls them off. Milliseconds; default 10,000. */
  readonly stopTimeoutMs?: number;
  /** Keeps the record of every tick: `memoryJournal`, `fileJournal`, or one's own. Default: none. */
  readonly journal?: Journal;
  /** Changes of size that are kept per pool for `history()`. Default 200. */
  readonly historySize?: number;
}

export interface ResolvedIntervals {
  readonly fast: number;
  readonly normal: number;
  readonly slow: number;
}

export interface ResolvedPool {
  readonly id: PoolId;
  readonly adapter: PoolAdapter;
  readonly policy: ScalingPolicy;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly mode: Mode | undefined;
  readonly lifecycle: LifecycleOptions;
  readonly predictor: false | PredictorFactory | LoadPredictor | undefined;
  readonly shadows: ReadonlyMap<string, ScalingPolicy>;
  readonly costPerHour: number | undefined;
}

export interface ResolvedOptions {
  readonly pools: readonly ResolvedPool[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'> | undefined;
  readonly intervals: ResolvedIntervals;
  readonly mode: Mode;
  readonly predictor: false | PredictorFactory | LoadPredictor | undefined;
  /** Absent where nothing is scheduled. */
  readonly scheduler: Scheduler | undefined;
  readonly observeTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly journal: Journal | undefined;
  readonly historySize: number;
}

/**
 * A field that may be left out. `undefined` is taken as left out too: callers in plain JavaScript write it, while
 * the hand-written types (exactOptionalPropertyTypes) need not allow it.
 */
function optional<T extends z.ZodType>(schema: T): z.ZodExactOptional<T> {
  return schema.optional() as unknown as z.ZodExactOptional<T>;
}

/** An object of the host's with methods: checked for the methods, passed on as it is. */
function port<T>(
  rule: string,
  accepts: (has: (...methods: string[]) => boolean) => boolean,
): z.ZodType<T, T> {
  const check = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    const object = value as Record<string, unknown>;
    return accepts((...methods) => methods.every((method) => typeof object[method] === 'function'));
  };
  return z.custom<T>(check, { error: rule });
}

const milliseconds = z
  .number({ error: 'must be a number of milliseconds' })
  .positive({ error: 'must be above 0' })
  .max(Number.MAX_SAFE_INTEGER, { error: 'must be finite' });
const interval = milliseconds.min(10, { error: 'must be at least 10 ms' });
const count = z
  .number({ error: 'must be a number' })
  .int({ error: 'must be an integer' })
  .min(0, { error: 'must not be negative' })
  .max(1_000_000, { error: 'must be at most 1,000,000' });
const id = z.string({ error: 'must be a string' }).min(1, { error: 'must not be empty' });
const money = z
  .number({ error: 'must be a number' })
  .min(0, { error: 'must not be negative' })
  .max(Number.MAX_VALUE, { error: 'must be finite' });
const modeSchema = z.enum(['act', 'recommend'], { error: "must be 'act' or 'recommend'" });

const adapterSchema = port<PoolAdapter>(
  'must be an adapter: observe() with startWorker() and stopWorker(), or observe() with scaleTo()',
  (has) => has('observe') && (has('startWorker', 'stopWorker') || has('scaleTo')),
);

const predictorSchema = z.custom<false | PredictorFactory | LoadPredictor>(
  (value) =>
    value === false ||
    typeof value === 'function' ||
    port('', (has) => has('observe', 'forecast')).safeParse(value).success,
  { error: 'must be false, a predictor with observe() and forecast(), or a function that makes one' },
);

const policySchema = z.custom<PolicyLike>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
  { error: 'must be the name of a policy, options for one, or an object with propose()' },
);

const lifecycleSchema: z.ZodType<LifecycleOptions, LifecycleOptions> = z.strictObject({
  startTimeoutMs: optional(milliseconds),
  emergencyStartTimeoutMs: optional(milliseconds),
  longestStartMs: optional(milliseconds),
  assumedStartupMs: optional(milliseconds),
  drainTimeoutMs: optional(milliseconds),
  removalTimeoutMs: optional(milliseconds),
  onDrainTimeout: optional(z.enum(['wait', 'stop'], { error: "must be 'wait' or 'stop'" })),
  visibilityGraceMs: optional(milliseconds),
  retryDelayMs: optional(milliseconds),
  retryDelayMaxMs: optional(milliseconds),
  breakerThreshold: optional(count.min(1, { error: 'must be at least 1' })),
  breakerOpenMs: optional(milliseconds),
  breakerOpenMaxMs: optional(milliseconds),
  scaleTimeoutMs: optional(milliseconds),
  adoptAfterMs: optional(milliseconds),
});

const intervalsSchema: z.ZodType<Intervals, Intervals> = z.strictObject(
  { fast: optional(interval), normal: optional(interval), slow: optional(interval) },
  { error: 'must be a number of milliseconds, or { fast, normal, slow }' },
);

const poolSchema: z.ZodType<PoolOptions, PoolOptions> = z.strictObject({
  id,
  adapter: adapterSchema,
  policy: optional(policySchema),
  minWorkers: optional(count),
  maxWorkers: optional(count.min(1, { error: 'must be at least 1' })),
  mode: optional(modeSchema),
  lifecycle: optional(lifecycleSchema),
  predictor: optional(predictorSchema),
  shadows: optional(z.record(id, policySchema, { error: 'must be policies by name' })),
  costPerHour: optional(money),
});

const schedulesSchema = z.custom<NonNullable<ControllerOptions['schedules']>>(
  (value) => Array.isArray(value) || port('', (has) => has('at', 'nextChange')).safeParse(value).success,
  { error: 'must be a list of schedules, or a scheduler with at() and nextChange()' },
);

const controllerSchema = z.strictObject({
  pools: z.array(z.unknown(), { error: 'must be a list of pools' }),
  clock: optional(
    port<Clock>('must have now(), monotonic() and sleep()', (has) => has('now', 'monotonic', 'sleep')),
  ),
  logger: optional(
    port<NonNullable<ControllerOptions['logger']>>('must have info(), warn() and debug()', (has) =>
      has('info', 'warn', 'debug'),
    ),
  ),
  intervalMs: optional(intervalsSchema),
  mode: optional(modeSchema),
  predictor: optional(predictorSchema),
  schedules: optional(schedulesSchema),
  zone: optional(z.string({ error: 'must be an IANA time zone' })),
  observeTimeoutMs: optional(milliseconds),
  stopTimeoutMs: optional(milliseconds),
  journal: optional(port<Journal>('must have append() and read()', (has) => has('append', 'read'))),
  historySize: optional(count),
});

/** @throws InvalidOptionError */
export function resolveOptions(given: ControllerOptions): ResolvedOptions {
  const options = parse(controllerSchema, withIntervals(given), '');
  const pools = options.pools.map((pool, index) => resolvePool(pool as PoolOptions, `pools[${index}]`));
  const ids = new Set<PoolId>();
  for (const [index, { id }] of pools.entries()) {
    if (ids.has(id)) throw new InvalidOptionError(`pools[${index}].id`, 'must be unique', id);
    ids.add(id);
  }
  return {
    pools,
    clock: options.clock ?? systemClock,
    logger: options.logger,
    intervals: resolveIntervals(options.intervalMs ?? {}),
    mode: options.mode ?? 'act',
    predictor: options.predictor,
    scheduler: resolveScheduler(options.schedules, options.zone),
    observeTimeoutMs: options.observeTimeoutMs ?? 5_000,
    stopTimeoutMs: options.stopTimeoutMs ?? 10_000,
    journal: options.journal,
    historySize: options.historySize ?? 200,
  };
}

/** @throws InvalidOptionError; `field` is where the pool stands in the options */
export function resolvePool(given: PoolOptions, field: string): ResolvedPool {
  const {
    id,
    adapter,
    policy,
    minWorkers = 1,
    maxWorkers = 20,
    mode,
    lifecycle = {},
    predictor,
    shadows = {},
    costPerHour,
  } = parse(poolSchema, given, field);
  if (maxWorkers < minWorkers) {
    throw new InvalidOptionError(
      `${field}.maxWorkers`,
      `must be at least minWorkers (${minWorkers})`,
      maxWorkers,
    );
  }
  return {
    id,
    adapter,
    policy: resolvePolicy(policy ?? 'adaptive'),
    minWorkers,
    maxWorkers,
    mode,
    lifecycle,
    predictor,
    shadows: new Map(Object.entries(shadows).map(([name, shadow]) => [name, resolvePolicy(shadow)])),
    costPerHour,
  };
}

function resolveScheduler(
  given: ControllerOptions['schedules'],
  zone: string | undefined,
): Scheduler | undefined {
  if (given === undefined) return undefined;
  return 'at' in given && typeof given.at === 'function' && !Array.isArray(given)
    ? (given as Scheduler)
    : createScheduler(given as readonly Schedule[], zone === undefined ? {} : { zone });
}

/** One number is the fast interval. */
function withIntervals(given: ControllerOptions): unknown {
  const fast = (given as ControllerOptions | undefined)?.intervalMs;
  return typeof fast === 'number' ? { ...given, intervalMs: { fast } } : given;
}

function resolveIntervals({
  fast = 15_000,
  normal = 4 * fast,
  slow = 20 * fast,
}: Intervals): ResolvedIntervals {
  if (normal < fast)
    throw new InvalidOptionError('intervalMs.normal', `must be at least fast (${fast})`, normal);
  if (slow < normal)
    throw new InvalidOptionError('intervalMs.slow', `must be at least normal (${normal})`, slow);
  return { fast, normal, slow };
}

/** Hold rules that let every proposal through. */
const followAtOnce: HoldRules = {
  upToleranceRatio: 0,
  downToleranceRatio: 0,
  upCooldownMs: 0,
  downCooldownMs: 0,
  upStabilizationMs: 0,
  downStabilizationMs: 0,
  reversalsPerHour: Number.POSITIVE_INFINITY,
};

/** @throws InvalidOptionError */
export function resolvePolicy(given: PolicyLike): ScalingPolicy {
  if (typeof given === 'string') return createPolicy(given);
  if (isScalingPolicy(given)) return given;
  if (!('propose' in given)) return createPolicy(given);
  const named = 'name' in given;
  return {
    name: named ? given.name : 'custom',
    engine: named ? createEngine([given]) : given,
    pace: {},
    hold: followAtOnce,
    predictive: true,
  };
}

function isScalingPolicy(given: Exclude<PolicyLike, string>): given is ScalingPolicy {
  return 'engine' in given && typeof given.engine === 'object';
}

/** The first broken rule as an error that names the field as the caller wrote it. */
function parse<T>(schema: z.ZodType<T>, given: unknown, field: string): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  const path = [...issue.path];
  let rule = issue.message;
  if (issue.code === 'unrecognized_keys') {
    path.push(issue.keys[0] as string);
    rule = 'is not an option';
  } else if (issue.code === 'invalid_type' && issue.expected === 'object' && issue.path.length === 0) {
    rule = 'must be an object';
  }
  const value = path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  );
  throw new InvalidOptionError(pathOf(field, path) || 'options', rule, value);
}

function pathOf(field: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((at, key) => {
    if (typeof key === 'number') return `${at}[${key}]`;
    return at === '' ? String(key) : `${at}.${String(key)}`;
  }, field);
}
