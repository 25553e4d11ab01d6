import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import type { StartRequest } from '../../core/adapter.ts';
import type { WorkerId, WorkerObservation, WorkerState } from '../../core/observation.ts';
import { LateTermError } from '../../errors.ts';
import type { WorkerScaler } from '../compose-adapter.ts';
import { call, isConflict } from './call.ts';
import { endOf } from './container-end.ts';
import { crewOf } from './crew.ts';
import { checkOptions, type DockerContainersOptions } from './options.ts';
import { labelsOf, POOL_LABEL, type PoolContainer, poolContainer } from './pool-container.ts';
import { ANSWER_MS, startContainer } from './start-container.ts';
import { askToEnd, removeContainer, untilEnded } from './stop-container.ts';

/**
 * Starts and stops containers, a worker each: `composeAdapter` makes a pool of them and of the place where its work
 * waits. The guide "Containers" tells how they come and go.
 *
 * @param docker a dockerode client; it is asked for nothing before the first observation
 * @throws InvalidOptionError
 */
export function dockerContainers(docker: Docker, options: DockerContainersOptions): WorkerScaler {
  checkOptions(options);
  const { pool, create, drain, busyContainers, slotsPerWorker = 1, steadyMs = 1_000, onExit } = options;
  const starting = new Set<WorkerId>();
  const draining = new Set<WorkerId>();
  /** Their drain is over. */
  const drained = new Set<WorkerId>();
  /** They were sent the stop signal; when they are killed, on the scale of `performance.now()`. */
  const stopping = new Map<WorkerId, number>();
  const burying = new Set<WorkerId>();

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
    const last = Math.max(0, ...containers.map((each) => each.term));
    if (term !== undefined && term < last) {
      throw new LateTermError(
        `Containers of pool ${pool} were started`,
        last,
        term,
        'remove these containers',
      );
    }
    for (const each of containers) {
      if (each.phase === 'ended' || each.phase === 'abandoned') void bury(each);
    }
    return containers;
  };

  const bury = async ({ id, phase }: PoolContainer): Promise<void> => {
    if (starting.has(id) || burying.has(id)) return;
    burying.add(id);
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const container = docker.getContainer(id);
      const end = await endOf(container, signal);
      await removeContainer(container, signal);
      if (end !== undefined && phase === 'ended' && !stopping.has(id)) onExit?.({ id, ...end });
    } catch {
      // The next action finds it again.
    } finally {
      burying.delete(id);
    }
  };

  /**
   * Ends one whose start was called off or has failed. It may have begun to work before it was ready, so it gets the stop
   * signal and the time that Docker gives one then. Where it cannot be removed, the next observations show it.
   */
  const retire = async (id: WorkerId): Promise<void> => {
    const container = docker.getContainer(id);
    stopping.set(id, Infinity);
    try {
      const asked = AbortSignal.timeout(ANSWER_MS);
      const graceMs = await askToEnd(container, asked);
      const ended = AbortSignal.timeout(graceMs + ANSWER_MS);
      await untilEnded(container, performance.now() + graceMs, ended);
      await removeContainer(container, AbortSignal.timeout(ANSWER_MS));
    } catch {
      stopping.delete(id);
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
      // In a conflict the name is another container's.
      if (!isConflict(error)) void retire(id);
      throw error;
    }
  };

  const takeFromWork = async (id: WorkerId, signal: AbortSignal): Promise<void> => {
    if (drain === undefined || drained.has(id) || stopping.has(id)) return;
    draining.add(id);
    try {
      await drain(docker.getContainer(id), signal);
      signal.throwIfAborted();
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
      return crewOf(workers, busy, slotsPerWorker);
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
