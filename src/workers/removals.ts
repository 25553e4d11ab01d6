import type { StopRequest } from '../core/adapter.ts';
import type { WorkerId, WorkerObservation } from '../core/observation.ts';
import { DeadlineError } from '../errors.ts';
import type { ScaleRequest } from './actuator.ts';
import { backoffMs } from './breaker.ts';
import type { ResolvedLifecycleOptions } from './lifecycle-options.ts';
import { type Call, causeOf, messageOf, type Operations } from './operations.ts';
import { describeJobs, type Removal } from './removal.ts';
import { isIdle } from './removal-score.ts';
import type { Sight } from './sight.ts';

/** Failed calls after which a worker that works on is left alone. */
const MOST_ATTEMPTS = 5;
/** The longest delay that Node's timers take (24.8 days): an adapter may hand it to one. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** What removals need of the rest of the pool. */
export interface RemovalsContext {
  readonly options: ResolvedLifecycleOptions;
  readonly operations: Operations;
  readonly sight: Sight;
  /** Absent where `stopWorker` does the draining. */
  readonly drainWorker: ((id: WorkerId, signal: AbortSignal) => Promise<void>) | undefined;
  stopWorker(id: WorkerId, request: StopRequest, signal: AbortSignal): Promise<void>;
  /** The worker has gone. */
  removed(id: WorkerId): void;
}

/**
 * The workers on their way out: first the drain, then the stop, each tried again when it fails. A busy worker is
 * never stopped before its drain deadline, and after it only where the user chose so.
 */
export class Removals {
  readonly #context: RemovalsContext;
  readonly #removals = new Map<WorkerId, Removal>();

  constructor(context: RemovalsContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#removals.size;
  }

  has(id: WorkerId): boolean {
    return this.#removals.has(id);
  }

