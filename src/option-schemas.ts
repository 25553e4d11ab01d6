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
import type { Leadership } from './leadership/leadership.ts';
import type {
  ControllerOptions,
  Intervals,
  PolicyLike,
  PoolOptions,
  PredictiveRules,
  PredictorFactory,
} from './options.ts';
import type { StateStore } from './state-store/state-store.ts';
import type { SignalOptions } from './triggers/signal-options.ts';
import type { LifecycleOptions } from './workers/actuator.ts';

/**
 * A field that may be left out. `undefined` is taken as left out too: callers in plain JavaScript write it, while
 * the hand-written types (exactOptionalPropertyTypes) need not allow it. The description, with unit, range and default,
 * is what an editor shows.
 */
function optional<T extends z.ZodType>(schema: T, description: string): z.ZodExactOptional<T> {
  return schema.describe(description).optional() as unknown as z.ZodExactOptional<T>;
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
/** How often something happens. */
export const interval: z.ZodNumber = milliseconds.min(10, { error: 'must be at least 10 ms' });
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

const adapterSchema = z.custom<PoolAdapter>((value) => missingIn(value) === undefined, {
  error: ({ input }) => {
    const missing = missingIn(input);
    const rule =
      'must be an adapter: observe() with startWorker() and stopWorker(), or observe() with scaleTo()';
    return missing === undefined || missing === '' ? rule : `${rule}; it has no ${missing}()`;
  },
});

/** The method that an adapter lacks, `''` where it is nothing like one, `undefined` where it has all. */
function missingIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return '';
  const has = (method: string): boolean => typeof (value as Record<string, unknown>)[method] === 'function';
  const scales = has('scaleTo') || (has('startWorker') && has('stopWorker'));
  if (has('observe') && scales) return undefined;
  if (scales) return 'observe';
  if (!has('startWorker') && !has('stopWorker')) return has('observe') ? 'scaleTo' : '';
  return ['observe', 'startWorker', 'stopWorker'].find((method) => !has(method));
}

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
  startTimeoutMs: optional(milliseconds, 'Time that one start gets. Milliseconds, above 0; default 30,000.'),
  emergencyStartTimeoutMs: optional(
    milliseconds,
    'Time that one start gets in an emergency. Milliseconds, above 0; default 15,000.',
  ),
  longestStartMs: optional(
    milliseconds,
    'A start is given up after this, whatever the pool reports. Milliseconds, above 0; default 1,800,000.',
  ),
  assumedStartupMs: optional(
    milliseconds,
    'Start-up time assumed until the first start has shown one. Milliseconds, above 0; default 60,000.',
  ),
  drainTimeoutMs: optional(
    milliseconds,
    'Time that a worker gets to end its jobs. Milliseconds, above 0; default 30,000.',
  ),
  removalTimeoutMs: optional(
    milliseconds,
    'Time for one removal, its drain and its stop. Milliseconds, above 0; default 60,000.',
  ),
  onDrainTimeout: optional(
    z.enum(['wait', 'stop'], { error: "must be 'wait' or 'stop'" }),
    'What happens to a worker that is busy at its drain deadline: wait or stop. Default wait.',
  ),
  visibilityGraceMs: optional(
    milliseconds,
    'How long an observation may lag behind a call that has settled. Milliseconds, above 0; default 30,000.',
  ),
  retryDelayMs: optional(
    milliseconds,
    'Time to the first retry of what failed; doubles. Milliseconds, above 0; default 1,000.',
  ),
  retryDelayMaxMs: optional(
    milliseconds,
    'Longest time between two retries. Milliseconds, above 0; default 60,000.',
  ),
  breakerThreshold: optional(
    count.min(1, { error: 'must be at least 1' }),
    'Failures in a row that open the circuit breaker. 1 or more; default 5.',
  ),
  breakerOpenMs: optional(
    milliseconds,
    'Time that the breaker stays open before a probe. Milliseconds, above 0; default 30,000.',
  ),
  breakerOpenMaxMs: optional(
    milliseconds,
    'Longest time that the breaker stays open; it doubles. Milliseconds, above 0; default 300,000.',
  ),
  scaleTimeoutMs: optional(
    milliseconds,
    'Time within which an orchestrator must accept a size. Milliseconds, above 0; default 30,000.',
  ),
  adoptAfterMs: optional(
    milliseconds,
    'A size set by someone else is adopted after this. Milliseconds, above 0; default 120,000.',
  ),
});

