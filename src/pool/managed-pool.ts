import type { Clock } from '../clock.ts';
import type { Commons } from '../commons.ts';
import { Effectiveness } from '../constraints/effectiveness.ts';
import { PaceMeter } from '../constraints/pace-meter.ts';
import type { PoolAdapter } from '../core/adapter.ts';
import type { Decision } from '../core/decision.ts';
import type { LoadPredictor } from '../core/forecast.ts';
import type { Instant } from '../core/instant.ts';
import { LoadMeter, type Measurement } from '../core/measure.ts';
import type { PoolId } from '../core/observation.ts';
import type { ActiveSignal, Signal } from '../core/signal.ts';
import type { PoolView, ScheduleState } from '../core/view.ts';
import { withDeadline } from '../deadline.ts';
import { messageOf, NotLeaderError } from '../errors.ts';
import type { ScaledEvent } from '../events.ts';
import type { Spend } from '../fleet/spend-meter.ts';
import { fencedAdapter } from '../leadership/fenced-adapter.ts';
import type { Standing } from '../leadership/standing.ts';
import type { Mode } from '../options.ts';
import type { ScalingPolicy } from '../policies/policy.ts';
import { rehearsalOf } from '../policies/rehearsal.ts';
import type { ResolvedPool, ResolvedPrediction } from '../resolve-options.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import { Shadows } from '../shadows/shadows.ts';
import { SignalDetector } from '../triggers/signal-detector.ts';
import type { LifecycleOptions, OperationEvent, PoolActuator } from '../workers/actuator.ts';
import { createActuator } from '../workers/create-actuator.ts';
import { lifecycleDefaults } from '../workers/lifecycle-options.ts';
import { StartupTimes } from '../workers/startup-times.ts';
import { Efficiency } from './efficiency.ts';
import { OperationLog } from './operation-log.ts';
import { Optimizer } from './optimizer.ts';
import { PolicyInForce } from './policy-in-force.ts';
import { PoolAccount } from './pool-account.ts';
import { PoolForecaster } from './pool-forecaster.ts';
import type { PoolHooks } from './pool-hooks.ts';
import { PoolMemory } from './pool-memory.ts';
import { PoolReader } from './pool-reader.ts';

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
  readonly standing: Standing;
  /** Spikes are looked for, whatever the pool's policy. */
  readonly detectsSpikes: boolean;
  readonly hooks: PoolHooks;
}

const UNMEASURED: Measurement = {
  demand: { now: 0, fast: 0, slow: 0, spread: 0, recentPeak: 0, backlogSeconds: 0 },
  flow: {},
};

const NO_SIGNALS: readonly ActiveSignal[] = [];

/** One pool's live state: what was seen of it, what it remembers, and what is under way. */
export class ManagedPool {
  readonly id: PoolId;
  options: ResolvedPool;
  mode: Mode;
  paused = false;
  actuator: PoolActuator;
  readonly efficiency: Efficiency = new Efficiency();
  /** What of it outlives this instance. */
  readonly memory: PoolMemory;
  /** Policies that decide beside the acting one; absent where there are none. */
  readonly shadows: Shadows | undefined;
  /** The newest view and decision; absent before the first tick. */
  view: PoolView | undefined;
  decision: Decision | undefined;

  #context: PoolContext;
  readonly #reader: PoolReader;
  readonly #meter = new LoadMeter();
  readonly #effectiveness = new Effectiveness();
  readonly #forecaster: PoolForecaster | undefined;
  readonly #policies: PolicyInForce;
  readonly #optimizer: Optimizer;
  readonly #operations = new OperationLog();
  readonly #changes: ScaledEvent[] = [];
  readonly #idleWaiters = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #account: PoolAccount;
  #detector: SignalDetector;
  #load: Measurement = UNMEASURED;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: ResolvedPool, context: PoolContext) {
    const { clock, hooks, predictor } = context;
    this.id = options.id;
    this.options = options;
    this.mode = options.mode ?? context.mode;
    this.#context = context;
    this.#reader = new PoolReader(options.adapter, clock, hooks);
    this.#forecaster = predictor && new PoolForecaster(predictor, hooks);
    const { pace, hold } = options.policy;
    const startups = new StartupTimes(
      options.lifecycle.assumedStartupMs ?? lifecycleDefaults.assumedStartupMs,
    );
    this.memory = new PoolMemory(new PaceMeter(pace, hold), startups, this.#forecaster);
    this.#policies = new PolicyInForce(options.policy, hooks);
    this.memory.rehearsal = rehearsalOf(options.policy);
    this.#optimizer = new Optimizer(this.#fenced(), clock, hooks);
    this.#account = new PoolAccount(options);
    this.#detector = new SignalDetector(context.commons.board.options);
    this.actuator = this.#createActuator();
    this.shadows = options.shadows.size > 0 ? new Shadows(this, options.shadows, hooks.trial) : undefined;
    this.#unsubscribe = this.#subscribe();
  }