  /** Those that observations still count as ready. */
  unseen(): number {
    let unseen = 0;
    for (const { seen } of this.#removals.values()) if (!seen) unseen++;
    return unseen;
  }

  begin(id: WorkerId, request: ScaleRequest, at: number): void {
    if (this.#removals.has(id)) return;
    const removal: Removal = {
      id,
      request,
      begunAt: at,
      phase: this.#context.drainWorker ? 'drain' : 'stop',
      dueAt: at,
      attempt: 0,
      working: true,
      graceful: true,
      seen: false,
      goneAt: 0,
      goneIn: 0,
    };
    this.#removals.set(id, removal);
    this.#try(removal, at);
  }

  /**
   * Calls up to `count` drains off, the newest first: these workers take work again. Returns them, and whether
   * observations count them as ready at this moment.
   */
  reclaim(count: number): { readonly id: WorkerId; readonly counted: boolean }[] {
    const reclaimed: { id: WorkerId; counted: boolean }[] = [];
    for (const removal of [...this.#removals.values()].reverse()) {
      if (reclaimed.length >= count) break;
      const { call } = removal;
      // Without a call there is no signal that tells the worker to take work again: its removal goes on.
      if (removal.phase !== 'drain' || call === undefined) continue;
      this.#forget(removal);
      reclaimed.push({ id: removal.id, counted: !removal.seen });
      this.#context.operations.end(call, 'cancelled');
      call.abort.abort();
    }
    return reclaimed;
  }

  /** Takes a fresh observation in. */
  absorb(): void {
    const { sight } = this.#context;
    let fallen = Math.max(0, -sight.readyChange);
    for (const removal of this.#removals.values()) {
      const worker = sight.find(removal.id);
      if (worker !== undefined) removal.seen = worker.state !== 'ready';
      else if (sight.complete) {
        this.#finish(removal); // whatever its call does: it is not there any more
        continue;
      } else if (!removal.seen && fallen > 0) {
        removal.seen = true;
        fallen--;
      }
      if (removal.phase === 'gone') this.#confirm(removal, worker);
    }
  }

  /** It was stopped, the adapter said: observations should show it no more. */
  #confirm(removal: Removal, worker: WorkerObservation | undefined): void {
    const { sight, options, operations } = this.#context;
    const lapsed =
      sight.count - removal.goneIn >= 2 && sight.at - removal.goneAt >= options.visibilityGraceMs;
    if (worker === undefined) {
      if (lapsed || removal.seen) this.#forget(removal);
    } else if (lapsed) {
      const message = `stopWorker("${removal.id}") settled, and the worker is there (${describeJobs(worker)})`;
      operations.fault('stop', 'still there', message);
      // One that takes jobs counts again; one that does not is stopped again.
      if (worker.state === 'ready') this.#forget(removal);
      else this.#stop(removal, sight.at);
    }
  }

  /** Enforces deadlines, and tries again what is due. */
  review(at: number): void {
    for (const removal of this.#removals.values()) {
      if (removal.phase === 'gone' || removal.phase === 'over') continue;
      if (removal.working && at >= this.#drainDeadline(removal)) this.#drainIsLate(removal, at);
      if (at < removal.dueAt) continue;
      if (removal.call === undefined) this.#try(removal, at);
      else if (!removal.working) this.#stopIsLate(removal, removal.call, at);
    }
  }

  /** The earliest deadline or retry after `after`, infinite when there is none. */
  nextDeadline(after: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const removal of this.#removals.values()) {
      if (removal.phase === 'gone') continue;
      if (removal.dueAt > after) next = Math.min(next, removal.dueAt);
      const drainDeadline = this.#drainDeadline(removal);
      if (removal.working && drainDeadline > after) next = Math.min(next, drainDeadline);
    }
    return next;
  }

  /** Forgets all of them. */
  clear(): void {
    for (const removal of this.#removals.values()) this.#forget(removal);
  }

  #drainDeadline(removal: Removal): number {
    return removal.begunAt + this.#context.options.drainTimeoutMs;
  }

  /** Calls the adapter for the removal's phase. */
  #try(removal: Removal, at: number): void {
    const { operations, drainWorker, options } = this.#context;
    const { id, request, graceful } = removal;
    const { reason, emergency } = request;
    removal.attempt++;
    const attempt = removal.attempt;
    const details = { worker: id, attempt, emergency, reason };
    if (removal.phase === 'drain' && drainWorker) {
      removal.dueAt = Number.POSITIVE_INFINITY;
      const call = operations.begin(
        { kind: 'drain', ...details, timeoutMs: options.drainTimeoutMs },
        (signal) => drainWorker(id, signal),
        () => this.#drained(removal, call),
        (error) => this.#rejected(removal, call, error),
      );
      removal.call = call;
      return;
    }
    const timeoutMs = this.#stopTimeoutMs(removal, at);
    removal.dueAt = at + timeoutMs;
    const call = operations.begin(
      {
        kind: 'stop',
        ...details,
        timeoutMs: timeoutMs === NO_TIMEOUT_MS ? Number.POSITIVE_INFINITY : timeoutMs,
      },
      (signal) => this.#context.stopWorker(id, { graceful, reason, timeoutMs }, signal),
      () => this.#stopped(removal, call),
      (error) => this.#rejected(removal, call, error),
    );
    removal.call = call;
  }

  #stopTimeoutMs(removal: Removal, at: number): number {
    const { drainTimeoutMs, removalTimeoutMs, onDrainTimeout } = this.#context.options;
    // A stop that drains, too, is waited for as long as a drain is.
    if (removal.working) return onDrainTimeout === 'stop' ? drainTimeoutMs : NO_TIMEOUT_MS;
    // 60 s for both: after a drain of 10 s the stop has 50 s, after one of 5 min it has 30 s.
    return Math.max(removal.begunAt + removalTimeoutMs - at, removalTimeoutMs / 2);
  }

