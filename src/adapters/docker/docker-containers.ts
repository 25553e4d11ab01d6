import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import type { Container, ContainerCreateOptions } from 'dockerode';
import type { StartRequest } from '../../core/adapter.ts';
import type { WorkerId, WorkerObservation, WorkerState } from '../../core/observation.ts';
import { InvalidOptionError } from '../../errors.ts';
import type { CrewObservation, WorkerScaler } from '../compose-adapter.ts';
import { call } from './call.ts';
import { type ContainerEnd, endOf } from './container-end.ts';
import { refuseStaleTerm } from './errors.ts';
import { labelsOf, POOL_LABEL, type PoolContainer, poolContainer } from './pool-container.ts';
import { ANSWER_MS, startContainer } from './start-container.ts';
import { askToEnd, removeContainer, untilEnded } from './stop-container.ts';

/** Jobs that each container runs at this moment, by worker id. */
export type BusyContainers = ReadonlyMap<WorkerId, number> | Readonly<Record<WorkerId, number>>;

export interface DockerContainersOptions {
  /**
   * Name of the pool. Containers that bear it in their label `flyball.pool` belong to the pool, whoever started them; it
   * begins their names. Letters, digits, `_`, `.` and `-`.
   */
  readonly pool: string;
  /** How a container is made: what dockerode's `createContainer` takes. `Image` is needed, `name` is given by flyball. */
  readonly create: Omit<ContainerCreateOptions, 'name' | 'abortSignal'> & { readonly Image: string };
  /**
   * Makes a worker take no new jobs and settles when it runs none; when `signal` is aborted, it must take jobs again.
   * `container.id` is its name and the worker's id. Without it the stop signal does the draining: a worker must end its
   * jobs on SIGTERM, and a stop cannot be taken back.
   */
  readonly drain?: (container: Container, signal: AbortSignal) => Promise<void>;
  /**
   * What every container does, if the host knows: then the idle ones go first. A container that is not in the answer has
   * not reported: the pool does not shrink while containers are missing.
   */
  readonly busyContainers?: (signal: AbortSignal) => BusyContainers | Promise<BusyContainers>;
  /** Jobs that one container runs at once. Default 1. */
  readonly slotsPerWorker?: number;
  /** Without a health check a container is ready when it has run for so long, ms. Default 1,000. */
  readonly steadyMs?: number;
  /**
   * Is told of each container that ended without having been stopped, as it is removed. What it throws is ignored.
   */
  readonly onExit?: (exit: ContainerExit) => void;
}

/** A worker that ended by itself, or by other hands. */
export interface ContainerExit extends ContainerEnd {
  readonly id: WorkerId;
}

/**
 * Starts and stops containers, a worker each: `composeAdapter` makes a pool of them and of the place where its work
 * waits. The guide "Containers" tells how they come and go.
 *
 * @param docker a dockerode client; it is asked for nothing before the first observation
 * @throws InvalidOptionError
 */
