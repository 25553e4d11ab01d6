import type { Container, ContainerCreateOptions } from 'dockerode';
import type { WorkerId } from '../../core/observation.ts';
import { InvalidOptionError } from '../../errors.ts';
import type { ContainerEnd } from './container-end.ts';

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

/** @throws InvalidOptionError */
export function checkOptions({
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
