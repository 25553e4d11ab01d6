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
  readonly #onSettled: ((job: this) => void) | undefined;

  constructor(
    id: number,
    payload: Job,
    options: RunOptions,
    arrivedAt: number,
    onSettled?: (job: PendingJob<Job, Result>) => void,
  ) {
    this.id = id;
    this.payload = payload;
    this.arrivedAt = arrivedAt;
    this.transferList = options.transferList;
    this.#onSettled = onSettled;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
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
    this.#onSettled?.(this);
  }
}
