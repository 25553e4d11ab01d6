import { fileURLToPath } from 'node:url';
import { InvalidOptionError } from '../errors.ts';
import { type ProcessCommand, ProcessTransport } from './child-process/process-transport.ts';
import { JobPool } from './job-pool/job-pool.ts';
import type { JobPoolOptions } from './job-pool/options.ts';

export { serve } from './child-process/serve.ts';
export { PoolClosedError, WorkerLostError, WorkerStartError } from './job-pool/errors.ts';
export type { JobPool } from './job-pool/job-pool.ts';
export type { CloseOptions, JobPoolOptions, PoolFault, RunOptions } from './job-pool/options.ts';
export type { FromWorker, ToWorker, WireError } from './job-pool/protocol.ts';
export type { JobContext, JobHandler, ServeOptions } from './job-pool/serve-jobs.ts';

/** What to run: a Node script (`file`) or any other command. One of the two. */
export interface ChildProcessPoolOptions extends JobPoolOptions {
  /** A script for this Node, spoken to over IPC: a URL, or a path from the working directory. */
  readonly file?: string | URL;
  /** Flags for Node, before `file`. Default none. */
  readonly execArgv?: readonly string[];
  /** Any command, found as a shell would find it but run without one. */
  readonly command?: string;
  readonly args?: readonly string[];
  /**
   * `ipc`: Node's channel. `json-lines`: one JSON object a line on stdin and stdout. Default `ipc` for `file`,
   * `json-lines` for `command`.
   */
  readonly protocol?: 'ipc' | 'json-lines';
  readonly cwd?: string | URL;
  /** Added to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Asks an idle worker to end; SIGKILL follows after `stopGraceMs`. Default `SIGTERM`. */
  readonly stopSignal?: NodeJS.Signals;
  /** Gets what a worker writes to stderr, in pieces as they come. Default: this process's stderr. */
  readonly onStderr?: (text: string, worker: string) => void;
}

/**
 * A pool of child processes, to be used as it is and to be scaled as it is: it is its own adapter.
 *
 * ```ts
 * import { ScalingController } from 'flyball';
 * import { ChildProcessPool } from 'flyball/adapters/child-process';
 *
 * // Or any command: { command: 'python3', args: ['worker.py'] }
 * const pool = new ChildProcessPool<{ text: string }, string>({ file: new URL('./process.mjs', import.meta.url) });
 * const controller = new ScalingController({ pools: [{ id: 'shout', adapter: pool, maxWorkers: 8 }] });
 * controller.start();
 * console.log(await pool.run({ text: 'hello' })); // HELLO
 * ```
 */
export class ChildProcessPool<Job = unknown, Result = unknown> extends JobPool<Job, Result> {
  /** @throws InvalidOptionError */
  constructor(options: ChildProcessPoolOptions) {
    super(new ProcessTransport(toCommand(options)), options);
  }
}

function toCommand(options: ChildProcessPoolOptions): ProcessCommand {
  const { file, command, args = [], execArgv = [], protocol = file ? 'ipc' : 'json-lines' } = options;
  if ((file === undefined) === (command === undefined)) {
    throw new InvalidOptionError('file', 'or command must be given, and not both', file);
  }
  if (protocol !== 'ipc' && protocol !== 'json-lines') {
    throw new InvalidOptionError('protocol', "must be 'ipc' or 'json-lines'", protocol);
  }
  const isUrl = file instanceof URL || file?.startsWith('file:');
  return {
    command: command ?? process.execPath,
    args: file === undefined ? args : [...execArgv, isUrl ? fileURLToPath(file) : String(file), ...args],
    protocol,
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stopSignal: options.stopSignal ?? 'SIGTERM',
    onStderr: options.onStderr ?? ((text) => void process.stderr.write(text)),
  };
}
