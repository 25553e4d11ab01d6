import type { Clock } from './clock.ts';
import type { Commons } from './commons.ts';
import { Effectiveness } from './constraints/effectiveness.ts';
import { PaceMeter } from './constraints/pace-meter.ts';
import type { OptimizeRequest } from './core/adapter.ts';
import type { Decision } from './core/decision.ts';
import type { Forecast, LoadPredictor, LoadSample } from './core/forecast.ts';
import type { Instant } from './core/instant.ts';
import { LoadMeter, type Measurement } from './core/measure.ts';
import type { PoolId, PoolObservation, ReadingQuality } from './core/observation.ts';
import { inWorkers, isPartial, refuse } from './core/reading.ts';
import type { PoolTerms } from './core/resources.ts';
import type { ActiveSignal, Signal } from './core/signal.ts';
import type { PoolView, ScheduleState } from './core/view.ts';
import { isPromise, withDeadline } from './deadline.ts';
import { Efficiency } from './efficiency.ts';
import { messageOf } from './errors.ts';
import type {
  Fault,
  OperationReport,
  OptimizedEvent,
  PredictionEvent,
  ScaledEvent,
  TrialEvent,
} from './events.ts';
import { type Spend, SpendMeter } from './fleet/spend-meter.ts';
import { ForecastLedger } from './forecast-ledger.ts';
import { LearnedNeeds } from './guards/learned-needs.ts';
import { OperationLog } from './operation-log.ts';
import type { Mode } from './options.ts';
import { createPolicy, type PolicyName } from './policies/create-policy.ts';
import type { ScalingPolicy } from './policies/policy.ts';
import type { ResolvedPool, ResolvedPrediction } from './resolve-options.ts';
import type { Scheduler } from './schedule/scheduler.ts';
import { type ShadowStanding, Shadows, type TrialStanding } from './shadows/shadows.ts';
import { SignalDetector } from './triggers/signal-detector.ts';
import {
  type BreakerState,
  createActuator,
  type LifecycleOptions,
  type OperationEvent,
  type PoolActuator,
} from './workers/actuator.ts';

/** What a pool tells its controller. */
export interface PoolHooks {
  /** `news`: it was not told before, however often its source fails. */
  fault(fault: Omit<Fault, 'at' | 'pool'>, news?: boolean): void;
  /** The cause of earlier faults of this source has gone. */
  recovered(source: Fault['source']): void;
  operation(event: OperationReport): void;
  prediction(event: PredictionEvent): void;
  trial(event: TrialEvent): void;
  optimized(event: OptimizedEvent): void;
  wake(reason: string): void;
}

/** What a pool shares with the others of its controller. */
export interface PoolContext {
  readonly clock: Clock;
  readonly mode: Mode;
  readonly intervalMs: number;
  readonly observeTimeoutMs: number;
  readonly historySize: number;
  readonly predictor: LoadPredictor | undefined;
  readonly predictive: ResolvedPrediction;
  readonly scheduler: Scheduler | undefined;
  readonly commons: Commons;
  /** Spikes are looked for, whatever the pool's policy. */
  readonly detectsSpikes: boolean;
  readonly hooks: PoolHooks;
}

/** One pool in `status()`. Plain JSON. */
export interface PoolStatus {
  readonly id: PoolId;
  readonly policy: string;
  readonly mode: Mode;
  readonly paused: boolean;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly quality: ReadingQuality;
  /** Ready and starting. */
  readonly size: number;
  readonly ready: number;
  readonly starting: number;
  readonly draining: number;
  readonly busy: number;
  readonly queued: number;
  readonly utilization: number;
  /** Load in busy-worker equivalents, smoothed little. */
  readonly demand: number;
  readonly operations: number;
  readonly breaker: BreakerState;
  /** What one worker costs in an hour, where the options say. */
  readonly costPerHour?: number;
  /** The acting policy and its shadows beside each other; absent without shadows. */
  readonly shadows?: readonly ShadowStanding[];
  /** A trial that runs. */
  readonly trial?: TrialStanding;
  readonly lastDecision?: Decision;
  readonly lastChange?: ScaledEvent;
}

