import type { Clock } from '../clock.ts';
import type { PoolAdapter } from '../core/adapter.ts';
import type { Instant } from '../core/instant.ts';
import type { PoolId, PoolObservation, WorkerId } from '../core/observation.ts';
import type { Startup } from '../core/view.ts';
import type { LifecycleOptions } from './lifecycle-options.ts';
import type { StartupTimes } from './startup-times.ts';

export type { LifecycleOptions } from './lifecycle-options.ts';

/** The workers that count, as the newest observation and the operations in flight show them together. */
export interface Workforce {
  /** Workers that serve and are to stay. */
  readonly ready: number;
  /** Workers on their way: observed as starting, being started, started but not yet seen, or awaiting a retry. */
  readonly starting: number;
  /** Of `starting`, those whose start failed and that wait for their next attempt. */
  readonly retrying: number;
  /** Workers on their way out; they do not count. */
  readonly draining: number;
  /** ready + starting: what decisions start from. */
  readonly size: number;
}

export type OperationKind = 'start' | 'drain' | 'stop' | 'scale';

/** One call to the adapter that has not settled. Plain JSON. */
export interface Operation {
  /** Unique within the pool. */
  readonly id: number;
  readonly kind: OperationKind;
  /** The worker that is drained or stopped. */
  readonly worker?: WorkerId;
  /** The size that `scaleTo` asked for. */
  readonly size?: number;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms; absent where the operation may last as long as it takes. */
  readonly deadline?: number;
  /** 1 = the first try. */
  readonly attempt: number;
  readonly emergency: boolean;
  /** The sentence that the decision gave. */
  readonly reason: string;
}

/** `cancelled`: called off because the wish has changed; nothing is wrong. */
export type OperationOutcome = 'started' | 'completed' | 'failed' | 'cancelled';

export interface OperationEvent {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly at: number;
  readonly outcome: OperationOutcome;
  readonly operation: Operation;
  /** Workers that joined through it. */
  readonly added: readonly WorkerId[];
  /** Workers that left through it. */
  readonly removed: readonly WorkerId[];
  /** From its beginning until now, ms; 0 for `started`. */
  readonly durationMs: number;
  readonly error?: unknown;
}

export type ActuatorFaultSource = OperationKind | 'breaker';

/** Something went wrong, or is well again. Told once per cause, until a call of the same kind has succeeded. */
export interface ActuatorFault {
  /** Epoch ms. */
  readonly at: number;
  readonly pool: PoolId;
  readonly source: ActuatorFaultSource;
  /** A sentence with the figures. */
  readonly message: string;
  /** The fault is over. */
  readonly recovered?: boolean;
  readonly error?: unknown;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface ScaleRequest {
  /** The sentence that the decision gave. */
  readonly reason: string;
  /** Shorter deadlines, `skipWarmup`, and no waiting for a backoff (an open breaker holds all the same). */
  readonly emergency: boolean;
}

/**
 * Brings one pool to the size that was decided. It starts no timers: deadlines and retries are looked after in
 * `review`, which the loop calls every tick and at `nextDeadline()`. No method throws, whatever the adapter does.
 */
export interface PoolActuator {
  /**
   * Called every tick before deciding, with the newest accepted observation (`undefined`: there was none) and
   * whether it was made in this tick (default) or is an older one. Absorbs what became visible, enforces deadlines,
   * retries what is due, and returns what counts.
   */
  review(at: Instant, observation: PoolObservation | undefined, fresh?: boolean): Workforce;
  /**
   * Brings the pool to `size` (ready + starting). What it needs from the adapter has been called when it returns;
   * how that went is told by events and later reviews. May be called every tick; at the wanted size it does nothing.
   */
  scaleTo(size: number, at: Instant, request: ScaleRequest): void;
  /**
   * Monotonic ms of the next deadline or retry, `undefined` when there is none. It changes when an operation
   * settles: ask again after each `onOperation`.
   */
  nextDeadline(): number | undefined;
  /** The start-up time as this pool's own starts show it. */
  startup(): Startup;
  /** The calls in flight, oldest first. */
  operations(): readonly Operation[];
  readonly breaker: BreakerState;
  /**
   * Begins nothing new but the stop of what has been drained, and settles when the calls in flight have settled.
   * Once `deadline` is aborted, calls off what is left (a worker whose drain is called off takes work again) and
   * settles at once. Idempotent; never rejects.
   */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface ActuatorOptions {
  readonly pool: PoolId;
  readonly adapter: PoolAdapter;
  /** Read when a call settles, which is between ticks. */
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly lifecycle?: LifecycleOptions;
  /** What is known of the pool's start-up time, and is added to. Default: nothing, as `lifecycle` assumes. */
  readonly startups?: StartupTimes;
  /** Must not throw, nor call the actuator. */
  readonly onOperation?: (event: OperationEvent) => void;
  /** Must not throw, nor call the actuator. */
  readonly onFault?: (fault: ActuatorFault) => void;
}