const intervalsSchema: z.ZodType<Intervals, Intervals> = z.strictObject(
  {
    fast: optional(interval, 'Observe and decide. Milliseconds, 10 or more; default 15,000.'),
    normal: optional(
      interval,
      'Upkeep: efficiency, spending, weights. Milliseconds, at least fast; default 4 x fast.',
    ),
    slow: optional(interval, 'Learning. Milliseconds, at least normal; default 20 x fast.'),
  },
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
  perWorkerHour: amount.describe('Price of one worker for an hour. Money, 0 or more.'),
  billingMs: optional(
    amount,
    'A period begun is paid in full. Milliseconds, 0 or more; default 0 = as used.',
  ),
  startCost: optional(amount, 'What a start costs besides. Money, 0 or more; default 0.'),
  latenessCost: optional(
    amount,
    'What an hour of work costs when it is done late. Money, 0 or more; default 0 = not known.',
  ),
});

const needsSchema: z.ZodType<ResourceUsage, ResourceUsage> = z.strictObject({
  memoryBytes: optional(amount, 'Memory of one worker. Bytes, 0 or more; default: learned.'),
  cpuCores: optional(amount, 'CPU of one worker. Cores, 0 or more; default: learned.'),
  networkBytesPerSecond: optional(
    amount,
    'Network traffic of one worker. Bytes per second, 0 or more; default: learned.',
  ),
  storageBytes: optional(amount, 'Storage of one worker. Bytes, 0 or more; default: learned.'),
});

const shareSchema: z.ZodType<PoolShare, PoolShare> = z.strictObject({
  priority: optional(
    z.number({ error: 'must be a number' }),
    'Higher is served first, and cut last. Any number; default 0.',
  ),
  weight: optional(
    amount.positive({ error: 'must be above 0' }),
    'Part among equals of one priority. Above 0; default 1.',
  ),
  guaranteedWorkers: optional(
    count,
    'Workers that the pool is owed whenever it needs them. An integer, 0 or more; default 1.',
  ),
});

const limit = amount.positive({ error: 'must be above 0' });
const budgetSchema: z.ZodType<BudgetOptions, BudgetOptions> = z.strictObject({
  maxWorkers: optional(
    count.min(1, { error: 'must be at least 1' }),
    'Most workers of all pools together. An integer, 1 or more; default: no limit.',
  ),
  maxMemoryBytes: optional(limit, 'Most memory of all pools together. Bytes, above 0; default: no limit.'),
  maxCpuCores: optional(limit, 'Most CPU of all pools together. Cores, above 0; default: no limit.'),
  maxCostPerHour: optional(limit, 'Most money per hour. Above 0; default: no limit.'),
  maxCostPerDay: optional(limit, 'Most money in 24 h. Above 0; default: no limit.'),
});

const signalsSchema: z.ZodType<SignalOptions, SignalOptions> = z.strictObject({
  spikeThreshold: optional(ratio, 'Score from which a spike is detected. 0..1; default 0.7.'),
  emergencyThreshold: optional(
    ratio,
    'Score from which a detected spike is an emergency. 0..1; default 0.9.',
  ),
  emergencyMagnitude: optional(
    ratio,
    'Magnitude above which a raised spike is an emergency. 0..1; default 0.8.',
  ),
  throttleRatio: optional(
    ratio,
    'Used share of a rate limit above which throttling is advised. 0..1; default 0.7.',
  ),
  rateLimitRatio: optional(
    ratio,
    'Used share of a rate limit above which the pool is cut. 0..1; default 0.9.',
  ),
  errorRatio: optional(ratio, 'Failed share of the jobs below which no alarm is raised. 0..1; default 0.1.'),
  errorFactor: optional(
    amount.min(1, { error: 'must be 1 or more' }),
    'Failed share against the usual one from which an alarm is raised. 1 or more; default 2.',
  ),
  durationMs: optional(
    milliseconds,
    'How long signals last unless raised again. Milliseconds, above 0; default 300,000.',
  ),
  emergencyDurationMs: optional(
    milliseconds,
    'How long emergencies last unless raised again. Milliseconds, above 0; default 600,000.',
  ),
  costDurationMs: optional(
    milliseconds,
    'How long a cost threshold lasts unless raised again. Milliseconds, above 0; default 3,600,000.',
  ),
});

