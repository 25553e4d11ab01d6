import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { BudgetOptions } from './constraints/budget-rules.ts';
import type { PoolAdapter } from './core/adapter.ts';
import type { LoadPredictor } from './core/forecast.ts';
import type { Journal } from './core/journal.ts';
import type { ResourceUsage } from './core/observation.ts';
import type { PoolShare } from './core/resources.ts';
import { InvalidOptionError } from './errors.ts';
import type { Pricing } from './fleet/pricing.ts';
import type {
  ControllerOptions,
  Intervals,
  PolicyLike,
  PoolOptions,
  PredictiveRules,
  PredictorFactory,
} from './options.ts';
import type { SignalOptions } from './triggers/signal-options.ts';
import type { LifecycleOptions } from './workers/actuator.ts';

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
const amount = z
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

const ratio = z
  .number({ error: 'must be a number' })
  .min(0, { error: 'must not be negative' })
  .max(1, { error: 'must be at most 1' });
const poolType = z.enum(['general', 'embedding', 'generation', 'classification'], {
  error: 'must be general, embedding, generation or classification',
});

const priceSchema: z.ZodType<Pricing, Pricing> = z.strictObject({
  perWorkerHour: amount,
  billingMs: optional(amount),
  startCost: optional(amount),
  latenessCost: optional(amount),
});

const needsSchema: z.ZodType<ResourceUsage, ResourceUsage> = z.strictObject({
  memoryBytes: optional(amount),
  cpuCores: optional(amount),
  networkBytesPerSecond: optional(amount),
  storageBytes: optional(amount),
});

const shareSchema: z.ZodType<PoolShare, PoolShare> = z.strictObject({
  priority: optional(z.number({ error: 'must be a number' })),
  weight: optional(amount.positive({ error: 'must be above 0' })),
  guaranteedWorkers: optional(count),
});

const limit = amount.positive({ error: 'must be above 0' });
const budgetSchema: z.ZodType<BudgetOptions, BudgetOptions> = z.strictObject({
  maxWorkers: optional(count.min(1, { error: 'must be at least 1' })),
  maxMemoryBytes: optional(limit),
  maxCpuCores: optional(limit),
  maxCostPerHour: optional(limit),
  maxCostPerDay: optional(limit),
});

const signalsSchema: z.ZodType<SignalOptions, SignalOptions> = z.strictObject({
  spikeThreshold: optional(ratio),
  emergencyThreshold: optional(ratio),
  emergencyMagnitude: optional(ratio),
  throttleRatio: optional(ratio),
  rateLimitRatio: optional(ratio),
  errorRatio: optional(ratio),
  errorFactor: optional(amount.min(1, { error: 'must be 1 or more' })),
  durationMs: optional(milliseconds),
  emergencyDurationMs: optional(milliseconds),
  costDurationMs: optional(milliseconds),
});

const predictiveSchema: z.ZodType<PredictiveRules, PredictiveRules> = z.strictObject({
  enabled: optional(z.boolean({ error: 'must be true or false' })),
  horizonMs: optional(milliseconds),
  retrainIntervalMs: optional(milliseconds),
});

const resourcesSchema = z.custom<NonNullable<ControllerOptions['resources']>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be limits, or a guard with sense() and judge()' },
);

export const poolSchema: z.ZodType<PoolOptions, PoolOptions> = z.strictObject({
  id,
  adapter: adapterSchema,
  policy: optional(policySchema),
  minWorkers: optional(count),
  maxWorkers: optional(count.min(1, { error: 'must be at least 1' })),
  mode: optional(modeSchema),
  lifecycle: optional(lifecycleSchema),
  predictor: optional(predictorSchema),
  shadows: optional(z.record(id, policySchema, { error: 'must be policies by name' })),
  type: optional(poolType),
  price: optional(priceSchema),
  needs: optional(needsSchema),
  share: optional(shareSchema),
});

const schedulesSchema = z.custom<NonNullable<ControllerOptions['schedules']>>(
  (value) => Array.isArray(value) || port('', (has) => has('at', 'nextChange')).safeParse(value).success,
  { error: 'must be a list of schedules, or a scheduler with at() and nextChange()' },
);

/** All options of a controller but its pools, which are checked one by one so that errors name them. */
export type ControllerShape = Omit<ControllerOptions, 'pools' | 'intervalMs'> & {
  readonly pools: readonly unknown[];
  readonly intervalMs?: Intervals;
};

export const controllerSchema: z.ZodType<ControllerShape, ControllerShape> = z.strictObject({
  enabled: optional(z.boolean({ error: 'must be true or false' })),
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
  predictive: optional(predictiveSchema),
  resources: optional(resourcesSchema),
  budget: optional(budgetSchema),
  signals: optional(signalsSchema),
  policyByType: optional(
    z.partialRecord(poolType, policySchema, { error: 'must be policies by type of pool' }),
  ),
  schedules: optional(schedulesSchema),
  zone: optional(z.string({ error: 'must be an IANA time zone' })),
  observeTimeoutMs: optional(milliseconds),
  stopTimeoutMs: optional(milliseconds),
  journal: optional(port<Journal>('must have append() and read()', (has) => has('append', 'read'))),
  historySize: optional(count),
});

/** The first broken rule as an error that names the field as the caller wrote it. */
export function parse<T>(schema: z.ZodType<T>, given: unknown, field: string): T {
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
