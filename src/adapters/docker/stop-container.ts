import type { Container, ContainerCreateOptions } from 'dockerode';
import { call, ifThere, isConflict, until } from './call.ts';
import { inspect } from './container-end.ts';

/** What Docker gives a container between its stop signal and SIGKILL where neither image nor options say, s. */
const STOP_TIMEOUT_SECONDS = 10;

/**
 * Sends a container its stop signal, SIGTERM by default. Settles with the time that Docker would give it then, ms; 0
 * where it runs no more.
 */
export async function askToEnd(container: Container, signal: AbortSignal): Promise<number> {
  const found = await inspect(container, signal);
  if (found === undefined) return 0;
  // The types of the answer leave these two out.
  const { StopSignal = 'SIGTERM', StopTimeout = STOP_TIMEOUT_SECONDS } =
    found.Config as ContainerCreateOptions;
  try {
    await ifThere(
      call(`stop container ${container.id}`, signal, (options) =>
        container.kill({ ...options, signal: StopSignal }),
      ),
    );
  } catch (error) {
    if (!isConflict(error)) throw error;
    return 0; // it has ended
  }
  return StopTimeout * 1_000;
}

/** Settles when it runs no more, and at `killAt` on the scale of `performance.now()` in any case. */
export async function untilEnded(container: Container, killAt: number, signal: AbortSignal): Promise<void> {
  await until(signal, async (within) => {
    const found = await inspect(container, within);
    return !found?.State.Running || performance.now() >= killAt || undefined;
  });
}

/** Kills it if it runs, and removes it with its anonymous volumes. Settles when it is gone, whoever removed it. */
export async function removeContainer(container: Container, signal: AbortSignal): Promise<void> {
  try {
    await ifThere(
      call(`remove container ${container.id}`, signal, (options) =>
        container.remove({ ...options, force: true, v: true }),
      ),
    );
  } catch (error) {
    if (!isConflict(error)) throw error;
    // Its removal is under way.
    await until(signal, async (within) => (await inspect(container, within)) === undefined || undefined);
  }
}
