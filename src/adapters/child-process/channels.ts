import type { ChildProcess } from 'node:child_process';
import { showMessage, type ToWorker } from '../job-pool/protocol.ts';
import type { LinkEvents } from '../job-pool/worker-transport.ts';
import { LineSplitter } from './line-splitter.ts';

/** How messages get to a child and back. */
export interface ProcessChannel {
  /** `false`: full; `events.writable` follows. */
  post(message: ToWorker): boolean;
}

/** Opens the channel of a child that was spawned for it. `lost`: the child cannot be heard any more. */
export type OpenChannel = (child: ChildProcess, events: LinkEvents, lost: () => void) => ProcessChannel;

/** Node's own channel; messages are structured clones. */
export const openIpc: OpenChannel = (child, events, lost) => {
  child.on('message', (message) => events.message(message));
  child.on('disconnect', lost);
  return {
    post(message) {
      if (!child.connected) return false;
      let full = false;
      // The callback is called when the message is written, or cannot be; then the child is gone, or soon will be.
      full = !child.send(message, (error) => {
        if (full && !error) events.writable();
      });
      return !full;
    },
  };
};

/** One JSON object a line, to the child's stdin and from its stdout. */
export const openJsonLines: OpenChannel = (child, events, lost) => {
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('the child has no stdin and stdout');
  const lines = new LineSplitter((line) => {
    const message = parse(line);
    if (message === undefined) events.unreadable(`a line that is not JSON: ${showMessage(line)}`);
    else events.message(message);
  });
  stdout.setEncoding('utf8');
  stdout.on('data', (chunk: string) => lines.push(chunk));
  stdout.on('end', () => {
    lines.end();
    lost();
  });
  stdin.on('drain', () => events.writable());
  // EPIPE: the child has closed its stdin or is gone.
  stdin.on('error', lost);
  stdout.on('error', lost);
  return {
    post(message) {
      const line = `${JSON.stringify(message)}\n`;
      return stdin.writable ? stdin.write(line) : false;
    },
  };
};

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
