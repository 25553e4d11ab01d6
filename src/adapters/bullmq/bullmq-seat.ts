import { type Processor, Worker, type WorkerOptions } from 'bullmq';
import type { Seat } from '../crew.ts';

/** A BullMQ worker that knows how many jobs it runs, whatever kind its processor is. */
class CountingWorker extends Worker {
  jobs = 0;

  override processJob(...job: Parameters<Worker['processJob']>): ReturnType<Worker['processJob']> {
    this.jobs += 1;
    return super.processJob(...job).finally(() => {
      this.jobs -= 1;
    });
  }
}

/** Makes one BullMQ worker that does not fetch jobs yet. */
export type Hire = () => CountingWorker;

export function hiring(
  queue: string,
  processor: string | URL | Processor,
  options: WorkerOptions,
  onWorker: (worker: Worker) => void,
): Hire {
  return () => {
    const worker = new CountingWorker(queue, processor, { ...options, autorun: false });
    // Without a listener BullMQ prints each error. What matters of them shows in `observe` and in the jobs.
    worker.on('error', () => {});
    onWorker(worker);
    return worker;
  };
}

/**
 * The place of one worker of the pool. BullMQ workers are closed for good, so a place that is opened again gets a new
 * one, once the jobs of the old one have ended: it never runs more jobs than one worker may.
 */
export class BullmqSeat implements Seat {
  readonly startedAt: number = Date.now();
  /** It takes jobs, or will as soon as those of its worker before have ended. */
  isOpen = true;
  readonly #hire: Hire;
  #worker: CountingWorker;
  #closing: Promise<void> | undefined;

  private constructor(hire: Hire, worker: CountingWorker) {
    this.#hire = hire;
    this.#worker = worker;
  }

  /** Settles when the worker is connected and takes jobs. Aborted, nothing of it remains. */
  static async open(hire: Hire, signal: AbortSignal): Promise<BullmqSeat> {
    signal.throwIfAborted();
    const worker = hire();
    try {
      await connected(worker, signal);
    } catch (error) {
      // It never ran: there is no job to wait for, and perhaps no Redis to say goodbye to.
      void worker.close(true).catch(() => {});
      throw error;
    }
    run(worker);
    return new BullmqSeat(hire, worker);
  }

  /** Jobs that it runs. */
  get jobs(): number {
    return this.#worker.jobs;
  }

  /** Takes no more jobs; settles when those in flight have ended and the worker has gone. */
  close(): Promise<void> {
    this.isOpen = false;
    this.#closing ??= this.#worker.close();
    return this.#closing;
  }

  /** Takes jobs again. */
  reopen(): void {
    this.isOpen = true;
    void this.#closing?.then(() => {
      if (!this.isOpen) return;
      this.#worker = this.#hire();
      this.#closing = undefined;
      run(this.#worker);
    });
  }

  /** Asks the jobs in flight to end, by the signal that their processor was given. */
  cancelJobs(reason: string): void {
    this.#worker.cancelAllJobs(reason);
  }
}

function connected(worker: Worker, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    worker
      .waitUntilReady()
      .then(() => (signal.aborted ? abort() : resolve()), reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

/** BullMQ's main loop ends when the worker is closed; what it throws before that, it throws to its `error` listeners. */
function run(worker: Worker): void {
  worker.run().catch((error: Error) => worker.emit('error', error));
}