const UNMEASURED: Measurement = {
  demand: { now: 0, fast: 0, slow: 0, spread: 0, recentPeak: 0, backlogSeconds: 0 },
  flow: {},
};

const NO_SIGNALS: readonly ActiveSignal[] = [];

/** Workers that were made leaner are left in peace for this long, ms. */
const OPTIMIZE_PAUSE_MS = 5 * 60_000;

/** One pool's live state: what was seen of it, what it remembers, and what is under way. */
export class ManagedPool {
  readonly id: PoolId;
  options: ResolvedPool;
  mode: Mode;
  readonly actuator: PoolActuator;
  readonly predictor: LoadPredictor | undefined;
  readonly efficiency: Efficiency = new Efficiency();
  paused = false;
  /** The policy in force: the pool's own, or the one that a schedule has put in its place for a while. */
  policy: ScalingPolicy;
  /** The pool's own policy: the one of its options, or a shadow that was promoted. */
  own: ScalingPolicy;
  /** Policies that decide beside it; absent where there are none. */
  readonly shadows: Shadows | undefined;
  /** The newest view and decision; absent before the first tick. */
  view: PoolView | undefined;
  decision: Decision | undefined;

  #context: PoolContext;
  readonly #meter: LoadMeter;
  readonly #pace: PaceMeter;
  #needs: LearnedNeeds;
  #spend: SpendMeter | undefined;
  #detector: SignalDetector;
  #optimizedAt = Number.NEGATIVE_INFINITY;
  #retrainedAt: number | undefined;
  readonly #effectiveness: Effectiveness = new Effectiveness();
  readonly #forecasts = new ForecastLedger();
  readonly #operations = new OperationLog();
  readonly #changes: ScaledEvent[] = [];
  readonly #unsubscribe: () => void;
  readonly #idleWaiters = new Set<() => void>();
  readonly #scheduledPolicies = new Map<string, ScalingPolicy>();
  #emergency: { readonly sizeBefore: number; readonly since: number } | undefined;
  #call: AbortController | undefined;
  #reading: PoolObservation | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #quality: ReadingQuality = 'none';
  #load: Measurement = UNMEASURED;

  constructor(options: ResolvedPool, context: PoolContext) {
    this.id = options.id;
    this.options = options;
    this.policy = options.policy;
    this.own = options.policy;
    this.mode = options.mode ?? context.mode;
    this.predictor = context.predictor;
    this.#context = context;
    this.#meter = new LoadMeter();
    this.#pace = new PaceMeter(options.policy.pace, options.policy.hold);
    this.#needs = new LearnedNeeds(options.needs);
    this.#spend = options.price && new SpendMeter(options.price);
    this.#detector = new SignalDetector(context.commons.board.options);
    this.actuator = createActuator({
      pool: options.id,
      adapter: options.adapter,
      clock: context.clock,
      lifecycle: lifecycleOf(options),
      onOperation: (event) => this.#onOperation(event),
      // The actuator tells each cause once by itself.
      onFault: ({ source, message, error, recovered }) =>
        recovered ? context.hooks.recovered(source) : context.hooks.fault({ source, message, error }, true),
    });
    this.shadows =
      options.shadows.size > 0 ? new Shadows(this, options.shadows, context.hooks.trial) : undefined;
    this.#unsubscribe = this.#subscribe();
  }

  /** Carries decisions out: it is neither paused nor in recommend mode. */
  get acts(): boolean {
    return this.mode === 'act' && !this.paused;
  }