  /** Carries decisions out: it is neither paused nor in recommend mode, and this instance leads. */
  get acts(): boolean {
    return this.mode === 'act' && !this.paused && this.#context.standing.leads;
  }

  /** The policy in force: the pool's own, or the one that a schedule has put in its place for a while. */
  get policy(): ScalingPolicy {
    return this.#policies.policy;
  }

  /** The pool's own policy: the one of its options, or a shadow that was promoted. */
  get own(): ScalingPolicy {
    return this.#policies.own;
  }

  get predictor(): LoadPredictor | undefined {
    return this.#forecaster?.predictor;
  }

  /** Asks the adapter. Settles at once where the adapter is synchronous; never rejects. */
  observe(): void | Promise<void> {
    return this.#reader.read(this.#context.observeTimeoutMs);
  }

  /** Turns what was observed into what policies look at. Called once a tick, after `observe`. */
  look(at: Instant): PoolView {
    const { intervalMs, commons, predictive } = this.#context;
    const { reading, quality, isFresh } = this.#reader;
    if (isFresh) this.#readAt = at.monotonic;
    const workforce = this.actuator.review(at, reading, isFresh);
    const startup = this.actuator.startup();
    if (isFresh && reading !== undefined) {
      this.#load = this.#meter.observe(reading, at, startup.p90Ms + intervalMs);
    }
    this.#account.observe(isFresh ? reading : undefined, workforce.size + workforce.draining, at);
    const ready = reading?.ready ?? 0;
    const busy = Math.min(reading?.busy ?? 0, ready + (reading?.draining ?? 0));
    const view: { -readonly [K in keyof PoolView]: PoolView[K] } = {
      pool: this.id,
      now: at.now,
      quality,
      ageMs: reading === undefined ? 0 : at.monotonic - this.#readAt,
      size: workforce.size,
      ready: workforce.ready,
      starting: workforce.starting,
      draining: workforce.draining,
      busy,
      queued: reading?.queued ?? 0,
      slotsPerWorker: reading?.slotsPerWorker ?? 1,
      utilization: ready > 0 ? Math.min(1, busy / ready) : 0,
      minWorkers: this.options.minWorkers,
      maxWorkers: this.options.maxWorkers,
      intervalMs,
      demand: this.#load.demand,
      flow: this.#load.flow,
      startup,
      pace: this.memory.pace.recall(at.monotonic, this.#effectiveness.ineffectiveUps),
      signals: NO_SIGNALS,
    };
    this.efficiency.add(view, at.monotonic);
    if (this.#effectiveness.review(view, at.monotonic)) this.#tellIneffective(view);
    const forecast = this.#forecaster?.forecast(view, isFresh, predictive, reading?.context);
    if (forecast !== undefined) view.forecast = forecast;
    const { rehearsal } = this.memory;
    if (rehearsal !== undefined) view.headroom = rehearsal.advance(view, at.monotonic);
    if (predictive.confidenceThreshold !== undefined)
      view.confidenceThreshold = predictive.confidenceThreshold;
    const schedule = this.#schedule(view);
    if (schedule !== undefined) {
      view.schedule = schedule;
      this.#policies.follow(schedule);
      this.#keepPace();
    }
    view.signals = commons.signalsFor(view, this.#detect(view, at), at);
    const terms = this.#account.terms(at, intervalMs);
    if (terms !== undefined) view.terms = terms;
    if (this.memory.emergency !== undefined) {
      const { sizeBefore, since } = this.memory.emergency;
      view.emergency = { sizeBefore, sinceMs: at.monotonic - since };
    }
    this.view = view;
    return view;
  }

  /** Remembers what was wanted, acted on or not, for the stabilisation windows of the ticks to come. */
  note(decision: Decision, at: Instant): void {
    const { hooks } = this.#context;
    this.decision = decision;
    this.memory.note(decision, at);
    const [refusal] = decision.refused ?? [];
    if (refusal === undefined) hooks.recovered('policy');
    else hooks.fault({ source: 'policy', message: `policy ${refusal.by} ${refusal.reason}` });
    if (this.#reader.quality === 'full') this.memory.pace.want(decision.wanted, at.monotonic);
  }

  /** Carries a decision out, and remembers it. */
  act(decision: Decision, at: Instant): ScaledEvent | undefined {
    const { from, to, reason, emergency } = decision;
    // Also without a change: the actuator replaces starts that failed and holds the orchestrator to its size.
    if (this.#reader.quality !== 'none') this.actuator.scaleTo(to, at, { reason, emergency });
    if (decision.infeasible !== undefined) void this.#optimize(decision, at);
    if (to === from) return undefined;
    this.memory.change(from, to, at);
    if (to > from && this.view !== undefined) this.#effectiveness.begin(this.view);
    const change: ScaledEvent = { pool: this.id, at: at.now, from, to, decision };
    this.#changes.push(change);
    if (this.#changes.length > this.#context.historySize) this.#changes.shift();
    return change;
  }

  /** Changes of size, oldest first. */
  history(): readonly ScaledEvent[] {
    return [...this.#changes];
  }

  /** What it spends, where the options give a price. */
  spend(at: Instant): Spend | undefined {
    return this.#account.spend(at);
  }

  /** Retrains what is costly to train. Called on the slow interval. */
  learn(at: Instant): void {
    this.#forecaster?.learn(at, this.#context.predictive);
  }

  /** Takes other options over: all but the adapter, the lifecycle, the predictor and the shadows, which live on. */
  reconfigure(options: ResolvedPool, context: PoolContext): void {
    const before = this.options;
    this.options = options;
    this.#context = context;
    this.mode = options.mode ?? context.mode;
    this.#account = new PoolAccount(options, this.#account);
    this.#detector = new SignalDetector(context.commons.board.options);
    if (options.policy === before.policy) return;
    const { clock } = context;
    const at = { now: clock.now(), monotonic: clock.monotonic() };
    if (this.shadows === undefined) this.adopt(options.policy);
    else this.shadows.succeed(options.policy, at);
  }

  /** This instance leads no more: what it has in flight is called off, and nothing is tried again. */
  standDown(): void {
    void this.actuator.stop(AbortSignal.abort(new NotLeaderError()));
    this.actuator = this.#createActuator();
  }

  /** Makes this the pool's own policy. One that a schedule has put in its place stays in force for its time. */
  adopt(policy: ScalingPolicy): void {
    this.#policies.adopt(policy);
    this.memory.rehearsal = rehearsalOf(policy);
    this.#keepPace();
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

  #createActuator(): PoolActuator {
    const { clock, hooks } = this.#context;
    return createActuator({
      pool: this.id,
      adapter: this.#fenced(),
      clock,
      lifecycle: lifecycleOf(this.options),
      startups: this.memory.startups,
      onOperation: (event) => this.#onOperation(event),
      // The actuator tells each cause once by itself.
      onFault: ({ source, message, error, recovered }) =>
        recovered ? hooks.recovered(source) : hooks.fault({ source, message, error }, true),
    });
  }

  #fenced(): PoolAdapter {
    const { standing } = this.#context;
    return standing.isAlone
      ? this.options.adapter
      : fencedAdapter(this.options.adapter, () => standing.authorize());
  }

  async #optimize(decision: Decision, at: Instant): Promise<void> {
    const gainRatio = await this.#optimizer.optimize(decision, at);
    if (gainRatio !== undefined) this.#account.optimized(gainRatio);
  }

  #onOperation(event: OperationEvent): void {
    this.#context.hooks.operation(this.#operations.report(event, this.policy.name, this.decision?.trigger));
    if (this.#idleWaiters.size === 0 || this.actuator.operations().length > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters.clear();
  }

  /** What can be seen of the pool's load that a host would signal. */
  #detect(view: PoolView, at: Instant): readonly Signal[] {
    const detected = this.#detector.detect(view, this.#reader.reading?.rateLimit, at);
    if (detected.length === 0 || this.#context.detectsSpikes || this.policy.emergency !== undefined) {
      return detected;
    }
    return detected.filter(({ type }) => type !== 'load-spike');
  }

  #schedule(view: PoolView): ScheduleState | undefined {
    const { scheduler, hooks } = this.#context;
    try {
      const state = scheduler?.at(view.now, this.id, view.startup.p90Ms);
      if (state !== undefined) hooks.recovered('scheduler');
      return state;
    } catch (error) {
      hooks.fault({ source: 'scheduler', message: messageOf(error), error });
      return undefined;
    }
  }

  #keepPace(): void {
    this.memory.pace.use(this.policy.pace, this.policy.hold);
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

/** An emergency start gets the time that the policy gives it, unless the host says otherwise. */
function lifecycleOf({ lifecycle, policy }: ResolvedPool): LifecycleOptions {
  if (policy.emergency === undefined) return lifecycle;
  return { emergencyStartTimeoutMs: policy.emergency.startTimeoutMs, ...lifecycle };
}
