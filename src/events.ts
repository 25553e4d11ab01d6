import { EventEmitter } from 'eventemitter3';
import type { OptimizeRequest, OptimizeResult } from './core/adapter.ts';
import type { Decision, Trigger } from './core/decision.ts';
import type { PoolId } from './core/observation.ts';
import type { TickRecord } from './core/record.ts';
import type { ThrottleAdvice } from './core/signal.ts';
import { isPromise } from './deadline.ts';
import { InvalidOptionError } from './errors.ts';
import type { LeadershipEvent } from './leadership/standing.ts';
import type { OperationEvent } from './workers/actuator.ts';

/** Where something went wrong. */
export type FaultSource =
  | 'observe'
  | 'reading'
  | 'start'
  | 'stop'
  | 'drain'
  | 'scale'
  | 'breaker'
  | 'policy'
  | 'predictor'
  | 'scheduler'
  | 'guard'
  | 'optimize'
  | 'ineffective'
  | 'subscribe'
  | 'listener'
  | 'journal'
  | 'history'
  | 'leadership'
  | 'state'
  | 'tick';

/** Something failed at run time. The loop goes on; this is the trace it leaves. */
export interface Fault {
  /** Epoch ms. */
  readonly at: number;
  /** Absent when no single pool is concerned. */
  readonly pool?: PoolId;
  readonly source: FaultSource;
  /** A sentence for people. */
  readonly message: string;
  /** `true`: the cause of an earlier fault of this pool and source has gone. */
  readonly recovered?: boolean;
  readonly error?: unknown;
}

/** A size was changed: the operations that carry it out have been begun. */
export interface ScaledEvent {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly decision: Decision;
}

/** A forecast met its actual. */
export interface PredictionEvent {
  readonly pool: PoolId;
  /** Epoch ms; the moment that had been predicted. */
  readonly at: number;
  readonly horizonMs: number;
  /** Demand in busy-worker equivalents. */
  readonly predicted: number;
  readonly low: number;
  readonly high: number;
  readonly actual: number;
  /** The actual lay at or below the forecast's `high`. */
  readonly covered: boolean;
  /** The actual lay within `low`..`high`. */
  readonly within: boolean;
  /** 1 - |predicted - actual| ÷ the larger of both: 0..1, 1 = met exactly. */
  readonly score: number;
  readonly confidence: number;
  /** Name and version of the model. */
  readonly model: string;
}

/** A start, stop, drain or resize: what it is, how it goes, and what led to it. */
export interface OperationReport extends OperationEvent {
  /** What led to the evaluation that began it. */
  readonly trigger: Trigger;
  /** The policy that was in force when it began. */
  readonly policy: string;
  /** Share of the pool's last operations that ended well (a fading mean of about 50), 0..1; 1 before any ended. */
  readonly successRatio: number;
}

/** A shadow that acts for a while: began, stays for good, or was taken back. */
export interface TrialEvent {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly at: number;
  readonly outcome: 'begun' | 'kept' | 'taken-back';
  /** The shadow's name. */
  readonly shadow: string;
  /** Name under which the policy that it stands in for runs beside it meanwhile. */
  readonly insteadOf: string;
  /** Share of the demand that found no ready worker when it came, so far. */
  readonly lateRatio: number;
  /** Worker-hours so far, over what the other policy would have held, modelled. */
  readonly costRatio: number;
  /** A sentence with the figures. */
  readonly reason: string;
}

/** How well a pool's size fitted its load over the last normal interval. */
export interface EfficiencyEvent {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly at: number;
  readonly periodMs: number;
  /** Busy share of the ready workers' time, 0..1. */
  readonly utilization: number;
  /** Worker-seconds paid: ready and starting. */
  readonly workerSeconds: number;
  /** Idle share of the worker-seconds paid, 0..1. */
  readonly wasteRatio: number;
}

/** The workers of a pool were made leaner, where no further ones fitted; or that was tried. */
export interface OptimizedEvent {
  readonly pool: PoolId;
  /** Epoch ms. */
  readonly at: number;
  readonly resource: OptimizeRequest['resource'];
  /** Why it was tried. */
  readonly reason: string;
  readonly durationMs: number;
  /** Absent where it failed. */
  readonly result?: OptimizeResult;
}

/** How a router should divide jobs that any of the pools can do: weights that add up to 1. */
export type WeightsEvent = Readonly<Record<PoolId, number>>;