const predictiveSchema: z.ZodType<PredictiveRules, PredictiveRules> = z.strictObject({
  enabled: optional(
    z.boolean({ error: 'must be true or false' }),
    'false = no forecasts for any pool. Default true.',
  ),
  horizonMs: optional(
    milliseconds,
    'Longest time ahead that a forecast looks. Milliseconds, above 0; default 1,800,000.',
  ),
  confidenceThreshold: optional(
    ratio,
    'Below this confidence a forecast advises only. 0..1; default: what each policy says, 0.8.',
  ),
  retrainIntervalMs: optional(
    milliseconds,
    'How often predictors are retrained. Milliseconds, at least the slow interval; default 86,400,000.',
  ),
  holidays: optional(
    z.array(z.iso.date({ error: 'must be a date like 2026-12-25' }), { error: 'must be a list of dates' }),
    'Local dates like 2026-12-25 that are like no workday. Default: none.',
  ),
  weekend: optional(
    z.array(z.number().int().min(0).max(6), { error: 'must be weekdays, 0 = Sunday to 6 = Saturday' }),
    'Days that are like no workday, 0 = Sunday to 6 = Saturday. Default: Saturday and Sunday.',
  ),
});

const resourcesSchema = z.custom<NonNullable<ControllerOptions['resources']>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be limits, or a guard with sense() and judge()' },
);

