import type { PoolObservation, WorkerId } from './observation.ts';

/** Under which term of leadership an action was ordered, where several instances stand in for each other. */
export interface Fence {
  /** Larger than that of any term before: an action with a smaller one than was seen already comes too late. */
  readonly fencingToken: number;
}

/** Why and how one worker is started. */
export interface StartRequest extends Partial<Fence> {
  /** Start as fast as possible and skip what only makes the worker quick later (cache warming, JIT runs). */
  readonly skipWarmup: boolean;
  /** The start is part of an emergency. */
  readonly emergency: boolean;
  /** The sentence that the decision gave. */
  readonly reason: string;
  /** Milliseconds after which the signal is aborted and the start counts as failed. */
  readonly timeoutMs: number;
}

/** Why and how one worker is stopped. */
export interface StopRequest extends Partial<Fence> {
  /**
   * `true`: let the jobs in flight end, take no new ones (the ordinary case). `false`: the drain deadline has
   * passed, or the start was cancelled; end now and report the jobs.
   */
  readonly graceful: boolean;
  readonly reason: string;
  /** Milliseconds after which the signal is aborted. */
  readonly timeoutMs: number;
}

/** A wish to make the workers that are there cheaper or faster, where no further ones fit. */
export interface OptimizeRequest {
  readonly resource: 'memory' | 'cpu' | 'network' | 'storage';
  readonly reason: string;
}

export interface OptimizeResult {
  /** Workers that were optimised. */
  readonly optimized: number;
  /** Share of the resource that was won, 0..1. */
  readonly gainRatio?: number;
}

/** What a host implements when it can start and stop single workers. */
export interface WorkerPoolAdapter {
  /** Reports the pool. Called once a tick; may be synchronous. */
  observe(signal: AbortSignal): PoolObservation | Promise<PoolObservation>;
  /** Starts one worker; settles with its id when the worker is ready to serve. */
  startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId>;
  /** Stops one worker, after its drain when `request.graceful`; settles when it is gone. */
  stopWorker(id: WorkerId, request: StopRequest, signal: AbortSignal): Promise<void>;
  /**
   * Gives the worker no new work and settles when it is idle. An aborted drain means: take work again. Without
   * this method `stopWorker` does the draining, and a stop that has begun cannot be taken back.
   */
  drainWorker?(id: WorkerId, signal: AbortSignal, fence?: Partial<Fence>): Promise<void>;
  optimizeWorkers?(request: OptimizeRequest, signal: AbortSignal): Promise<OptimizeResult>;
  /**
   * Called once when the pool joins a controller: `wake` asks for an evaluation now (a job arrived at zero
   * workers, the queue jumped). Returns the function that unsubscribes.
   */
  subscribe?(wake: (reason: string) => void): () => void;
}

/** What a host implements when an orchestrator owns the workers and is asked for a size. */
export interface ReplicaPoolAdapter {
  observe(signal: AbortSignal): PoolObservation | Promise<PoolObservation>;
  /** Asks for a size; settles when the request is accepted, not when it is fulfilled. */
  scaleTo(size: number, signal: AbortSignal, fence?: Partial<Fence>): Promise<void>;
  optimizeWorkers?(request: OptimizeRequest, signal: AbortSignal): Promise<OptimizeResult>;
  subscribe?(wake: (reason: string) => void): () => void;
}

export type PoolAdapter = WorkerPoolAdapter | ReplicaPoolAdapter;

export function isReplicaAdapter(adapter: PoolAdapter): adapter is ReplicaPoolAdapter {
  return typeof (adapter as ReplicaPoolAdapter).scaleTo === 'function';
}
