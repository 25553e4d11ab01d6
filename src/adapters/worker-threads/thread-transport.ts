import { SHARE_ENV, type TransferListItem, Worker, type WorkerOptions } from 'node:worker_threads';
import type { ToWorker } from '../job-pool/protocol.ts';
import type { Launch, LinkEvents, WorkerLink, WorkerTransport } from '../job-pool/worker-transport.ts';

/** Workers as threads of this process; messages are structured clones over the thread's port. */
export class ThreadTransport implements WorkerTransport {
  readonly kind = 'thread';
  readonly transfers = true;
  readonly #file: URL;
  readonly #options: WorkerOptions;

  constructor(file: URL, options: WorkerOptions) {
    this.#file = file;
    this.#options = options;
  }

  launch({ env }: Launch, events: LinkEvents): WorkerLink {
    const shared = this.#options.env === SHARE_ENV;
    const own = (shared ? undefined : this.#options.env) as NodeJS.ProcessEnv | undefined;
    const worker = new Worker(this.#file, {
      ...this.#options,
      env: shared ? SHARE_ENV : { ...(own ?? process.env), ...env },
    });
    let failure: Error | undefined;
    let stops = false;

    worker.on('message', (message: unknown) => {
      if ((message as { stops?: unknown } | null)?.stops === true) stops = true;
      events.message(message);
    });
    worker.on('messageerror', (error) => {
      // Which job it answered cannot be told, so none of them may wait for it any longer.
      failure = new Error(`sent a message that cannot be read: ${error.message}`, { cause: error });
      void worker.terminate();
    });
    worker.on('error', (error: unknown) => {
      failure = new Error(`threw ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    });
    worker.once('exit', (code) => events.gone(failure ?? new Error(`exited with code ${code}`)));

    return {
      post(message: ToWorker, transferList: readonly object[] = []) {
        worker.postMessage(message, transferList as readonly TransferListItem[]);
        return true;
      },
      stop() {
        if (stops) worker.postMessage({ type: 'stop' } satisfies ToWorker);
        else void worker.terminate();
      },
      kill() {
        void worker.terminate();
      },
    };
  }
}
