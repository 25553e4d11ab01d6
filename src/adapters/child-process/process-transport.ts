import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Launch, LinkEvents, WorkerLink, WorkerTransport } from '../job-pool/worker-transport.ts';
import { type OpenChannel, openIpc, openJsonLines } from './channels.ts';

/** From a child's exit, or from the end of its channel, to giving up on the other of the two, ms. */
const STRAGGLER_MS = 500;

/** How much of stderr is kept to explain an exit, characters. */
const LAST_WORDS = 1_000;

export interface ProcessCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly protocol: 'ipc' | 'json-lines';
  readonly cwd: string | URL | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly stopSignal: NodeJS.Signals;
  readonly onStderr: (text: string, worker: string) => void;
}

const CHANNELS: Record<ProcessCommand['protocol'], { open: OpenChannel; options: SpawnOptions }> = {
  ipc: { open: openIpc, options: { stdio: ['ignore', 'inherit', 'pipe', 'ipc'], serialization: 'advanced' } },
  'json-lines': { open: openJsonLines, options: { stdio: ['pipe', 'pipe', 'pipe'] } },
};

/** Workers as child processes. */
export class ProcessTransport implements WorkerTransport {
  readonly kind = 'process';
  readonly transfers = false;
  readonly #command: ProcessCommand;

  constructor(command: ProcessCommand) {
    this.#command = command;
  }

  launch({ id, env }: Launch, events: LinkEvents): WorkerLink {
    const { command, args, cwd, stopSignal, protocol, onStderr } = this.#command;
    const { open, options } = CHANNELS[protocol];
    const child = spawn(command, args, {
      ...options,
      windowsHide: true,
      env: { ...this.#command.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    let stopping = false;
    const lastWords = listen(child, (text) => onStderr(text, id));
    const channel = open(child, events, () => {
      // It can give no answer any more. Most often it is just about to exit, and how it does says more.
      if (!stopping) setTimeout(() => void child.kill('SIGKILL'), STRAGGLER_MS).unref();
    });
    reportEnd(child, lastWords, (cause) => events.gone(cause), events);
    return {
      post: (message) => channel.post(message),
      stop() {
        stopping = true;
        child.kill(stopSignal);
      },
      kill: () => void child.kill('SIGKILL'),
      memoryBytes: () => residentBytes(child.pid),
    };
  }
}

/** Calls `gone` once: when the child has exited and all it wrote was read. */
function reportEnd(
  child: ChildProcess,
  lastWords: () => string,
  gone: (cause: Error) => void,
  events: LinkEvents,
): void {
  let how = 'ended';
  let straggler: NodeJS.Timeout | undefined;
  const end = (cause: Error): void => {
    clearTimeout(straggler);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    gone(cause);
  };
  const ended = (): void => {
    const words = lastWords();
    end(new Error(words === '' ? how : `${how}, saying: ${words}`));
  };
  child.once('exit', (code, signal) => {
    how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
    // A grandchild that inherited the pipes may keep them open for ever.
    straggler = setTimeout(() => {
      child.removeListener('close', ended);
      ended();
    }, STRAGGLER_MS);
  });
  child.once('close', ended);
  child.on('error', (error) => {
    if (child.pid !== undefined) return events.unreadable(`an error on its channel: ${error.message}`);
    child.removeListener('close', ended);
    end(error);
  });
}

/** Passes stderr on; returns what was said last. */
function listen(child: ChildProcess, onText: (text: string) => void): () => string {
  let last = '';
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (text: string) => {
    last = (last + text).slice(-LAST_WORDS);
    onText(text);
  });
  child.stderr?.on('error', () => {});
  return () => last.trim();
}

/** Resident memory, from /proc: some 20 µs a process. `undefined` where there is no /proc. */
function residentBytes(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined;
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined; // it has just gone
  }
}
