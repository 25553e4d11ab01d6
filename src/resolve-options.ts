import { type Clock, systemClock } from './clock.ts';
import { type BudgetOptions, budgetSupplies, checkGuarantees } from './constraints/budget-rules.ts';
import type { PoolAdapter } from './core/adapter.ts';
import type { LoadPredictor } from './core/forecast.ts';
import type { Journal } from './core/journal.ts';
import type { PoolId, ResourceUsage } from './core/observation.ts';
import type { PoolShare, ResourceGuard } from './core/resources.ts';
import { InvalidOptionError } from './errors.ts';
import type { Pricing } from './fleet/pricing.ts';
import { type HostGuardOptions, hostGuard } from './guards/host-guard.ts';
import { checkLimits } from './guards/resource-limits.ts';
import type { Leadership } from './leadership/leadership.ts';
import { type ControllerShape, controllerSchema, interval, parse, poolSchema } from './option-schemas.ts';
import type {
  ControllerOptions,
  Intervals,
  Mode,
  PolicyLike,
  PoolOptions,
  PoolType,
  PredictiveRules,
  PredictorFactory,
} from './options.ts';
import { createPolicy } from './policies/create-policy.ts';
import { createEngine } from './policies/engine.ts';
import { followAtOnce } from './policies/follow-at-once.ts';
import type { ScalingPolicy } from './policies/policy.ts';
import type { PredictorOptions } from './predictors/predictor.ts';
import type { Schedule } from './schedule/schedule.ts';
import { createScheduler, type Scheduler } from './schedule/scheduler.ts';
import type { StateStore } from './state-store/state-store.ts';
import { resolveSignalOptions, type SignalOptions } from './triggers/signal-options.ts';
import type { LifecycleOptions } from './workers/actuator.ts';

/** What a pool's type stands for, unless the options say otherwise. */
const POLICY_BY_TYPE: Readonly<Record<PoolType, PolicyLike>> = {
  general: 'conservative',
  embedding: 'aggressive',
  generation: 'high-performance',
  classification: 'cost-optimized',
};

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
  readonly price: Pricing | undefined;
  readonly needs: ResourceUsage;
  readonly share: PoolShare;
}

export interface ResolvedPrediction {
  readonly enabled: boolean;
  readonly horizonMs: number;
  readonly retrainIntervalMs: number;
  /** The calendar that predictors live by. */
  readonly calendar: PredictorOptions;
  readonly confidenceThreshold: number | undefined;
}

export interface ResolvedOptions {
  readonly enabled: boolean;
  readonly pools: readonly ResolvedPool[];
  readonly clock: Clock;
  readonly logger: ControllerOptions['logger'] | undefined;
  readonly intervals: ResolvedIntervals;
  readonly mode: Mode;
  readonly predictor: false | PredictorFactory | LoadPredictor | undefined;
  readonly predictive: ResolvedPrediction;
  readonly guard: ResourceGuard | undefined;
  readonly budget: BudgetOptions;
  readonly signals: SignalOptions;
  /** Spikes are looked for in every pool. */
  readonly detectsSpikes: boolean;
  readonly policyByType: Readonly<Record<PoolType, PolicyLike>>;
  /** Absent where nothing is scheduled. */
  readonly scheduler: Scheduler | undefined;
  readonly observeTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly journal: Journal | undefined;
  /** Absent where this instance is alone. */
  readonly leadership: Leadership | undefined;
  /** Absent where nothing is shared. */
  readonly state: StateStore | undefined;
  readonly historySize: number;
}

/** @throws InvalidOptionError */
export function resolveOptions(given: ControllerOptions): ResolvedOptions {
  const options = parse(controllerSchema, withIntervals(given) as ControllerShape, '');
  const policyByType = { ...POLICY_BY_TYPE, ...options.policyByType };
  const pools = options.pools.map((pool, index) =>
    resolvePool(pool as PoolOptions, `pools[${index}]`, policyByType),
  );
  checkTogether(pools, options.budget ?? {});
  const intervals = resolveIntervals(options.intervalMs ?? {});
  return {
    enabled: options.enabled ?? true,
    pools,
    clock: options.clock ?? systemClock,
    logger: options.logger,
    intervals,
    mode: options.mode ?? 'act',
    predictor: options.predictor,
    predictive: resolvePrediction(options.predictive ?? {}, intervals, options.zone),
    guard: resolveGuard(options.resources),
    budget: options.budget ?? {},
    signals: resolveSignalOptions(options.signals),
    detectsSpikes: options.signals !== undefined,
    policyByType,
    scheduler: resolveScheduler(options),
    observeTimeoutMs: options.observeTimeoutMs ?? 5_000,
    stopTimeoutMs: options.stopTimeoutMs ?? 10_000,
    journal: options.journal,
    leadership: options.leadership,
    state: options.state,
    historySize: options.historySize ?? 200,
  };
}

