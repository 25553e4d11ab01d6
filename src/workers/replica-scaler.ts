import type { ReplicaPoolAdapter } from '../core/adapter.ts';
import type { Instant } from '../core/instant.ts';
import type { PoolObservation } from '../core/observation.ts';
import type { Startup } from '../core/view.ts';
import { DeadlineError } from '../errors.ts';
import type {
  ActuatorOptions,
  BreakerState,
  Operation,
  PoolActuator,
  ScaleRequest,
  Workforce,
} from './actuator.ts';
import { Breaker } from './breaker.ts';
import { lifecycleDefaults, type ResolvedLifecycleOptions } from './lifecycle-options.ts';
import { type Call, causeOf, messageOf, Operations } from './operations.ts';
import { ReplicaStarts } from './replica-starts.ts';
import { Sight } from './sight.ts';

export interface ReplicaScalerOptions extends ActuatorOptions {
  readonly adapter: ReplicaPoolAdapter;
}

/** The size that the orchestrator is held to. */
interface Wish {
  readonly size: number;
  readonly request: ScaleRequest;
  /** The orchestrator has taken it on. */
  accepted: boolean;
  /** The pool has had that size since. */
  reached: boolean;
  call?: Call | undefined;
  /** A size other than the wish that the pool shows, and since when (monotonic ms). */
  drift?: { readonly size: number; readonly since: number } | undefined;
}

/** Where no start was seen yet, one may take so long, ms. */
const UNSEEN_START_MS = 600_000;

/**
 * Sizes a pool whose orchestrator owns the workers. A wish counts from the moment it is made: the orchestrator works
 * toward it, replaces what crashes, and may be slow to show either. Without a wish the size is what is observed; so
 * it is again when the pool stays at another size, because someone else has set it or it cannot be had.
 */
