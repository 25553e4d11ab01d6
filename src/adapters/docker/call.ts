import { setTimeout as sleep } from 'node:timers/promises';
import { DockerError } from './errors.ts';

/** The part of dockerode's options that calls it off. */
interface Abortable {
  abortSignal: AbortSignal;
}

/**
 * An answer of the daemon, or an error that says in one line what could not be done and why.
 *
 * It also settles where dockerode does not: a connection that is lost in the middle of an answer is not told.
 */
export async function call<T>(
  what: string,
  signal: AbortSignal,
  request: (options: Abortable) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const tell = (): void => reject(signal.reason);
    signal.addEventListener('abort', tell, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([request({ abortSignal: signal }), aborted]);
  } catch (error) {
    signal.throwIfAborted();
    throw explain(what, error);
  } finally {
    over.abort();
  }
}

function explain(what: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { statusCode, json, code } = error as Error & {
    statusCode?: number;
    json?: { message?: string };
    code?: string;
  };
  if (statusCode !== undefined)
    return new DockerError(what, statusCode, json?.message ?? error.message, error);
  // One without a code is no failure of the connection, but a mistake.
  return code === undefined ? error : new DockerError(what, undefined, error.message, error);
}

/** An answer, or `undefined` where what it is about is not there. */
export async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DockerError && error.status === 404) return undefined;
    throw error;
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof DockerError && error.status === 409;
}

/** The daemon is away, goes or comes: the same question may be answered later. */
function isPassing(error: unknown): boolean {
  return error instanceof DockerError && (error.status === undefined || error.status >= 500);
}

/** Times between two looks: often at first, since most is over soon, and once a second in the end. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/** How long a look may take. */
const LOOK_MS = 10_000;

/**
 * Looks again and again until there is something to tell. What is waited for goes on while the daemon is away, so the
 * wait does too.
 */
export async function until<T>(
  signal: AbortSignal,
  look: (signal: AbortSignal) => Promise<T | undefined>,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(1.5 * pauseMs, LONGEST_PAUSE_MS)) {
    const within = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
    const found = await look(within).catch((error: unknown) => {
      signal.throwIfAborted();
      if (!within.aborted && !isPassing(error)) throw error;
      return undefined;
    });
    if (found !== undefined) return found;
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