/** @throws InvalidOptionError; `field` is where the pool stands in the options */
export function resolvePool(
  given: PoolOptions,
  field: string,
  policyByType: Readonly<Record<PoolType, PolicyLike>> = POLICY_BY_TYPE,
): ResolvedPool {
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
    type,
    price,
    needs = {},
    share = {},
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
    policy: resolvePolicy(
      policy ?? (type === undefined ? 'adaptive' : policyByType[type]),
      `${field}.policy`,
    ),
    minWorkers,
    maxWorkers,
    mode,
    lifecycle,
    predictor,
    shadows: new Map(
      Object.entries(shadows).map(([name, shadow]) => [
        name,
        resolvePolicy(shadow, `${field}.shadows.${name}`),
      ]),
    ),
    price,
    needs,
    share,
  };
}

function resolveScheduler({ schedules, zone, state }: ControllerShape): Scheduler | undefined {
  // Another instance may share some.
  const given = schedules ?? (state && []);
  if (given === undefined) return undefined;
  return 'at' in given && typeof given.at === 'function' && !Array.isArray(given)
    ? (given as Scheduler)
    : createScheduler(given as readonly Schedule[], zone === undefined ? {} : { zone });
}

/** What holds for all pools together: unique names, and guarantees that the budget can keep. @throws InvalidOptionError */
export function checkTogether(pools: readonly ResolvedPool[], budget: BudgetOptions): void {
  const ids = new Set<PoolId>();
  for (const [index, { id }] of pools.entries()) {
    if (ids.has(id)) throw new InvalidOptionError(`pools[${index}].id`, 'must be unique', id);
    ids.add(id);
  }
  const guarantees = pools.map(({ minWorkers, needs, share, price }) => ({
    minWorkers,
    needs,
    share,
    ...(price !== undefined && { costPerHour: price.perWorkerHour }),
  }));
  checkGuarantees(guarantees, budgetSupplies(budget));
}

function resolveGuard(given: ControllerOptions['resources']): ResourceGuard | undefined {
  if (given === undefined) return undefined;
  if ('sense' in given && 'judge' in given) return given;
  checkLimits(given as HostGuardOptions, 'resources');
  return hostGuard(given as HostGuardOptions);
}

function resolvePrediction(
  given: PredictiveRules,
  { slow }: ResolvedIntervals,
  zone: string | undefined,
): ResolvedPrediction {
  const { enabled = true, horizonMs = 30 * 60_000, retrainIntervalMs = Math.max(slow, 86_400_000) } = given;
  if (retrainIntervalMs < slow) {
    const rule = `must be at least the slow interval (${slow})`;
    throw new InvalidOptionError('predictive.retrainIntervalMs', rule, retrainIntervalMs);
  }
  const { holidays, weekend, confidenceThreshold } = given;
  const calendar: PredictorOptions = {
    ...(zone !== undefined && { timeZone: zone }),
    ...(holidays !== undefined && { holidays }),
    ...(weekend !== undefined && { weekend }),
  };
  return { enabled, horizonMs, retrainIntervalMs, calendar, confidenceThreshold };
}

/** One number is the fast interval. */
function withIntervals(given: ControllerOptions): unknown {
  const fast = (given as ControllerOptions | undefined)?.intervalMs;
  return typeof fast === 'number'
    ? { ...given, intervalMs: { fast: parse(interval, fast, 'intervalMs') } }
    : given;
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

/** @throws InvalidOptionError; `field` is where the policy stands in the options */
export function resolvePolicy(given: PolicyLike, field?: string): ScalingPolicy {
  if (typeof given === 'string') return within(field, () => createPolicy(given));
  if (isScalingPolicy(given)) return given;
  if (!('propose' in given)) return within(field, () => createPolicy(given));
  const named = 'name' in given;
  return {
    name: named ? given.name : 'custom',
    engine: named ? createEngine([given]) : given,
    pace: {},
    hold: followAtOnce,
    predictive: true,
  };
}

/** What is wrong with the policy of a pool is wrong with that pool. */
function within<T>(field: string | undefined, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (field === undefined || !(error instanceof InvalidOptionError)) throw error;
    const inner = error.field === 'template' ? '' : `.${error.field}`;
    throw new InvalidOptionError(`${field}${inner}`, error.rule, error.value);
  }
}

function isScalingPolicy(given: Exclude<PolicyLike, string>): given is ScalingPolicy {
  return 'engine' in given && typeof given.engine === 'object';
}
