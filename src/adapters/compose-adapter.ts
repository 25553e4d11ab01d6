import type { PoolAdapter, ReplicaPoolAdapter, WorkerPoolAdapter } from '../core/adapter.ts';
import type { PoolObservation } from '../core/observation.ts';
import { InvalidOptionError } from '../errors.ts';

/** An answer now or later. */
type Eventually<T> = T | Promise<T>;

/** What is known of a pool's work: any part of an observation that is not about workers. */
export interface LoadObservation
  extends Partial<
    Pick<
      PoolObservation,
      | 'queued'
      | 'busy'
      | 'slotsPerWorker'
      | 'arrived'
      | 'completed'
      | 'failed'
      | 'responseTimeMs'
      | 'waitTimeMs'
      | 'serviceTimeMs'
      | 'rateLimit'
      | 'context'
      | 'observedAt'
    >
  > {
  /** Jobs that run at this moment, in jobs: what a queue knows where it does not know `busy`, in workers. */
  readonly active?: number;
}

/** What is known of a pool's workers; of its work, what only the workers know. */
export interface CrewObservation extends Partial<Omit<PoolObservation, 'ready'>> {
  readonly ready: number;
}

/** Where work waits: a queue, a broker, a meter. */
export interface PoolSource {
  /** Reports the work. Called once a tick; may be synchronous. What is not known is left out. */
  observe(signal: AbortSignal): Eventually<LoadObservation>;
  /** As in a `PoolAdapter`: `wake` asks for an evaluation now. */
  subscribe?(wake: (reason: string) => void): () => void;
}

/** What starts and stops single workers: threads, processes, containers. */
export interface WorkerScaler extends Omit<WorkerPoolAdapter, 'observe'> {
  observe(signal: AbortSignal): Eventually<CrewObservation>;
}

/** What is asked for a size: replicas, services, machine groups. */
export interface ReplicaScaler extends Omit<ReplicaPoolAdapter, 'observe'> {
  observe(signal: AbortSignal): Eventually<CrewObservation>;
}

export type PoolScaler = WorkerScaler | ReplicaScaler;

export interface ComposeOptions<Scaler extends PoolScaler = PoolScaler> {
  /** Where the work waits; a function where there is nothing to subscribe to. */
  readonly observe: PoolSource | PoolSource['observe'];
  /** What has the workers. */
  readonly scale: Scaler;
  /** Jobs that one worker runs at once, where neither part knows, or both are wrong. Default: what they say, else 1. */
  readonly slotsPerWorker?: number;
}

/**
 * Makes one pool of a place where work waits and of something that has workers.
 *
 * Both are observed at the same time, and one that fails fails the observation: half a truth would shrink a pool.
 * - Workers (`ready`, `starting`, `draining`, `workers`, `resources`, `reporting`, `slotsPerWorker`) are told by `scale`.
 * - Work (`queued`, the totals, the times, `rateLimit`) is told by `observe`; by `scale` where `observe` is silent. The
 *   totals go together: those of two counters do not add up.
 * - `busy` is told by `scale`, else by `observe`, else it is `active` over `slotsPerWorker`. A queue may count more
 *   jobs as active than the workers can run (theirs died, or are not ready yet): these count as queued, since they
 *   need a worker too.
 *
 * The result starts and stops workers, or is asked for a size, as `scale` is.
 *
 * @throws InvalidOptionError
 */
export function composeAdapter(options: ComposeOptions<WorkerScaler>): WorkerPoolAdapter;
export function composeAdapter(options: ComposeOptions<ReplicaScaler>): ReplicaPoolAdapter;
export function composeAdapter(options: ComposeOptions): PoolAdapter {
  const { scale, slotsPerWorker } = options;
  const source = typeof options.observe === 'function' ? { observe: options.observe } : options.observe;
  check(source, scale, slotsPerWorker);

  const observe = async (signal: AbortSignal): Promise<PoolObservation> => {
    const [load, crew] = await Promise.all([ask(source, signal), ask(scale, signal)]);
    return merge(load, crew, slotsPerWorker);
  };
  const shared = {
    observe,
    ...(scale.optimizeWorkers && { optimizeWorkers: scale.optimizeWorkers.bind(scale) }),
    ...((source.subscribe || scale.subscribe) && { subscribe: subscribeTo([source, scale]) }),
  };
  if ('scaleTo' in scale) return { ...shared, scaleTo: scale.scaleTo.bind(scale) };
  return {
    ...shared,
    startWorker: scale.startWorker.bind(scale),
    stopWorker: scale.stopWorker.bind(scale),
    ...(scale.drainWorker && { drainWorker: scale.drainWorker.bind(scale) }),
  };
}

/** Asynchronous, so that a part that throws at once is not worse than one that rejects. */
async function ask<T>(
  part: { observe(signal: AbortSignal): Eventually<T> },
  signal: AbortSignal,
): Promise<T> {
  return part.observe(signal);
}

function merge(load: LoadObservation, crew: CrewObservation, slots: number | undefined): PoolObservation {
  const { active, ...work } = load;
  const slotsPerWorker = slots ?? crew.slotsPerWorker ?? load.slotsPerWorker;
  const busy = crew.busy ?? load.busy ?? (active === undefined ? undefined : active / (slotsPerWorker ?? 1));
  const queued = load.queued ?? crew.queued;
  if (busy === undefined) {
    throw new Error('neither `observe` nor `scale` tells how many workers are busy or jobs are active');
  }
  if (queued === undefined) throw new Error('neither `observe` nor `scale` tells how many jobs are queued');

  const counted = crew.busy !== undefined ? busy : Math.min(busy, crew.ready + (crew.draining ?? 0));
  const unmanned = Math.round((busy - counted) * (slotsPerWorker ?? 1));
  const { arrived, completed, failed, ...uncounted } = crew;
  const counts = load.arrived !== undefined || load.completed !== undefined || load.failed !== undefined;
  const observedAt = Math.min(load.observedAt ?? Infinity, crew.observedAt ?? Infinity);
  return {
    ...(counts ? uncounted : crew),
    ...work,
    busy: counted,
    queued: queued + unmanned,
    ...(slotsPerWorker !== undefined && { slotsPerWorker }),
    ...((load.context || crew.context) && { context: { ...load.context, ...crew.context } }),
    ...(observedAt < Infinity && { observedAt }),
  };
}

function subscribeTo(
  parts: readonly Pick<PoolSource, 'subscribe'>[],
): (wake: (reason: string) => void) => () => void {
  return (wake) => {
    const ends = parts.map((part) => part.subscribe?.(wake));
    return () => {
      for (const end of ends) end?.();
    };
  };
}

function check(source: PoolSource, scale: PoolScaler, slotsPerWorker: number | undefined): void {
  if (typeof source?.observe !== 'function') {
    throw new InvalidOptionError('observe', 'must be a function, or have the method observe', source);
  }
  const scales = 'scaleTo' in (scale ?? {}) || ('startWorker' in (scale ?? {}) && 'stopWorker' in scale);
  if (!scales || typeof scale.observe !== 'function') {
    throw new InvalidOptionError(
      'scale',
      'must have observe, and either scaleTo or startWorker and stopWorker',
      scale,
    );
  }
  if (slotsPerWorker !== undefined && !(Number.isSafeInteger(slotsPerWorker) && slotsPerWorker >= 1)) {
    throw new InvalidOptionError('slotsPerWorker', 'must be a whole number of at least 1', slotsPerWorker);
  }
}
