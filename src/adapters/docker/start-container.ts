import type Docker from 'dockerode';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { call, until } from './call.ts';
import { describeEnd, endOf, inspect } from './container-end.ts';

/** How long the daemon may take to make, start or remove a container, ms. */
export const ANSWER_MS = 60_000;

/**
 * Makes a container, starts it, and settles when it is healthy; without a health check, when it has run for `steadyMs`.
 * Where something goes wrong on the way, it is left as it is.
 */
export async function startContainer(
  docker: Docker,
  create: ContainerCreateOptions,
  steadyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { name = '', platform, ...body } = create;
  const container = docker.getContainer(name);
  // The query would take all of it, but is no place for what may be secret.
  const query = { name, ...(platform !== undefined && { platform }) };
  const request = { _query: query, _body: body } as ContainerCreateOptions;
  // These two are not called off: the daemon might do them all the same, after its container has been removed.
  await call(`create a container of ${body.Image}`, AbortSignal.timeout(ANSWER_MS), (abortable) =>
    docker.createContainer({ ...request, ...abortable }),
  );
  signal.throwIfAborted();
  await call(`start a container of ${body.Image}`, AbortSignal.timeout(ANSWER_MS), (abortable) =>
    container.start(abortable),
  );
  const steadyAt = performance.now() + steadyMs;
  await until(signal, (within) => isReady(container, steadyAt, within));
}

async function isReady(
  container: Container,
  steadyAt: number,
  signal: AbortSignal,
): Promise<true | undefined> {
  const found = await inspect(container, signal);
  if (found === undefined) throw new Error('a container was removed while it started');
  const { State, RestartCount } = found;
  // One that was restarted by its own policy has failed as well.
  if (!State.Running || State.Restarting || RestartCount > 0) {
    const end = await endOf(container, signal);
    throw new Error(`a container ended while it started${end ? `: ${describeEnd(end)}` : ''}`);
  }
  const health = State.Health?.Status ?? 'none';
  if (health === 'unhealthy') {
    const said = State.Health?.Log.at(-1)?.Output.trim();
    throw new Error(`a container is unhealthy; its health check said: ${said || 'nothing'}`);
  }
  const ready = health === 'none' ? performance.now() >= steadyAt : health === 'healthy';
  return ready || undefined;
}