  /** Asks the adapter. Settles at once where the adapter is synchronous; never rejects. */
  observe(): void | Promise<void> {
    const { clock, observeTimeoutMs } = this.#context;
    const { adapter } = this.options;
    const call = this.#call ?? new AbortController();
    this.#call = undefined;
    try {
      const work = (signal: AbortSignal): PoolObservation | Promise<PoolObservation> =>
        adapter.observe(signal);
      const result = withDeadline(clock, observeTimeoutMs, 'observe()', work, call);
      if (!isPromise(result)) {
        // Over already, so its signal can serve again: one is dear to make.
        this.#call = call;
        this.#accept(result);
        return;
      }
      return result.then(
        (observation) => this.#accept(observation),
        (error: unknown) => this.#miss('observe', messageOf(error), error),
      );
    } catch (error) {
      this.#miss('observe', messageOf(error), error);
    }
  }

  #accept(observation: PoolObservation): void {
    const refusal = refuse(observation);
    if (refusal !== undefined) {
      this.#miss('reading', refusal);
      return;
    }
    this.#quality = isPartial(observation, this.#reading) ? 'partial' : 'full';
    this.#reading = inWorkers(observation);
    this.#context.hooks.recovered('observe');
    this.#context.hooks.recovered('reading');
  }

  #miss(source: 'observe' | 'reading', message: string, error?: unknown): void {
    this.#quality = this.#reading === undefined ? 'none' : 'stale';
    this.#context.hooks.fault({ source, message, error });
  }

  /** Turns what was observed into what policies look at. Called once a tick, after `observe`. */
  look(at: Instant): PoolView {
    const { options } = this;
    const { intervalMs } = this.#context;
    const reading = this.#reading;
    const fresh = this.#quality === 'full' || this.#quality === 'partial';
    if (fresh) this.#readAt = at.monotonic;
    const workforce = this.actuator.review(at, reading, fresh);
    const startup = this.actuator.startup();
    if (fresh && reading !== undefined) {
      this.#load = this.#meter.observe(reading, at, startup.p90Ms + intervalMs);
      this.#needs.observe(reading, at.now);
    }
    this.#spend?.observe(workforce.size + workforce.draining, at);
    const load = this.#load;
    const ready = reading?.ready ?? 0;
    const busy = Math.min(reading?.busy ?? 0, ready + (reading?.draining ?? 0));
    const view: { -readonly [K in keyof PoolView]: PoolView[K] } = {
      pool: this.id,
      now: at.now,
      quality: this.#quality,
      ageMs: reading === undefined ? 0 : at.monotonic - this.#readAt,
      size: workforce.size,
      ready: workforce.ready,
      starting: workforce.starting,
      draining: workforce.draining,
      busy,
      queued: reading?.queued ?? 0,
      slotsPerWorker: reading?.slotsPerWorker ?? 1,
      utilization: ready > 0 ? Math.min(1, busy / ready) : 0,
      minWorkers: options.minWorkers,
      maxWorkers: options.maxWorkers,
      intervalMs,
      demand: load.demand,
      flow: load.flow,
      startup,
      pace: this.#pace.recall(at.monotonic, this.#effectiveness.ineffectiveUps),
      signals: NO_SIGNALS,
    };
    this.efficiency.add(view, at.monotonic);
    if (this.#effectiveness.review(view, at.monotonic)) this.#tellIneffective(view);
    const forecast = this.#forecast(view, fresh);
    for (const met of this.#forecasts.settle(view)) this.#context.hooks.prediction(met);
    if (forecast !== undefined) {
      view.forecast = forecast;
      this.#forecasts.add(forecast);
    }
    const schedule = this.#schedule(view);
    if (schedule !== undefined) {
      view.schedule = schedule;
      this.#follow(schedule);
    }
    view.signals = this.#context.commons.signalsFor(view, this.#detect(view, at), at);
    const terms = this.#terms(at);
    if (terms !== undefined) view.terms = terms;
    if (this.#emergency !== undefined) {
      const { sizeBefore, since } = this.#emergency;
      view.emergency = { sizeBefore, sinceMs: at.monotonic - since };
    }
    this.view = view;
    return view;
  }

  /** Carries a decision out, and remembers it. */
  act(decision: Decision, at: Instant): ScaledEvent | undefined {
    const { from, to, reason, emergency } = decision;
    // Also without a change: the actuator replaces starts that failed and holds the orchestrator to its size.
    if (this.#quality !== 'none') this.actuator.scaleTo(to, at, { reason, emergency });
    if (to === from) return undefined;
    this.#pace.change(from, to, at.monotonic);
    if (to > from && this.view !== undefined) this.#effectiveness.begin(this.view);
    const change: ScaledEvent = { pool: this.id, at: at.now, from, to, decision };
    this.#changes.push(change);
    if (this.#changes.length > this.#context.historySize) this.#changes.shift();
    return change;
  }

  /** Makes the present workers leaner where no further one fits, if the adapter can; not again at once. */
  async optimize(decision: Decision, at: Instant): Promise<void> {
    const { adapter } = this.options;
    const { infeasible } = decision;
    if (infeasible?.alternative.kind !== 'optimize' || adapter.optimizeWorkers === undefined) return;
    const { resource } = infeasible.alternative;
    if (!isOptimizable(resource) || at.monotonic - this.#optimizedAt < OPTIMIZE_PAUSE_MS) return;
    this.#optimizedAt = at.monotonic;
    const { clock, hooks } = this.#context;
    const { reason } = infeasible;
    const tell = (result: OptimizedEvent['result']): void =>
      hooks.optimized({
        pool: this.id,
        at: clock.now(),
        resource,
        reason,
        durationMs: clock.monotonic() - at.monotonic,
        ...(result !== undefined && { result }),
      });
    try {
      const result = await withDeadline(clock, OPTIMIZE_PAUSE_MS, 'optimizeWorkers()', (signal) =>
        adapter.optimizeWorkers?.({ resource, reason }, signal),
      );
      if (result?.gainRatio !== undefined) this.#needs.optimized(result.gainRatio);
      tell(result);
      hooks.recovered('optimize');
    } catch (error) {
      tell(undefined);
      hooks.fault({ source: 'optimize', message: messageOf(error), error });
    }
  }

  /** What it spends, where the options give a price. */
  spend(at: Instant): Spend | undefined {
    return this.#spend?.spend(at);
  }

  /** Takes other options over: all but the adapter, the lifecycle, the predictor and the shadows, which live on. */
  reconfigure(options: ResolvedPool, context: PoolContext): void {
    const before = this.options;
    this.options = options;
    this.#context = context;
    this.mode = options.mode ?? context.mode;
    if (options.needs !== before.needs) this.#needs = new LearnedNeeds(options.needs);
    if (options.price !== before.price) this.#spend = options.price && new SpendMeter(options.price);
    this.#detector = new SignalDetector(context.commons.board.options);
    if (options.policy === before.policy) return;
    const { clock } = context;
    const at = { now: clock.now(), monotonic: clock.monotonic() };
    if (this.shadows === undefined) this.adopt(options.policy);
    else this.shadows.succeed(options.policy, at);
  }

  /** Makes this the pool's own policy. One that a schedule has put in its place stays in force for its time. */
  adopt(policy: ScalingPolicy): void {
    const scheduled = this.policy !== this.own;
    this.own = policy;
    if (!scheduled) this.#use(policy);
  }

  /** Remembers what was wanted, acted on or not, for the stabilisation windows of the ticks to come. */
  note(decision: Decision, at: Instant): void {
    this.decision = decision;
    if (!decision.emergency) this.#emergency = undefined;
    else this.#emergency ??= { sizeBefore: decision.from, since: at.monotonic };
    const [refusal] = decision.refused ?? [];
    if (refusal === undefined) this.#context.hooks.recovered('policy');
    else this.#context.hooks.fault({ source: 'policy', message: `policy ${refusal.by} ${refusal.reason}` });
    if (this.#quality === 'full') this.#pace.want(decision.wanted, at.monotonic);
  }

  /** Changes of size, oldest first. */
  history(): readonly ScaledEvent[] {
    return [...this.#changes];
  }

  status(): PoolStatus {
    const { options, view, decision } = this;
    const lastChange = this.#changes[this.#changes.length - 1];
    const trial = this.shadows?.trial();
    return {
      id: this.id,
      policy: this.policy.name,
      mode: this.mode,
      paused: this.paused,
      minWorkers: options.minWorkers,
      maxWorkers: options.maxWorkers,
      quality: view?.quality ?? 'none',
      size: view?.size ?? 0,
      ready: view?.ready ?? 0,
      starting: view?.starting ?? 0,
      draining: view?.draining ?? 0,
      busy: view?.busy ?? 0,
      queued: view?.queued ?? 0,
      utilization: view?.utilization ?? 0,
      demand: view?.demand.fast ?? 0,
      operations: this.actuator.operations().length,
      breaker: this.actuator.breaker,
      ...(options.price !== undefined && { costPerHour: options.price.perWorkerHour }),
      ...(this.shadows !== undefined && { shadows: this.shadows.standings(view, decision) }),
      ...(trial !== undefined && { trial }),
      ...(decision !== undefined && { lastDecision: decision }),
      ...(lastChange !== undefined && { lastChange }),
    };
  }

  /** Retrains what is costly to train. Called on the slow interval. */
  learn(at: Instant): void {
    this.#retrainedAt ??= at.monotonic;
    if (at.monotonic - this.#retrainedAt < this.#context.predictive.retrainIntervalMs) return;
    this.#retrainedAt = at.monotonic;
    try {
      this.predictor?.retrain?.(at.now);
    } catch (error) {
      this.#context.hooks.fault({ source: 'predictor', message: messageOf(error), error });
    }
  }

  /** `true` when no operation is in flight any more, `false` after `timeoutMs`. */
  async settled(timeoutMs: number): Promise<boolean> {
    if (this.actuator.operations().length === 0) return true;
    const waited = new AbortController();
    const idle = new Promise<true>((resolve) => this.#idleWaiters.add(() => resolve(true)));
    const late = this.#context.clock.sleep(timeoutMs, waited.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([idle, late]);
    } finally {
      waited.abort();
    }
  }

  /**
   * Lets go of the pool: its workers stay, nothing of flyball's remains. Operations in flight get `timeoutMs` to end,
   * then they are called off.
   */
  async close(timeoutMs: number): Promise<void> {
    try {
      this.#unsubscribe();
    } catch (error) {
      this.#context.hooks.fault({ source: 'subscribe', message: messageOf(error), error });
    }
    let stopped: Promise<void> | undefined;
    const stop = (deadline: AbortSignal): Promise<void> => {
      stopped = this.actuator.stop(deadline);
      return stopped;
    };
    try {
      await withDeadline(this.#context.clock, timeoutMs, 'stop()', stop);
    } catch {
      await stopped;
    }
  }

  #forecast(view: PoolView, fresh: boolean): Forecast | undefined {
    const { predictor } = this;
    if (predictor === undefined) return undefined;
    try {
      if (fresh) predictor.observe(sampleOf(view));
      const forecast = predictor.forecast(
        view.now,
        Math.min(
          view.startup.p90Ms + view.intervalMs,
          Math.max(view.intervalMs, this.#context.predictive.horizonMs),
        ),
      );
      this.#context.hooks.recovered('predictor');
      return forecast;
    } catch (error) {
      this.#context.hooks.fault({ source: 'predictor', message: messageOf(error), error });
      return undefined;
    }
  }

  #onOperation(event: OperationEvent): void {
    this.#context.hooks.operation(this.#operations.report(event, this.policy.name, this.decision?.trigger));
    if (this.#idleWaiters.size === 0 || this.actuator.operations().length > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }

  /** What can be seen of the pool's load that a host would signal. */
  #detect(view: PoolView, at: Instant): readonly Signal[] {
    const detected = this.#detector.detect(view, this.#reading?.rateLimit, at);
    if (detected.length === 0 || this.#context.detectsSpikes || this.policy.emergency !== undefined) {
      return detected;
    }
    return detected.filter(({ type }) => type !== 'load-spike');
  }

  /** What matters where pools share something; absent where nothing of it is known. */
  #terms(at: Instant): PoolTerms | undefined {
    const { price, share } = this.options;
    const { needs, expectedGainRatio } = this.#needs;
    if (price === undefined && isEmpty(needs) && isEmpty(share)) return undefined;
    return {
      share,
      needs,
      ...(expectedGainRatio !== undefined && { expectedGainRatio }),
      ...(price !== undefined && { costPerHour: price.perWorkerHour }),
      ...((price?.billingMs ?? 0) > 0 && {
        releasable: this.#spend?.releasable(this.#context.intervalMs, at) ?? 0,
      }),
    };
  }

  #schedule(view: PoolView): ScheduleState | undefined {
    try {
      const state = this.#context.scheduler?.at(view.now, this.id, view.startup.p90Ms);
      if (state !== undefined) this.#context.hooks.recovered('scheduler');
      return state;
    } catch (error) {
      this.#context.hooks.fault({ source: 'scheduler', message: messageOf(error), error });
      return undefined;
    }
  }

  /** Puts the policy in force that the schedule names, or the pool's own. */
  #follow({ policy: scheduled }: ScheduleState): void {
    let policy = this.own;
    if (scheduled !== undefined) {
      const known = this.#scheduledPolicies.get(scheduled.policy);
      try {
        policy = known ?? createPolicy(scheduled.policy as PolicyName);
        this.#scheduledPolicies.set(scheduled.policy, policy);
      } catch (error) {
        this.#context.hooks.fault({
          source: 'scheduler',
          message: `${scheduled.by}: ${messageOf(error)}`,
          error,
        });
      }
    }
    this.#use(policy);
  }

  #use(policy: ScalingPolicy): void {
    if (policy === this.policy) return;
    this.policy = policy;
    this.#pace.use(policy.pace, policy.hold);
  }

  #subscribe(): () => void {
    const { hooks } = this.#context;
    try {
      return this.options.adapter.subscribe?.((reason) => hooks.wake(reason)) ?? (() => {});
    } catch (error) {
      hooks.fault({ source: 'subscribe', message: messageOf(error), error });
      return () => {};
    }
  }

  #tellIneffective(view: PoolView): void {
    const rate = view.flow.completionsPerSecond?.toFixed(1);
    const message = `more workers brought no more throughput (${rate} jobs/s with ${view.ready} workers, ${view.queued} jobs wait)`;
    this.#context.hooks.fault({ source: 'ineffective', message });
  }
}

function sampleOf(view: PoolView): LoadSample {
  const { flow } = view;
  return {
    at: view.now,
    demand: view.demand.now,
    ...(view.demand.noise !== undefined && { noise: view.demand.noise }),
    utilization: view.utilization,
    queued: view.queued,
    ...(flow.responseTimeMs !== undefined && { responseTimeMs: flow.responseTimeMs }),
    ...(flow.errorRatio !== undefined && { errorRatio: flow.errorRatio }),
    ...(flow.arrivalsPerSecond !== undefined && { arrivalsPerSecond: flow.arrivalsPerSecond }),
  };
}

/** An emergency start gets the time that the policy gives it, unless the host says otherwise. */
function lifecycleOf({ lifecycle, policy }: ResolvedPool): LifecycleOptions {
  if (policy.emergency === undefined) return lifecycle;
  return { emergencyStartTimeoutMs: policy.emergency.startTimeoutMs, ...lifecycle };
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

function isOptimizable(resource: string): resource is OptimizeRequest['resource'] {
  return resource !== 'workers' && resource !== 'cost';
}