export function dockerContainers(docker: Docker, options: DockerContainersOptions): WorkerScaler {
  check(options);
  const { pool, create, drain, busyContainers, slotsPerWorker = 1, steadyMs = 1_000, onExit } = options;
  const starting = new Set<WorkerId>();
  const draining = new Set<WorkerId>();
  /** Their drain is over. */
  const drained = new Set<WorkerId>();
  /** They were sent the stop signal; when they are killed, on the scale of `performance.now()`. */
  const stopping = new Map<WorkerId, number>();
  const buried = new Set<WorkerId>();

  const list = async (signal: AbortSignal): Promise<PoolContainer[]> => {
    const filters = { label: [`${POOL_LABEL}=${pool}`] };
    const found = await call(`list the containers of pool ${pool}`, signal, (abortable) =>
      docker.listContainers({ ...abortable, all: true, filters }),
    );
    const now = Date.now();
    return found.map((info) => poolContainer(info, now));
  };

  /** What is there before something is done: it may be forbidden, and those that have died are removed with it. */
  const review = async (term: number | undefined, signal: AbortSignal): Promise<PoolContainer[]> => {
    const containers = await list(signal);
    refuseStaleTerm(`pool ${pool}`, term, Math.max(0, ...containers.map((each) => each.term)));
    for (const each of containers) {
      if (each.phase === 'ended' || each.phase === 'abandoned') void bury(each);
    }
    return containers;
  };

  const bury = async ({ id, phase }: PoolContainer): Promise<void> => {
    if (starting.has(id) || buried.has(id)) return;
    buried.add(id);
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const container = docker.getContainer(id);
      const end = await endOf(container, signal);
      await removeContainer(container, signal);
      if (end !== undefined && phase === 'ended' && !stopping.has(id)) onExit?.({ id, ...end });
    } catch {
      // The next action finds it again.
    } finally {
      buried.delete(id);
    }
  };

  const start = async (id: WorkerId, request: StartRequest, signal: AbortSignal): Promise<void> => {
    const { Env = [], Labels } = create;
    const settings = {
      ...create,
      name: id,
      Env: [...Env, `FLYBALL_WORKER_ID=${id}`, ...(request.skipWarmup ? ['FLYBALL_SKIP_WARMUP=1'] : [])],
      Labels: { ...Labels, ...labelsOf(pool, Date.now(), request.fencingToken) },
    };
    try {
      await startContainer(docker, settings, steadyMs, signal);
    } catch (error) {
      // Where it cannot be removed, the next observations show it: as a worker, or as one that has died.
      await removeContainer(docker.getContainer(id), AbortSignal.timeout(ANSWER_MS)).catch(() => {});
      throw error;
    }
  };

  const takeFromWork = async (id: WorkerId, signal: AbortSignal): Promise<void> => {
    if (drain === undefined || drained.has(id) || stopping.has(id)) return;
    draining.add(id);
    try {
      await drain(docker.getContainer(id), signal);
      drained.add(id);
    } finally {
      draining.delete(id);
    }
  };

  /** Sends the stop signal once, however often it is called: many programs end at once on a second one. */
  const end = async (id: WorkerId, signal: AbortSignal): Promise<void> => {
    const container = docker.getContainer(id);
    if (!stopping.has(id)) {
      stopping.set(id, Infinity);
      try {
        const graceMs = await askToEnd(container, signal);
        // Where the signal is the drain, only the controller knows how long it may last.
        if (drain !== undefined) stopping.set(id, performance.now() + graceMs);
      } catch (error) {
        stopping.delete(id);
        throw error;
      }
    }
    await untilEnded(container, stopping.get(id) ?? Infinity, signal);
  };

  const stateOf = ({ id, phase }: PoolContainer): WorkerState | undefined => {
    if (phase !== 'starting' && phase !== 'ready') return undefined;
    if (starting.has(id)) return 'starting';
    return draining.has(id) || drained.has(id) || stopping.has(id) ? 'draining' : phase;
  };

  return {
    async observe(signal) {
      const [containers, busy] = await Promise.all([list(signal), busyContainers?.(signal)]);
      const there = new Set(containers.map(({ id }) => id));
      for (const known of [drained, stopping]) {
        for (const id of known.keys()) if (!there.has(id)) known.delete(id);
      }
      const workers = containers.flatMap((each): WorkerObservation[] => {
        const state = stateOf(each);
        return state ? [{ id: each.id, state, startedAt: each.startedAt, healthy: each.healthy }] : [];
      });
      return observation(workers, busy && toMap(busy), slotsPerWorker);
    },

    async startWorker(request, signal) {
      signal.throwIfAborted();
      await review(request.fencingToken, signal);
      const id = `${pool}-${randomUUID().slice(0, 8)}`;
      starting.add(id);
      try {
        await start(id, request, signal);
        return id;
      } finally {
        starting.delete(id);
      }
    },

    async stopWorker(id, { graceful, fencingToken }, signal) {
      signal.throwIfAborted();
      const containers = await review(fencingToken, signal);
      if (!containers.some((each) => each.id === id)) return;
      if (graceful) {
        await takeFromWork(id, signal);
        await end(id, signal);
      }
      await removeContainer(docker.getContainer(id), signal);
    },

    ...(drain !== undefined && {
      async drainWorker(id, signal, fence) {
        signal.throwIfAborted();
        const containers = await review(fence?.fencingToken, signal);
        if (containers.some((each) => each.id === id)) await takeFromWork(id, signal);
      },
    }),
  };
}

function toMap(busy: BusyContainers): ReadonlyMap<WorkerId, number> {
  return busy instanceof Map ? busy : new Map(Object.entries(busy));
}

function observation(
  found: readonly WorkerObservation[],
  jobs: ReadonlyMap<WorkerId, number> | undefined,
  slotsPerWorker: number,
): CrewObservation {
  const count = (state: WorkerState): number => found.filter((each) => each.state === state).length;
  const crew = {
    ready: count('ready'),
    starting: count('starting'),
    draining: count('draining'),
    slotsPerWorker,
  };
  if (jobs === undefined) return { ...crew, workers: found };
  const workers = found.map((each) => ({ ...each, busy: jobs.get(each.id) ?? 0 }));
  const serving = workers.filter(({ state }) => state !== 'starting');
  const reporting = workers.filter(({ id, state }) => state === 'ready' && jobs.has(id)).length;
  return {
    ...crew,
    workers,
    busy: serving.reduce((sum, { busy }) => sum + Math.min(1, busy / slotsPerWorker), 0),
    ...(reporting < crew.ready && { reporting }),
  };
}

function check({
  pool,
  create,
  drain,
  busyContainers,
  slotsPerWorker,
  steadyMs,
  onExit,
}: DockerContainersOptions): void {
  if (typeof pool !== 'string' || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(pool)) {
    throw new InvalidOptionError(
      'pool',
      'must be made of letters, digits, _, . and -, and begin with one of the first two',
      pool,
    );
  }
  if (typeof create?.Image !== 'string' || create.Image === '') {
    throw new InvalidOptionError('create.Image', 'must be the name of an image', create?.Image);
  }
  const { name } = create as ContainerCreateOptions;
  if (name !== undefined) {
    throw new InvalidOptionError(
      'create.name',
      'must not be given: each container gets a name of its own',
      name,
    );
  }
  for (const [field, value] of Object.entries({ drain, busyContainers, onExit })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new InvalidOptionError(field, 'must be a function', value);
    }
  }
  if (slotsPerWorker !== undefined && !(Number.isSafeInteger(slotsPerWorker) && slotsPerWorker >= 1)) {
    throw new InvalidOptionError('slotsPerWorker', 'must be a whole number of at least 1', slotsPerWorker);
  }
  if (steadyMs !== undefined && !(Number.isFinite(steadyMs) && steadyMs >= 0)) {
    throw new InvalidOptionError('steadyMs', 'must be a number of at least 0', steadyMs);
  }
}