export class ReplicaScaler implements PoolActuator {
  readonly #adapter: ReplicaPoolAdapter;
  readonly #options: ResolvedLifecycleOptions;
  readonly #operations: Operations;
  readonly #breaker: Breaker;
  readonly #starts: ReplicaStarts;
  readonly #sight: Sight = new Sight();
  #showsStarting = false;
  #wish: Wish | undefined;
  #reviewedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReplicaScalerOptions) {
    this.#adapter = options.adapter;
    this.#options = { ...lifecycleDefaults, ...options.lifecycle };
    this.#operations = new Operations(options);
    this.#breaker = new Breaker(this.#options);
    this.#starts = new ReplicaStarts(this.#options, options.startups);
  }

  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  review(at: Instant, observation: PoolObservation | undefined, fresh = true): Workforce {
    this.#reviewedAt = at.monotonic;
    const sight = this.#sight;
    if (observation !== undefined && fresh) {
      sight.see(observation, at);
      this.#showsStarting = observation.starting !== undefined || observation.workers !== undefined;
      this.#starts.absorb(sight);
      if (this.#wish) this.#compare(this.#wish, at.monotonic);
    }
    const wish = this.#wish;
    if (wish === undefined) {
      const { ready, starting, draining } = sight;
      return { ready, starting, retrying: 0, draining, size: ready + starting };
    }
    if (!wish.accepted && !this.#operations.stopping) this.#pursue(wish, at.monotonic);
    const ready = Math.min(sight.ready, wish.size);
    const starting = wish.size - ready;
    return {
      ready,
      starting,
      retrying: wish.accepted || wish.call ? 0 : starting,
      draining: Math.max(sight.draining, sight.ready - ready),
      size: wish.size,
    };
  }

  scaleTo(size: number, at: Instant, request: ScaleRequest): void {
    if (this.#operations.stopping || !(size >= 0)) return;
    const wanted = Math.round(size);
    const current = this.#wish;
    if (current?.size === wanted) {
      if (!current.accepted && request.emergency) this.#send(current, at.monotonic, true);
      return;
    }
    if (current === undefined && wanted === this.#sight.ready + this.#sight.starting) return;
    if (current) this.#supersede(current);
    this.#wish = { size: wanted, request, accepted: false, reached: false };
    this.#send(this.#wish, at.monotonic, request.emergency);
  }

  nextDeadline(): number | undefined {
    const wish = this.#wish;
    if (wish === undefined || wish.accepted || this.#operations.stopping) return undefined;
    const next = wish.call ? wish.call.begunAt + this.#timeoutMs(wish) : this.#breaker.retryAt;
    return next > this.#reviewedAt ? next : undefined;
  }

  startup(): Startup {
    return this.#starts.times.startup;
  }

  operations(): readonly Operation[] {
    return this.#operations.list();
  }

  stop(deadline: AbortSignal): Promise<void> {
    return this.#operations.close(deadline);
  }

  #timeoutMs({ request }: Wish): number {
    const { scaleTimeoutMs, emergencyStartTimeoutMs } = this.#options;
    return request.emergency ? Math.min(scaleTimeoutMs, emergencyStartTimeoutMs) : scaleTimeoutMs;
  }

  /** Enforces the deadline of the call, or makes the next one. */
  #pursue(wish: Wish, at: number): void {
    const { call } = wish;
    if (call && at >= call.begunAt + this.#timeoutMs(wish)) {
      const error = new DeadlineError(`scaleTo(${wish.size})`, Math.round(at - call.begunAt));
      this.#failed(wish, call, at, 'deadline', error);
      call.abort.abort(error);
    }
    this.#send(wish, at, false);
  }

  #send(wish: Wish, at: number, ignoreBackoff: boolean): void {
    if (wish.call || this.#breaker.permits(at, 0, ignoreBackoff) < 1) return;
    const { emergency, reason } = wish.request;
    const timeoutMs = this.#timeoutMs(wish);
    const attempt = this.#breaker.failures + 1;
    const call = this.#operations.begin(
      { kind: 'scale', size: wish.size, attempt, emergency, reason, timeoutMs },
      (signal) => this.#adapter.scaleTo(wish.size, signal),
      () => this.#accepted(wish, call),
      (error) => {
        if (wish.call === call) this.#failed(wish, call, this.#operations.monotonic(), causeOf(error), error);
      },
    );
    wish.call = call;
  }

  /** Also when it comes after the deadline: unless the wish has changed, it is fulfilled. */
  #accepted(wish: Wish, call: Call): void {
    this.#operations.end(call, 'completed');
    if (wish !== this.#wish || wish.accepted) return;
    if (wish.call === call) wish.call = undefined;
    else this.#supersede(wish);
    wish.accepted = true;
    this.#starts.expect(wish.size - this.#sight.ready, call.begunAt);
    this.#operations.recovered('scale', 'scaleTo() is accepted again');
    if (this.#breaker.success())
      this.#operations.recovered('breaker', 'scaleTo() was accepted: the circuit is closed');
  }

  #failed(wish: Wish, call: Call, at: number, cause: string, error: unknown): void {
    wish.call = undefined;
    this.#operations.end(call, 'failed', { error });
    this.#operations.fault('scale', cause, `scaleTo(${wish.size}) failed: ${messageOf(error)}`, error);
    if (this.#breaker.failure(at, call.begunAt)) {
      const seconds = Math.round((this.#breaker.retryAt - at) / 1000);
      const failures = `${this.#breaker.failures} calls of scaleTo() in a row have failed`;
      this.#operations.fault('breaker', 'scale', `${failures}; the next one is made in ${seconds} s`, error);
    }
  }

  /** Its call is not needed any more. */
  #supersede(wish: Wish): void {
    const { call } = wish;
    if (call === undefined) return;
    wish.call = undefined;
    this.#operations.end(call, 'cancelled');
    call.abort.abort();
  }

  /** Compares a wish that was accepted with what the pool shows. */
  #compare(wish: Wish, at: number): void {
    if (!wish.accepted) return;
    const size = this.#sight.ready + this.#sight.starting;
    if (size === wish.size) {
      wish.reached = true;
      wish.drift = undefined;
      this.#operations.recovered('scale', `the pool has the size that was asked for, ${size}`);
    } else if (wish.drift?.size !== size) wish.drift = { size, since: at };
    else if (at - wish.drift.since >= this.#patienceMs(wish, size)) {
      const seconds = Math.round((at - wish.drift.since) / 1000);
      const asked = wish.reached ? `was ${wish.size} as asked for` : `was asked to become ${wish.size}`;
      const message = `the pool ${asked}, and has been ${size} for ${seconds} s: taken as its size`;
      this.#operations.fault('scale', 'adopted', message);
      this.#wish = undefined;
      this.#starts.clear();
    }
  }

  /** How long another size must last to be believed. */
  #patienceMs(wish: Wish, size: number): number {
    const { adoptAfterMs, longestStartMs, removalTimeoutMs } = this.#options;
    if (wish.reached) return adoptAfterMs;
    if (size > wish.size) return Math.max(adoptAfterMs, removalTimeoutMs);
    if (this.#showsStarting) return adoptAfterMs;
    // Workers on their way are not shown: wait as long as a start may well take.
    const unseenMs = Math.min(longestStartMs, UNSEEN_START_MS);
    return Math.max(adoptAfterMs, 3 * this.#starts.times.learnedP90Ms || unseenMs);
  }
}