export const poolSchema: z.ZodType<PoolOptions, PoolOptions> = z.strictObject({
  id: id.describe('Unique name of the pool.'),
  adapter: adapterSchema.describe("The host's pool; given in code."),
  policy: optional(
    policySchema,
    'A name (adaptive, conservative, aggressive, cost-optimized, high-performance) or options of createPolicy. Default: by type, else adaptive.',
  ),
  minWorkers: optional(count, 'Fewest workers. An integer, 0 or more; default 1.'),
  maxWorkers: optional(
    count.min(1, { error: 'must be at least 1' }),
    'Most workers. An integer, 1 or more and at least minWorkers; default 20.',
  ),
  mode: optional(modeSchema, 'act, or recommend for a dry run. Default act.'),
  lifecycle: optional(lifecycleSchema, 'How workers are started and stopped.'),
  predictor: optional(
    predictorSchema,
    'false = no forecasts. Default: one for each pool whose policy is predictive.',
  ),
  shadows: optional(
    z.record(id, policySchema, { error: 'must be policies by name' }),
    'Policies by name that decide beside the acting one and are never followed. Default: none.',
  ),
  type: optional(
    poolType,
    'What kind of work the pool does: it then has that policy of policyByType. Default: none.',
  ),
  price: optional(priceSchema, 'What one worker costs, money in any one currency. Default: not known.'),
  needs: optional(needsSchema, 'What one worker needs. Default: learned.'),
  share: optional(shareSchema, 'Standing among the pools that share a budget or a machine.'),
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
  enabled: optional(
    z.boolean({ error: 'must be true or false' }),
    'false: start() does nothing. Default true.',
  ),
  pools: z.array(z.unknown(), { error: 'must be a list of pools' }),
  clock: optional(
    port<Clock>('must have now(), monotonic() and sleep()', (has) => has('now', 'monotonic', 'sleep')),
    'Default: the clock of the machine.',
  ),
  logger: optional(
    port<NonNullable<ControllerOptions['logger']>>('must have info(), warn() and debug()', (has) =>
      has('info', 'warn', 'debug'),
    ),
    'A pino logger. Default: silent.',
  ),
  intervalMs: optional(
    intervalsSchema,
    'How often what happens: the fast interval in milliseconds (10 or more; default 15,000), or { fast, normal, slow }.',
  ),
  mode: optional(modeSchema, 'act, or recommend for a dry run. Default act.'),
  predictor: optional(
    predictorSchema,
    'false = no forecasts. Default: one for each pool whose policy is predictive.',
  ),
  predictive: optional(predictiveSchema, 'When forecasts are made, and how far they look.'),
  resources: optional(
    resourcesSchema,
    'Limits beside those of this machine (maxTotalWorkers, maxMemoryBytes, maxCpuCores, maxNetworkBytesPerSecond, maxStorageBytes, emergencyReserveRatio 0 to below 1, default 0.1); {} = just this machine. Default: nothing is judged.',
  ),
  budget: optional(budgetSchema, 'What all pools together may take. Default: no limit.'),
  signals: optional(
    signalsSchema,
    'When signals lead to what; given, also {}, spikes are detected in every pool. Default: only where the policy has emergency rules.',
  ),
  policyByType: optional(
    z.partialRecord(poolType, policySchema, { error: 'must be policies by type of pool' }),
    'Policies of pools that name a type and no policy. Default: general conservative, embedding aggressive, generation high-performance, classification cost-optimized.',
  ),
  schedules: optional(
    schedulesSchema,
    'Cron windows, time rules, one-time events, or names of the default schedules. Default: none.',
  ),
  zone: optional(
    z.string({ error: 'must be an IANA time zone' }),
    'IANA time zone of schedules that name none, and of the days that forecasts learn. Default UTC.',
  ),
  observeTimeoutMs: optional(
    milliseconds,
    'How long one observe() may take. Milliseconds, above 0; default 5,000.',
  ),
  stopTimeoutMs: optional(
    milliseconds,
    'How long stop() waits for operations in flight. Milliseconds, above 0; default 10,000.',
  ),
  journal: optional(
    port<Journal>('must have append() and read()', (has) => has('append', 'read')),
    'Keeps the record of every tick. Default: none.',
  ),
  leadership: optional(
    port<Leadership>('must have isLeader(), join() and leave()', (has) => has('isLeader', 'join', 'leave')),
    'Which of several instances acts. Default: this one, alone.',
  ),
  state: optional(
    port<StateStore>('must have read(), replace() and close()', (has) => has('read', 'replace', 'close')),
    'What instances share, and what a restart must not forget. Default: none.',
  ),
  historySize: optional(count, 'Changes of size that are kept per pool. 0 to 1,000,000; default 200.'),
});

/** Fields that only code can give. */
const CODE_ONLY: readonly string[] = [
  'adapter',
  'clock',
  'logger',
  'predictor',
  'journal',
  'leadership',
  'state',
];

/** The part of the options that a file can hold, as a JSON schema for editors; made from what checks them. */
export function configJsonSchema(): Record<string, unknown> {
  const options = { unrepresentable: 'any', io: 'input' } as const;
  const controller = z.toJSONSchema(controllerSchema, options) as JsonObject;
  const pool = z.toJSONSchema(poolSchema, options) as JsonObject;
  controller.properties.pools = {
    type: 'array',
    description: 'The pools to keep at the right size.',
    items: withoutCode(pool),
  };
  controller.properties.intervalMs = {
    anyOf: [
      {
        type: 'number',
        minimum: 10,
        description: 'The fast interval. Milliseconds, 10 or more; default 15,000.',
      },
      controller.properties.intervalMs,
    ],
  };
  return { ...withoutCode(controller), title: 'flyball' };
}

interface JsonObject {
  properties: Record<string, unknown>;
  required?: readonly string[];
}

function withoutCode(schema: JsonObject): JsonObject {
  const properties = Object.fromEntries(
    Object.entries(schema.properties).filter(([name]) => !CODE_ONLY.includes(name)),
  );
  return {
    ...schema,
    properties,
    required: (schema.required ?? []).filter((name) => !CODE_ONLY.includes(name)),
  };
}

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
