import type { StartRequest } from '../core/adapter.ts';
import type { WorkerId } from '../core/observation.ts';
import { DeadlineError } from '../errors.ts';
import type { ScaleRequest } from './actuator.ts';
import { type Arrival, Arrivals } from './arrivals.ts';
import { Breaker } from './breaker.ts';
import type { ResolvedLifecycleOptions } from './lifecycle-options.ts';
import { type Call, causeOf, messageOf, type Operations } from './operations.ts';
import type { Sight } from './sight.ts';
import { StartDeadline } from './start-deadline.ts';
import type { StartupTimes } from './startup-times.ts';
import { Stragglers } from './stragglers.ts';

/** What starts need of the rest of the pool. */
export interface StartsContext {
  readonly options: ResolvedLifecycleOptions;
  readonly operations: Operations;
  readonly sight: Sight;
  readonly startups: StartupTimes | undefined;
  /** The size that was asked for last. */
  readonly wanted: number;
  /** Of these, how many are neither ready nor on their way; negative when there are too many. */
  missing(): number;
  startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId>;
  /** A worker has been started. */
  started(id: WorkerId): void;
  /** Drain and stop a worker that is not wanted. */
  retire(id: WorkerId, request: ScaleRequest): void;
}

/**
 * The starts of a pool. They run in parallel, each with its deadline. Those that fail are owed, and begun again when
 * the breaker permits. A start is over when its call has settled *and* an observation shows the worker; until then
 * it counts as on its way, so that an observation that lags behind does not start a worker twice.
 */
export class Starts {
  readonly breaker: Breaker;
  /** Starts that wait for their first or next attempt. */
  owed = 0;
  #owedRequest: ScaleRequest = { reason: '', emergency: false };
  readonly #context: StartsContext;
  readonly #arrivals: Arrivals;
  readonly #deadline: StartDeadline;
  readonly #stragglers = new Stragglers();
  /** Starts begun less those ended since the newest observation, whose `starting` cannot know of them. */
  #sinceSight = 0;

  constructor(context: StartsContext) {
    this.#context = context;
    this.#arrivals = new Arrivals(context.sight);
    this.breaker = new Breaker(context.options);
    this.#deadline = new StartDeadline(context.options, context.startups);
  }

  get times(): StartupTimes {
    return this.#deadline.times;
  }

  get idle(): boolean {
    return this.#arrivals.size === 0 && this.owed === 0 && this.#stragglers.size === 0;
  }