/** Event names and their payloads. No event is named `error`: that name throws without a listener. */
export interface ControllerEvents {
  /** Every evaluation of every pool. */
  decision: [Decision];
  /** A decision was carried out. */
  scaled: [ScaledEvent];
  /** A wanted change was not carried out, or not in full; the adjustments say why. */
  held: [Decision];
  fault: [Fault];
  /** A whole tick. */
  tick: [TickRecord];
  /** A start, stop, drain or resize began, succeeded or failed. */
  operation: [OperationReport];
  prediction: [PredictionEvent];
  efficiency: [EfficiencyEvent];
  /** An upstream's rate limit comes near: the rate to keep. */
  throttle: [ThrottleAdvice];
  /** On the normal interval, where there are several pools. */
  weights: [WeightsEvent];
  optimized: [OptimizedEvent];
  /** A shadow was promoted for a trial, or a trial has ended. */
  trial: [TrialEvent];
  /** This instance has begun or ceased to lead. */
  leadership: [LeadershipEvent];
}

const NAMES: Readonly<Record<keyof ControllerEvents, true>> = {
  decision: true,
  scaled: true,
  held: true,
  fault: true,
  tick: true,
  operation: true,
  prediction: true,
  efficiency: true,
  throttle: true,
  weights: true,
  optimized: true,
  trial: true,
  leadership: true,
};

type Listener = (...payload: never[]) => unknown;

/**
 * An emitter whose listeners cannot hurt the emitter: what a listener throws, or rejects with, goes to
 * `listenerFailed`, and the other listeners are still called.
 */
export abstract class GuardedEmitter extends EventEmitter<ControllerEvents> {
  readonly #guarded = new WeakMap<Listener, Listener>();

  /** Called with what a listener threw. Must not throw. */
  protected abstract listenerFailed(event: keyof ControllerEvents, error: unknown): void;

  override on<T extends keyof ControllerEvents>(
    event: T,
    listener: EventEmitter.EventListener<ControllerEvents, T>,
    context?: unknown,
  ): this {
    return super.on(event, this.#guard(event, listener), context);
  }

  override once<T extends keyof ControllerEvents>(
    event: T,
    listener: EventEmitter.EventListener<ControllerEvents, T>,
    context?: unknown,
  ): this {
    return super.once(event, this.#guard(event, listener), context);
  }

  override addListener<T extends keyof ControllerEvents>(
    event: T,
    listener: EventEmitter.EventListener<ControllerEvents, T>,
    context?: unknown,
  ): this {
    return this.on(event, listener, context);
  }

  override removeListener<T extends keyof ControllerEvents>(
    event: T,
    listener?: EventEmitter.EventListener<ControllerEvents, T>,
    context?: unknown,
    once?: boolean,
  ): this {
    const guarded =
      listener === undefined ? undefined : (this.#guarded.get(listener as Listener) ?? listener);
    return super.removeListener(event, guarded as typeof listener, context, once);
  }

  override off<T extends keyof ControllerEvents>(
    event: T,
    listener?: EventEmitter.EventListener<ControllerEvents, T>,
    context?: unknown,
    once?: boolean,
  ): this {
    return this.removeListener(event, listener, context, once);
  }

  #guard<T extends keyof ControllerEvents>(
    event: T,
    listener: EventEmitter.EventListener<ControllerEvents, T>,
  ): EventEmitter.EventListener<ControllerEvents, T> {
    if (!Object.hasOwn(NAMES, event)) {
      throw new InvalidOptionError('event', `must be one of ${Object.keys(NAMES).join(', ')}`, event);
    }
    if (typeof listener !== 'function') {
      throw new InvalidOptionError('listener', `of '${event}' must be a function`, listener);
    }
    const known = this.#guarded.get(listener as Listener);
    if (known !== undefined) return known as unknown as typeof listener;
    const failed = (error: unknown): void => this.listenerFailed(event, error);
    const guarded = function (this: unknown, ...payload: unknown[]): void {
      try {
        const result: unknown = (listener as (...p: unknown[]) => unknown).apply(this, payload);
        if (isPromise(result)) result.then(undefined, failed);
      } catch (error) {
        failed(error);
      }
    };
    this.#guarded.set(listener as Listener, guarded as Listener);
    return guarded as unknown as typeof listener;
  }
}