  #drained(removal: Removal, call: Call): void {
    if (removal.call !== call) return;
    const { operations } = this.#context;
    operations.end(call, 'completed');
    operations.recovered('drain', 'workers drain again');
    this.#stop(removal, operations.monotonic());
  }

  /** Its jobs have ended, or are not waited for: it is stopped. */
  #stop(removal: Removal, at: number): void {
    removal.working = false;
    removal.phase = 'stop';
    removal.attempt = 0;
    this.#try(removal, at);
  }

  #stopped(removal: Removal, call: Call): void {
    if (removal.call !== call) return;
    const { operations, sight } = this.#context;
    removal.phase = 'gone';
    removal.call = undefined;
    removal.goneAt = operations.monotonic();
    removal.goneIn = sight.count;
    operations.end(call, 'completed', { removed: [removal.id] });
    operations.recovered('stop', 'workers stop again');
    this.#context.removed(removal.id);
    if (removal.seen && sight.find(removal.id) === undefined) this.#forget(removal);
  }

  #rejected(removal: Removal, call: Call, error: unknown): void {
    if (removal.call !== call) return;
    const { operations } = this.#context;
    const kind = removal.phase === 'drain' ? 'drain' : 'stop';
    operations.end(call, 'failed', { error });
    const message = `${kind}Worker("${removal.id}") failed: ${messageOf(error)}`;
    operations.fault(kind, causeOf(error), message, error);
    this.#retryLater(removal, operations.monotonic());
  }

  #retryLater(removal: Removal, at: number): void {
    const { options, sight } = this.#context;
    removal.call = undefined;
    removal.dueAt = at + backoffMs(removal.attempt, options);
    if (removal.attempt < MOST_ATTEMPTS) return;
    // It works on and counts again, unless it is known to be on its way out: then it is tried for ever.
    const worker = sight.find(removal.id);
    if (worker === undefined || worker.state === 'ready') this.#forget(removal);
  }

  /** It still runs jobs at its drain deadline, or its drain does not settle. */
  #drainIsLate(removal: Removal, at: number): void {
    const { operations, options, sight } = this.#context;
    const worker = sight.find(removal.id);
    if (worker?.busy !== undefined && isIdle(worker)) {
      // The drain is over, whatever its call says. It is not aborted: that would give the worker work again.
      if (removal.call && removal.phase === 'drain') operations.end(removal.call, 'completed');
      else if (removal.call && at < removal.begunAt + options.removalTimeoutMs) return;
      else if (removal.call) this.#endLate(removal.call, at);
      this.#stop(removal, at);
      return;
    }
    const seconds = Math.round((at - removal.begunAt) / 1000);
    const late = `worker "${removal.id}" is not idle ${seconds} s after its drain began (${describeJobs(worker)})`;
    if (options.onDrainTimeout === 'wait') {
      if (removal.call?.operation.deadline !== undefined)
        operations.extend(removal.call, Number.POSITIVE_INFINITY);
      operations.fault('drain', 'deadline', `${late}; it is waited for`);
      return;
    }
    operations.incident('drain', `${late}; it is stopped`);
    // The drain is not aborted here either: the worker would take a job just before it is stopped.
    const { call } = removal;
    if (call && removal.phase === 'stop') this.#endLate(call, at);
    else if (call)
      operations.end(call, 'failed', { error: new DeadlineError('drainWorker()', at - call.begunAt) });
    removal.graceful = false;
    this.#stop(removal, at);
  }

  #stopIsLate(removal: Removal, call: Call, at: number): void {
    const seconds = Math.round((at - call.begunAt) / 1000);
    this.#endLate(call, at);
    const message = `stopWorker("${removal.id}") has not settled after ${seconds} s; it is called again`;
    this.#context.operations.fault('stop', 'deadline', message);
    if (this.#context.options.onDrainTimeout === 'stop') removal.graceful = false;
    this.#retryLater(removal, at);
  }

  #endLate(call: Call, at: number): void {
    const error = new DeadlineError('stopWorker()', Math.round(at - call.begunAt));
    this.#context.operations.end(call, 'failed', { error });
    call.abort.abort(error);
  }

  /** It is not there any more. */
  #finish(removal: Removal): void {
    const { operations } = this.#context;
    const { call, id, phase } = removal;
    this.#forget(removal);
    if (phase === 'gone') return;
    if (call) operations.end(call, 'completed', { removed: [id] });
    this.#context.removed(id);
  }

  #forget(removal: Removal): void {
    removal.phase = 'over';
    removal.call = undefined; // what it settles with is not listened to
    this.#removals.delete(removal.id);
  }
}