  /** Workers on their way and not yet counted as ready, those owed left out. */
  count(): number {
    const shown = this.#context.sight.starting + this.#sinceSight - this.#stragglers.cancelled();
    return Math.max(this.#arrivals.unseen(), shown, 0);
  }

  /** Owes `count` more starts, and begins what is permitted now. */
  add(count: number, request: ScaleRequest, at: number): void {
    this.owed += count;
    if (count > 0) this.#owedRequest = request;
    else if (!request.emergency) this.#owedRequest = { ...this.#owedRequest, emergency: false };
    this.retry(at, request.emergency);
  }

  /** Takes up to `count` starts back: first those that are owed, then the newest. Returns how many. */
  drop(count: number): number {
    let dropped = Math.min(count, this.owed);
    this.owed -= dropped;
    for (const arrival of this.#arrivals.newestFirst()) {
      if (dropped >= count) break;
      if (arrival.call && isOpen(arrival)) {
        this.#cancel(arrival, arrival.call);
        dropped++;
      }
    }
    return dropped;
  }

  /**
   * A worker whose drain was called off counts at once, and is expected among the ready ones. `seen`: the newest
   * observation, made before its drain began, has it among them.
   */
  expectBack(id: WorkerId, seen: boolean, request: ScaleRequest, at: number): void {
    const timeoutMs = this.#context.options.visibilityGraceMs;
    this.#arrivals.add({
      request,
      begunAt: at,
      timeoutMs,
      deadline: at + timeoutMs,
      state: 'coming',
      id,
      settledAt: at,
      settledIn: this.#context.sight.count,
      seen,
    });
  }

  /** Takes a fresh observation in. */
  absorb(): void {
    this.#sinceSight = 0;
    if (this.#arrivals.size === 0) return;
    for (const arrival of this.#arrivals.absorb()) this.#finish(arrival);
  }

  /** Enforces deadlines, and begins what is owed and permitted. */
  review(at: number): void {
    const { sight, operations, options } = this.#context;
    this.#stragglers.expire(at, options.longestStartMs);
    // Starts that the pool itself shows as starting get more time. It shows a number, not which ones: it is taken
    // for those that are within their time, then for the younger ones.
    let confirmed = sight.starting;
    for (const { seen, deadline } of this.#arrivals) if (!seen && at < deadline) confirmed--;
    for (const arrival of this.#arrivals.newestFirst()) {
      if (at < arrival.deadline) continue;
      const latest = arrival.begunAt + options.longestStartMs;
      if (at < latest && (arrival.seen || confirmed > 0)) {
        if (!arrival.seen) confirmed--;
        arrival.deadline = Math.min(at + options.startTimeoutMs, latest);
        if (arrival.call) operations.extend(arrival.call, arrival.deadline - arrival.begunAt);
      } else if (arrival.seen) this.#finishUnsettled(arrival);
      else if (isOpen(arrival)) this.#cut(arrival, at);
      else if (sight.count - arrival.settledIn >= 2) this.#miss(arrival, at);
    }
    this.retry(at);
  }

  /** Begins what is owed and permitted now. */
  retry(at: number, ignoreBackoff = false): void {
    this.#settleDebt();
    if (this.owed === 0) return;
    const unseen = this.#arrivals.unseen();
    const permitted = this.breaker.permits(at, unseen, ignoreBackoff);
    const count = Math.min(this.owed, permitted, this.#room(at, unseen));
    if (count <= 0) return;
    const before = this.#context.sight.remember();
    this.owed -= count;
    for (let i = 0; i < count; i++) this.#begin(this.#owedRequest, at, before);
  }

  /** The earliest deadline or retry after `after`, infinite when there is none. */
  nextDeadline(after: number): number {
    const { retryAt } = this.breaker;
    let next = this.owed > 0 && retryAt > after ? retryAt : Number.POSITIVE_INFINITY;
    for (const arrival of this.#arrivals) {
      // One that has settled waits for observations, and these come with the ticks.
      if (isOpen(arrival) && arrival.deadline > after) next = Math.min(next, arrival.deadline);
    }
    return next;
  }

  /** Forgets all of them. */
  clear(): void {
    this.owed = 0;
    this.#arrivals.clear();
    this.#stragglers.clear();
  }

  #begin(request: ScaleRequest, at: number, before: ReadonlySet<WorkerId> | undefined): void {
    const { operations } = this.#context;
    const { emergency, reason } = request;
    const timeoutMs = this.#deadline.timeoutMs(emergency);
    const call = operations.begin(
      { kind: 'start', attempt: this.breaker.failures + 1, emergency, reason, timeoutMs },
      (signal) => this.#context.startWorker({ skipWarmup: emergency, emergency, reason, timeoutMs }, signal),
      (id) => this.#settled(arrival, id),
      (error) => this.#rejected(arrival, error),
    );
    const arrival: Arrival = {
      call,
      request,
      begunAt: at,
      timeoutMs,
      deadline: at + timeoutMs,
      before,
      state: 'coming',
      settledIn: 0,
      seen: false,
    };
    this.#arrivals.add(arrival);
    this.#sinceSight++;
  }

  #settled(arrival: Arrival, value: unknown): void {
    const { operations, sight, options } = this.#context;
    const id = typeof value === 'string' && value !== '' ? value : undefined;
    const late = arrival.state !== 'coming';
    this.#stragglers.delete(arrival);
    if (arrival.state === 'done') {
      if (id !== undefined) this.#context.started(id);
      return;
    }
    if (late) {
      if (operations.stopping) return;
      // What was only late is welcome; what was cancelled is so when it saves a start.
      const saves = this.#context.missing() > 0 || this.#arrivals.newestFirst().some(isOpen);
      if (arrival.state === 'cancelled' && !saves) {
        this.#sinceSight--;
        if (id !== undefined) this.#context.retire(id, arrival.request);
        return;
      }
      this.#arrivals.add(arrival);
    }
    arrival.settledAt = operations.monotonic();
    arrival.settledIn = sight.count;
    arrival.deadline = Math.max(arrival.deadline, arrival.settledAt + options.visibilityGraceMs);
    if (id === undefined) {
      operations.fault('start', 'no id', `startWorker() gave ${messageOf(value)} in place of a worker's id`);
    } else {
      this.#context.started(id);
      this.#arrivals.identify(arrival, id);
    }
    const result = { added: id === undefined ? [] : [id] };
    if (arrival.call && late) operations.addendum(arrival.call, result);
    else if (arrival.call) operations.end(arrival.call, 'completed', result);
    if (late) this.#dropStandIns();
    if (arrival.seen) this.#finish(arrival);
  }

  #rejected(arrival: Arrival, error: unknown): void {
    this.#stragglers.delete(arrival);
    if (arrival.state === 'cancelled') this.#sinceSight--;
    if (arrival.state !== 'coming') return;
    const at = this.#context.operations.monotonic();
    // An adapter that keeps the time itself rejects at its end: that is a start that was cut.
    if (at - arrival.begunAt >= 0.9 * arrival.timeoutMs) this.#deadline.missed(arrival.timeoutMs);
    this.#arrivals.remove(arrival, 'done');
    this.#fail(arrival, at, causeOf(error), `a worker did not start: ${messageOf(error)}`, error);
  }

  #cut(arrival: Arrival, at: number): void {
    this.#deadline.missed(arrival.timeoutMs);
    this.#arrivals.remove(arrival, 'cut');
    this.#stragglers.add(arrival);
    const lastedMs = Math.round(at - arrival.begunAt);
    const error = new DeadlineError('startWorker()', lastedMs);
    const { longestStartMs } = this.#context.options;
    const next =
      lastedMs < longestStartMs
        ? `the next one gets ${this.#deadline.timeoutMs(false)} ms`
        : 'lifecycle.longestStartMs allows no more: raise it where starts take longer';
    const message = `a start was cut after ${lastedMs} ms; ${next}`;
    this.#fail(arrival, at, 'deadline', message, error);
    arrival.call?.abort.abort(error);
  }

  /** It is there, the adapter said, but no observation shows it. */
  #miss(arrival: Arrival, at: number): void {
    const { sight } = this.#context;
    const { id, before, call, request } = arrival;
    this.#arrivals.remove(arrival, 'done');
    if (call === undefined) {
      // Its drain was called off too late: it does not work again. Unless it is gone, its removal goes on.
      const gone = sight.complete && id !== undefined && sight.find(id) === undefined;
      if (id !== undefined && !gone) this.#context.retire(id, request);
      return;
    }
    this.#deadline.missed(arrival.timeoutMs);
    const what =
      id !== undefined && before?.has(id) ? 'which was there before' : 'which is not seen as ready';
    this.#fail(arrival, at, 'unseen', `startWorker() settled with ${id ?? 'no id'}, ${what}`);
  }

  /** What failed is owed. */
  #fail(arrival: Arrival, at: number, cause: string, message: string, error?: unknown): void {
    const { operations } = this.#context;
    this.owed++;
    this.#owedRequest = arrival.request;
    this.#sinceSight--;
    if (arrival.call) operations.end(arrival.call, 'failed', { error });
    operations.fault('start', cause, message, error);
    if (this.breaker.failure(at, arrival.begunAt)) {
      const seconds = Math.round((this.breaker.retryAt - at) / 1000);
      const failures = `${this.breaker.failures} starts in a row have failed`;
      operations.fault('breaker', 'start', `${failures}; the next one is tried in ${seconds} s`, error);
    }
    this.#settleDebt();
  }

  #finish(arrival: Arrival): void {
    const { operations, sight } = this.#context;
    this.#arrivals.remove(arrival, 'done');
    if (arrival.call === undefined || arrival.settledAt === undefined) return;
    // One that is shown late was not ready when its call settled: it became so between two observations.
    const shownLate = sight.count - arrival.settledIn > 2;
    const readyAt = shownLate ? (sight.previousAt + sight.at) / 2 : arrival.settledAt;
    this.#deadline.met(readyAt - arrival.begunAt);
    operations.recovered('start', 'workers start again');
    if (this.breaker.success())
      operations.recovered('breaker', 'a worker has started: the circuit is closed');
  }

  /** Its worker works, but its call does not settle. */
  #finishUnsettled(arrival: Arrival): void {
    this.#arrivals.remove(arrival, 'done');
    if (arrival.call) this.#context.operations.end(arrival.call, 'completed');
  }

  #cancel(arrival: Arrival, call: Call): void {
    this.#arrivals.remove(arrival, 'cancelled');
    this.#stragglers.add(arrival);
    this.#context.operations.end(call, 'cancelled');
    call.abort.abort();
  }

  /** A worker that was given up has come: the start that stood in for it is not needed. */
  #dropStandIns(): void {
    this.#settleDebt();
    const surplus = -this.#context.missing();
    if (surplus > 0) this.drop(surplus);
  }

  /** What has come by another way is not owed. */
  #settleDebt(): void {
    if (this.owed > 0) this.owed = Math.max(0, Math.min(this.owed, this.#context.missing()));
  }

  /**
   * How many starts may begin although others that were given up may still bring a worker: all of them together may
   * make the pool half as large again as it is wanted, and one start at a time may always run. A straggler is not
   * reckoned with when it has taken three times as long as other starts take.
   */
  #room(at: number, unseen: number): number {
    const { wanted } = this.#context;
    const patienceMs = 3 * this.times.learnedP90Ms || Number.POSITIVE_INFINITY;
    const stragglers = this.#stragglers.expected(at, patienceMs);
    if (stragglers === 0) return Number.POSITIVE_INFINITY;
    const spare = Math.max(1, Math.ceil(wanted / 2));
    return Math.max(unseen === 0 ? 1 : 0, this.#context.missing() + spare - stragglers);
  }
}

/** Its call has not settled and its worker has not been seen. */
function isOpen(arrival: Arrival): boolean {
  return arrival.settledAt === undefined && !arrival.seen;
}
