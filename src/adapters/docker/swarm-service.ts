import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ServiceSpec } from 'dockerode';
import { InvalidOptionError, LateTermError } from '../../errors.ts';
import type { CrewObservation, ReplicaScaler } from '../compose-adapter.ts';
import { call } from './call.ts';
import { DockerError } from './errors.ts';
import { TERM_LABEL, termOf } from './term.ts';

/** How often a conflict is met with another try, and how long is waited before the first of them. */
const TRIES = 5;
const FIRST_WAIT_MS = 20;

/** What is needed of a service and of its tasks. */
interface Service {
  readonly Version: { readonly Index: number };
  readonly Spec: ServiceSpec;
}
interface Task {
  readonly Status: { readonly State: string };
  readonly DesiredState: string;
}

/**
 * Scales a replicated service of a swarm: `composeAdapter` makes a pool of it and of the place where its work waits.
 * Nothing of the service is changed but the number of its replicas, and the label `flyball.term` where several instances
 * stand in for each other.
 *
 * @param docker a dockerode client of a manager; it is asked for nothing before the first observation
 * @param name name or id of the service
 * @throws InvalidOptionError
 */
export function swarmService(docker: Docker, name: string): ReplicaScaler {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidOptionError('name', 'must be the name of a service', name);
  }
  const service = docker.getService(name);

  const read = async (signal: AbortSignal): Promise<Service & { readonly replicas: number }> => {
    const found: Service = await call(`read service ${name}`, signal, (options) => service.inspect(options));
    const replicated = found.Spec.Mode?.Replicated;
    if (replicated === undefined) {
      const mode = Object.keys(found.Spec.Mode ?? {}).join() || 'unknown';
      throw new Error(`the mode of service ${name} is ${mode}: only a replicated service has a size`);
    }
    return { ...found, replicas: replicated.Replicas ?? 1 };
  };

  const setSize = async (size: number, term: number | undefined, signal: AbortSignal): Promise<void> => {
    const { Version, Spec, replicas } = await read(signal);
    const last = termOf(Spec.Labels);
    if (term !== undefined && term < last) {
      throw new LateTermError(`Service ${name} was scaled`, last, term, `remove its label ${TERM_LABEL}`);
    }
    if (size === replicas && (term ?? last) === last) return;
    const body: ServiceSpec = {
      ...Spec,
      Labels: { ...Spec.Labels, ...(term !== undefined && { [TERM_LABEL]: String(term) }) },
      Mode: { Replicated: { ...Spec.Mode?.Replicated, Replicas: size } },
    };
    await call(`scale service ${name} to ${size}`, signal, (options) =>
      service.update({ ...options, _query: { version: Version.Index }, _body: body }),
    );
  };

  // One after the other, so that the later size wins; one that has been overtaken is let go.
  let lastTurn = 0;
  let before: Promise<void> = Promise.resolve();

  return {
    async observe(signal) {
      const [{ replicas }, tasks] = await Promise.all([
        read(signal),
        call<Task[]>(`list the tasks of service ${name}`, signal, (options) =>
          docker.listTasks({ ...options, filters: { service: [name] } }),
        ),
      ]);
      return observation(replicas, tasks);
    },

    async scaleTo(size, signal, { fencingToken } = {}) {
      signal.throwIfAborted();
      lastTurn += 1;
      const turn = lastTurn;
      const done = before.then(async () => {
        if (turn === lastTurn) await retryConflicts(signal, () => setSize(size, fencingToken, signal));
      });
      before = done.catch(() => {});
      await done;
    },
  };
}

function observation(replicas: number, tasks: readonly Task[]): CrewObservation {
  // A task with a health check is running when it is healthy, and starting until then.
  const running = tasks.filter(({ Status }) => Status.State === 'running');
  const ready = running.filter(({ DesiredState }) => DesiredState === 'running').length;
  return {
    ready,
    // All that is wanted and does not run: not placed yet, prepared, started, or failed and tried again.
    starting: Math.max(0, replicas - ready),
    draining: running.length - ready,
  };
}

/** Waits 20, 40, 80 and 160 ms. */
async function retryConflicts(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      // Someone else has changed the service since it was read. The daemon has no status of its own for that.
      const isConflict = error instanceof DockerError && error.message.includes('update out of sequence');
      if (!isConflict || tries >= TRIES) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** (tries - 1), undefined, { signal });
    }
  }
}
