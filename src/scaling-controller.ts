import { pino } from 'pino';
import { systemClock } from './clock.ts';
import { Commons, recordOf } from './commons.ts';
import type { Decision } from './core/decision.ts';
import type { LoadPredictor } from './core/forecast.ts';
import type { Instant } from './core/instant.ts';
import type { PoolId } from './core/observation.ts';
import type { PoolRecord, TickRecord } from './core/record.ts';
import type { ActiveSignal, Signal, SignalType, ThrottleAdvice } from './core/signal.ts';
import { withDeadline } from './deadline.ts';
import { decide } from './decide.ts';
import { InvalidOptionError } from './errors.ts';
import {
  type ControllerEvents,
  type Fault,
  type FaultSource,
  GuardedEmitter,
  type ScaledEvent,
} from './events.ts';
import type { StandingFault } from './fault-log.ts';
import { type CoordinateOptions, type Coordination, coordinate } from './fleet/coordinate.ts';
import { Herald, type Recorder } from './herald.ts';
import { type LeadershipStatus, Standing } from './leadership/standing.ts';
import { type ApplyResult, type ManualDecision, manualDecision } from './manual-decision.ts';
import type { ControllerOptions, Mode, PoolOptions } from './options.ts';
import { ManagedPool, type PoolContext } from './pool/managed-pool.ts';
import { type PoolStatus, poolStatus } from './pool/pool-status.ts';
import { candidates, earliestDeadline, inputsOf, observeAll } from './pool/pools.ts';
import { predictorOf } from './pool/predictor-of.ts';
import { type Given, type Reconfiguration, reconfigured } from './reconfigure.ts';
import { RecordKeeper } from './record-keeper.ts';
import {
  checkTogether,
  type ResolvedOptions,
  type ResolvedPool,
  resolveOptions,
  resolvePool,
} from './resolve-options.ts';
import { isTimetable, type Scheduler } from './schedule/scheduler.ts';
import type { TrialOptions } from './shadows/trial.ts';
import { SharedState, type SharingHost } from './shared-state/shared-state.ts';
import type { DashboardData, DashboardQuery } from './telemetry/dashboard-data.ts';
import { DashboardRecorder } from './telemetry/dashboard-recorder.ts';
import { type Occasion, ON_INTERVAL, TickLoop } from './tick-loop.ts';
import { parseSignal } from './triggers/parse-signal.ts';
import { Upkeep, weightsOf } from './upkeep.ts';
import type { Operation } from './workers/actuator.ts';

/** Deadline of a decision applied by hand, ms. */
const APPLY_TIMEOUT_MS = 30_000;

/** Spans of the timetable that the dashboard shows. */
const UPCOMING = 20;

/** What a controller is doing. Plain JSON. */
export interface ControllerStatus {
  readonly running: boolean;
  readonly mode: Mode;
  /** Milliseconds to the next evaluation; absent while the loop does not run. */
  readonly nextTickInMs?: number;
  readonly pools: readonly PoolStatus[];
  /** Whether this instance acts; absent where it is alone. */
  readonly leadership?: LeadershipStatus;
  /** Faults whose causes last. */
  readonly faults: readonly StandingFault[];
}

/**
 * Keeps worker pools at the right size: looks at them, decides, acts, and writes down why.
 *
 * `start()` runs the loop; a host that drives time itself calls `tick()` instead and needs nothing else to run.
 * What fails at run time (an adapter, a listener, a predictor) becomes a `fault` event; the loop goes on.
 */
export class ScalingController extends GuardedEmitter {
  #options: ResolvedOptions;
  #given: Given;
  #commons: Commons;
  readonly #pools = new Map<PoolId, ManagedPool>();
  readonly #loop: TickLoop;
  readonly #recorder: DashboardRecorder;
  readonly #herald: Herald;
  readonly #upkeep: Upkeep;
  readonly #records: RecordKeeper;
  readonly #standing: Standing;
  readonly #sharing: SharedState | undefined;
  #stopped: Promise<void> | undefined;
  #ticks: Promise<unknown> = Promise.resolve();

