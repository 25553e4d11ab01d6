import type { Container, ContainerInspectInfo } from 'dockerode';
import { call, ifThere } from './call.ts';

/** How a container ended. */
export interface ContainerEnd {
  /** What its process gave; 128 + the signal's number where it was ended by one. */
  readonly exitCode: number;
  /** A process in it was ended for want of memory. */
  readonly outOfMemory: boolean;
  /** The last lines that it wrote; empty where its logging driver cannot be read. */
  readonly log: string;
}

/** Enough to see an error and where it came from. */
const LOG_LINES = 10;

/** What is known of a container, `undefined` where it is gone. */
export function inspect(
  container: Container,
  signal: AbortSignal,
): Promise<ContainerInspectInfo | undefined> {
  const what = `inspect container ${container.id}`;
  return ifThere(call(what, signal, (options) => container.inspect(options)));
}

/** How it ended, `undefined` where it is gone. */
export async function endOf(container: Container, signal: AbortSignal): Promise<ContainerEnd | undefined> {
  const [found, log] = await Promise.all([inspect(container, signal), lastLines(container, signal)]);
  return found && { exitCode: found.State.ExitCode, outOfMemory: found.State.OOMKilled, log };
}

/** In words, for the end of a sentence. */
export function describeEnd({ exitCode, outOfMemory, log }: ContainerEnd): string {
  const lines = log === '' ? 'it wrote nothing' : `its last lines:\n${log}`;
  return `exit code ${exitCode}${outOfMemory ? ', out of memory' : ''}; ${lines}`;
}

async function lastLines(container: Container, signal: AbortSignal): Promise<string> {
  try {
    const log: unknown = await call(`read the log of container ${container.id}`, signal, (options) =>
      container.logs({ ...options, follow: false, stdout: true, stderr: true, tail: LOG_LINES }),
    );
    // Where the container has a terminal, a log that happens to be JSON arrives parsed.
    return (Buffer.isBuffer(log) ? textOf(log) : JSON.stringify(log)).trim();
  } catch {
    signal.throwIfAborted();
    return '';
  }
}

/**
 * Output comes in frames: a byte for the stream (0 to 2), three of zero, four for the length, the text. That of a
 * terminal comes as it is.
 */
function textOf(log: Buffer): string {
  const texts: Buffer[] = [];
  for (let at = 0; at < log.length; ) {
    const isFrame = at + 8 <= log.length && log.readUInt8(at) <= 2 && log.readUIntBE(at + 1, 3) === 0;
    if (!isFrame) return log.toString();
    const end = at + 8 + log.readUInt32BE(at + 4);
    texts.push(log.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(texts).toString();
}
