import type { RunOptions } from './options.ts';

/** A job that was given to a pool. Its promise settles exactly once, whatever happens to workers. */
export class PendingJob<Job, Result> {
  readonly id: number;
  readonly payload: Job;
  /** When it came, and when it was last given to a worker; monotonic ms. */
  readonly arrivedAt: number;
  startedAt = 0;
  /** Workers that died while they ran it. */
  crashes = 0;
  /** Its promise is settled; a worker may still be busy with it. */
  settled = false;
  readonly transferList: readonly object[] | undefined;
  readonly result: Promise<Result>;

  /** Neighbours in the queue. */
  before: PendingJob<Job, Result> | undefined;
  after: PendingJob<Job, Result> | undefined;

  #resolve!: (result: Result) => void;
  #reject!: (reason: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(id: number, payload: Job, options: RunOptions, arrivedAt: number) {
    this.id = id;
    this.payload = payload;
    this.arrivedAt = arrivedAt;
    this.transferList = options.transferList;
    this.#signal = options.signal;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Calls `abandon` when the caller aborts; the promise is rejected by then. */
  whenAborted(abandon: () => void): void {
    this.#onAbort = () => {
      this.reject(this.#signal?.reason);
      abandon();
    };
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  resolve(result: Result): void {
    this.#settle();
    this.#resolve(result);
  }

  reject(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.settled = true;
    if (this.#onAbort) this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