  /** @throws InvalidOptionError when an option breaks its rule; nothing has been started then. */
  constructor(options: ControllerOptions) {
    super();
    this.#options = resolveOptions(options);
    const { clock, intervals, pools, logger, journal, leadership, state } = this.#options;
    this.#standing = new Standing(leadership, clock);
    this.#recorder = new DashboardRecorder(intervals.fast);
    this.#herald = new Herald(this, this.#recorder as Recorder, logger ?? pino({ level: 'silent' }), clock);
    this.#upkeep = new Upkeep(this.#herald);
    this.#records = new RecordKeeper(journal, this.#herald);
    this.#given = { options, pools: new Map() };
    this.#commons = this.#makeCommons();
    this.#loop = new TickLoop(clock, intervals.fast, {
      tick: (occasion) =>
        this.#enqueue(occasion).then(noop, (error: unknown) =>
          this.#herald.failure('tick', error, 'the tick failed: '),
        ),
      nextDeadline: () => earliestDeadline(this.#pools.values()),
    });
    this.#sharing = state && new SharedState(state, clock, this.#sharingHost());
    for (const [index, pool] of pools.entries()) this.#manage(options.pools[index] as PoolOptions, pool);
  }

  /** Starts the loop: a tick now, then one per fast interval, and whenever an adapter wakes it. */
  start(): this {
    if (this.#stopped !== undefined) throw new Error('this controller was stopped: make a new one');
    if (this.#options.enabled) {
      this.#standForElection();
      this.#loop.start();
    } else this.#options.logger?.info({ enabled: false }, 'flyball is switched off: no pool is scaled');
    return this;
  }

  /**
   * Ends the loop and lets go of all pools: waits for the tick and the operations in flight, aborts what does not
   * end in time. Workers stay as they are. May be called again; all calls settle together.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Evaluates all pools once: observe, decide, act, record. Ticks never overlap: a call during a tick follows it.
   * What was decided has been asked of the adapters when this settles; it may still be in flight.
   *
   * @param cause why, when it is not the interval: kept in the record
   */
  tick(cause?: string): Promise<TickRecord> {
    if (this.#stopped !== undefined) return Promise.reject(new Error('this controller was stopped'));
    const occasion = cause === undefined ? this.#loop.takeWake() : ({ trigger: 'manual', cause } as const);
    this.#standForElection();
    return this.#enqueue(occasion ?? ON_INTERVAL);
  }

  /** Adds a pool at run time. @throws InvalidOptionError */
  addPool(pool: PoolOptions): void {
    const resolved = resolvePool(pool, 'pool', this.#options.policyByType);
    if (this.#pools.has(resolved.id)) {
      throw new InvalidOptionError('pool.id', 'must be unique among the pools', resolved.id);
    }
    checkTogether(
      [...[...this.#pools.values()].map(({ options }) => options), resolved],
      this.#options.budget,
    );
    this.#manage(pool, resolved);
  }

  /** Lets go of a pool; its workers stay. Settles when its operations in flight have ended. */
  async removePool(id: PoolId): Promise<void> {
    const pool = this.#pool(id);
    this.#pools.delete(id);
    await pool.close(this.#options.stopTimeoutMs);
    this.#herald.forget(id);
    this.#recorder.forget(id);
    this.#commons.forget(id);
    this.#given = {
      ...this.#given,
      pools: new Map([...this.#given.pools].filter(([other]) => other !== id)),
    };
  }

  /** Observes and decides on, but acts no more. */
  pause(id: PoolId): void {
    this.#pool(id).paused = true;
  }

  resume(id: PoolId): void {
    this.#pool(id).paused = false;
  }

  /**
   * Lets a shadow act for a while. It is taken back by itself when more of the work finds no ready worker, or when it
   * costs more, than was agreed; otherwise it stays. The policy before it goes on as a shadow. Told by `trial` events.
   *
   * @throws InvalidOptionError where there is no such shadow, a trial runs already, or the pool does not act
   */
  promote(id: PoolId, shadow: string, options: TrialOptions = {}): void {
    const pool = this.#pool(id);
    if (pool.shadows === undefined)
      throw new InvalidOptionError('shadow', `must name a shadow of ${id}`, shadow);
    pool.shadows.promote(shadow, options, pool.view, this.#instant());
  }

  /** Ends a trial before its time and hands the pool back. `false`: none runs. */
  takeBack(id: PoolId, reason = 'taken back by hand'): boolean {
    return this.#pool(id).shadows?.takeBack(reason, this.#instant()) ?? false;
  }

  /** What would be done now, and why, without doing it; on what was seen in the last tick. */
  recommend(id: PoolId): Decision {
    const asked = this.#pool(id);
    const at = this.#instant();
    const pools = [...this.#pools.values()];
    const inputs = inputsOf(pools, 'manual', (pool) => pool.view ?? pool.look(at), asked);
    return decide(inputs, this.#commons.shared(at))[pools.indexOf(asked)] as Decision;
  }

  /**
   * Raises a signal: something that the host knows and that the pools do not show yet. In force from the next tick on,
   * which follows at once where the loop runs, until it expires.
   *
   * @throws InvalidOptionError when it is none, or names a pool that is none
   */
  signal(input: Signal): readonly ActiveSignal[] {
    const signal = parseSignal(input);
    if (signal.pool !== undefined) this.#pool(signal.pool);
    const at = this.#instant();
    const views = [...this.#pools.values()].map((pool) => pool.view ?? pool.look(at));
    const { signals } = this.#commons.raise(signal, views, at);
    this.#loop.wake({ trigger: 'signal', cause: signals[0]?.reason ?? signal.type });
    this.#sharing?.share();
    return signals;
  }

  /** Ends signals of a type before their time, of one pool or of all. */
  withdraw(type: SignalType, pool?: PoolId): void {
    this.#commons.board.withdraw(type, pool);
    this.#sharing?.share();
  }

  /**
   * Where a demand would best go: spread over pools by how well they suit it, what idles, their limits and prices. Pure;
   * raise it as `external` signals to have the workers started.
   *
   * @param demand in busy-worker equivalents
   * @param specialization how well each pool suits the work, 0..1; default: all do
   */
  coordinate(
    demand: number,
    specialization: Readonly<Record<PoolId, number>> = {},
    options: CoordinateOptions = {},
  ): Coordination {
    return coordinate(demand, candidates(this.#pools.values(), specialization), options);
  }

  /** How a router should divide jobs that any of the pools can do: weights that add up to 1, by what each can serve. */
  weights(): Readonly<Record<PoolId, number>> {
    return weightsOf([...this.#pools.values()]);
  }

  /**
   * Changes options while it runs: all of them, or none when one breaks its rule. Sizes follow in the next tick.
   *
   * @throws InvalidOptionError; then nothing has changed
   */
  reconfigure(changes: Reconfiguration): void {
    const { given, resolved } = reconfigured(this.#given, changes);
    const scheduler =
      changes.schedules === undefined && changes.zone === undefined
        ? this.#options.scheduler
        : resolved.scheduler;
    const { scheduler: before } = this.#options;
    if (changes.schedules === undefined && scheduler !== before) keepSchedules(before, scheduler);
    const next = { ...resolved, scheduler };
    const boardStays = changes.signals === undefined;
    const commons = this.#makeCommons(next, boardStays ? this.#commons : undefined);
    // Nothing below throws.
    this.#given = given;
    this.#options = next;
    this.#commons = commons;
    this.#loop.intervalMs = next.intervals.fast;
    for (const pool of this.#pools.values()) {
      const { resolved: options } = given.pools.get(pool.id) as { resolved: ResolvedPool };
      pool.reconfigure(options, this.#contextOf(options, pool.predictor));
    }
  }

  /**
   * Carries out a decision by hand: one that `recommend` gave, or just a size. The pool's bounds hold; its pace and
   * cooldowns do not. Settles when the operations it began have ended, at the latest after 30 s; they go on then.
   * Rejects with `NotLeaderError` where another instance leads.
   */
  async apply(id: PoolId, decision: ManualDecision): Promise<ApplyResult> {
    const pool = this.#pool(id);
    const at = this.#instant();
    const view = pool.view ?? pool.look(at);
    this.#standing.authorize();
    const manual = manualDecision(view, decision);
    this.#carryOut(pool, manual, at);
    const settled = await pool.settled(APPLY_TIMEOUT_MS);
    return { decision: manual, settled };
  }

  /** Changes of size of one pool, or of all, oldest first. */
  history(id?: PoolId): readonly ScaledEvent[] {
    if (id !== undefined) return this.#pool(id).history();
    return [...this.#pools.values()].flatMap((pool) => pool.history()).sort((a, b) => a.at - b.at);
  }

  /** Starts, stops, drains and resizes in flight. */
  operations(id?: PoolId): readonly Operation[] {
    const pools = id === undefined ? [...this.#pools.values()] : [this.#pool(id)];
    return pools.flatMap((pool) => [...pool.actuator.operations()]);
  }

  status(): ControllerStatus {
    const { nextAt } = this.#loop;
    const leadership = this.#standing.status(this.#instant());
    return {
      running: this.#loop.running,
      mode: this.#options.mode,
      ...(nextAt !== undefined && { nextTickInMs: nextAt - this.#options.clock.monotonic() }),
      pools: [...this.#pools.values()].map(poolStatus),
      ...(leadership !== undefined && { leadership }),
      faults: this.#herald.standing(),
    };
  }

  /**
   * Tells a fault of something that runs beside the controller like one of its own: once while it lasts, and, `recovered`,
   * that it is over. `recordHistory` does so.
   */
  report({ recovered = false, ...fault }: Omit<Fault, 'at' | 'pool'>): void {
    if (recovered) this.#herald.recovered(undefined, fault.source);
    else this.#herald.fault(fault);
  }

  /** All that a dashboard shows, as plain JSON: how things stand, the last 24 h, and what is to come. */
  dashboard(query: DashboardQuery = {}): DashboardData {
    const { clock, scheduler, intervals } = this.#options;
    const now = clock.now();
    const upcoming =
      scheduler !== undefined && isTimetable(scheduler) ? scheduler.upcoming(now, UPCOMING) : [];
    return this.#recorder.data({ now, upcoming, intervalMs: intervals.fast, ...this.status() }, query);
  }

  #pool(id: PoolId): ManagedPool {
    const pool = this.#pools.get(id);
    if (pool === undefined) throw new InvalidOptionError('id', 'must name a pool of this controller', id);
    return pool;
  }

  #manage(given: PoolOptions, resolved: ResolvedPool): void {
    const pool = new ManagedPool(resolved, this.#contextOf(resolved, predictorOf(resolved, this.#options)));
    this.#pools.set(resolved.id, pool);
    this.#given = {
      ...this.#given,
      pools: new Map([...this.#given.pools, [resolved.id, { given, resolved }]]),
    };
  }

  #contextOf({ id }: ResolvedPool, predictor: LoadPredictor | undefined): PoolContext {
    const { clock, mode, intervals, observeTimeoutMs, historySize, scheduler, predictive, detectsSpikes } =
      this.#options;
    return {
      clock,
      mode,
      intervalMs: intervals.fast,
      observeTimeoutMs,
      historySize,
      predictor,
      predictive,
      scheduler,
      commons: this.#commons,
      standing: this.#standing,
      detectsSpikes,
      hooks: {
        fault: (fault, news) => this.#herald.fault({ pool: id, ...fault }, news),
        recovered: (source) => this.#herald.recovered(id, source),
        operation: (event) => {
          this.#loop.reconsider();
          // Not from within the actuator: a listener may well call `apply`.
          queueMicrotask(() => this.#herald.tell('operation', event));
        },
        prediction: (event) => this.#herald.tell('prediction', event),
        trial: (event) => this.#herald.trial(event),
        optimized: (event) => this.#herald.tell('optimized', event),
        wake: (reason) => this.#loop.wake({ trigger: 'wake', cause: `${id}: ${reason}` }),
      },
    };
  }

  #makeCommons({ guard, budget, signals }: ResolvedOptions = this.#options, before?: Commons): Commons {
    const hooks = {
      fault: (fault: Omit<Fault, 'at'>) => this.#herald.fault(fault),
      recovered: (source: FaultSource) => this.#herald.recovered(undefined, source),
      throttle: (advice: ThrottleAdvice) => this.#herald.tell('throttle', advice),
    };
    return new Commons({ guard, budget, signals }, hooks, before);
  }

  #sharingHost(): SharingHost {
    const controller = this;
    return {
      pools: this.#pools,
      get intervals() {
        return controller.#options.intervals;
      },
      board: () => this.#commons.board,
      scheduler: () => this.#options.scheduler,
      term: () => this.#standing.term(),
      wake: (trigger, cause) => this.#loop.wake({ trigger, cause }),
      failed: (error) => this.#herald.failure('state', error),
      recovered: () => this.#herald.recovered(undefined, 'state'),
    };
  }

  #instant(): Instant {
    const { clock } = this.#options;
    return { now: clock.now(), monotonic: clock.monotonic() };
  }

  #enqueue(occasion: Occasion): Promise<TickRecord> {
    const tick = this.#ticks.then(() => this.#tick(occasion));
    this.#ticks = tick.catch(() => {});
    return tick;
  }

  async #tick({ trigger, cause }: Occasion): Promise<TickRecord> {
    const pools = [...this.#pools.values()];
    const { clock, observeTimeoutMs } = this.#options;
    await Promise.all([
      this.#commons.sense(clock, observeTimeoutMs),
      observeAll(pools),
      this.#sharing?.look(),
    ]);
    const at = this.#instant();
    this.#lookWhoLeads(at);
    const inputs = inputsOf(pools, trigger, (pool) => pool.look(at));
    const shared = this.#commons.shared(at);
    const decisions = decide(inputs, shared);
    const records: PoolRecord[] = [];
    for (let index = 0; index < pools.length; index++) {
      const pool = pools[index] as ManagedPool;
      const decision = decisions[index] as Decision;
      pool.note(decision, at);
      if (pool.acts) this.#carryOut(pool, decision, at);
      else this.#herald.tell('decision', decision);
      const { view, policy, apart } = inputs[index] as (typeof inputs)[number];
      const shadows = pool.shadows?.decide(view, decision, at, trigger);
      records.push({
        view,
        policy: policy.name,
        decision,
        acted: pool.acts,
        ...(apart && { apart }),
        ...(shadows !== undefined && { shadows }),
      });
    }
    this.#upkeep.run(pools, this.#commons, this.#options.intervals, at);
    const limits = recordOf(shared);
    const record: TickRecord = {
      version: 1,
      at: at.now,
      trigger,
      ...(cause !== undefined && { cause }),
      ...(limits !== undefined && { shared: limits }),
      pools: records,
    };
    this.#herald.tell('tick', record);
    this.#records.keep(record);
    this.#sharing?.rest();
    return record;
  }

  #standForElection(): void {
    this.#standing.join({
      changed: () => this.#loop.wake({ trigger: 'wake', cause: 'leadership may have changed' }),
      failed: (error) => this.#herald.failure('leadership', error),
      recovered: () => this.#herald.recovered(undefined, 'leadership'),
    });
  }

  #lookWhoLeads(at: Instant): void {
    for (let change = this.#standing.look(at); change !== undefined; change = this.#standing.look(at)) {
      if (change.leader) this.#sharing?.lead();
      else for (const pool of this.#pools.values()) pool.standDown();
      this.#herald.leadership(change);
    }
  }

  #carryOut(pool: ManagedPool, decision: Decision, at: Instant): void {
    const change = pool.act(decision, at);
    this.#herald.tell('decision', decision);
    if (change !== undefined) this.#herald.scaled(change);
    if (decision.to !== decision.wanted) this.#herald.tell('held', decision);
  }

  async #shutDown(): Promise<void> {
    await this.#loop.stop();
    await this.#ticks;
    await Promise.all([...this.#pools.values()].map((pool) => pool.close(this.#options.stopTimeoutMs)));
    await this.#sharing?.close(this.#options.stopTimeoutMs);
    await this.#resign();
    await this.#records.flush(this.#options.stopTimeoutMs);
  }

  async #resign(): Promise<void> {
    const { stopTimeoutMs } = this.#options;
    try {
      await withDeadline(systemClock, stopTimeoutMs, 'leave()', () => this.#standing.leave());
    } catch (error) {
      this.#herald.failure('leadership', error);
    }
  }

  protected override listenerFailed(event: keyof ControllerEvents, error: unknown): void {
    this.#herald.listenerFailed(event, error);
  }
}

const noop = (): void => {};

/** Another zone: the schedules are those that were in force, with what has changed since the options were given. */
function keepSchedules(before: Scheduler | undefined, now: Scheduler | undefined): void {
  if (before !== undefined && now !== undefined && isTimetable(before) && isTimetable(now)) {
    now.replace(before.schedules);
  }
}
