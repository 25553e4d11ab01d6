import { setTimeout as sleep } from 'node:timers/promises';
import type PgBoss from 'pg-boss';
import type { Seat } from '../crew.ts';

/** What a worker does with the jobs that it fetches. */
export interface Work {
  /** Gives the next jobs; none while there are none, or while the database is away. */
  readonly fetch: () => Promise<readonly PgBoss.Job[]>;
  readonly handle: (jobs: readonly PgBoss.Job[], signal: AbortSignal) => Promise<unknown>;
  readonly complete: (ids: string[], result: unknown) => Promise<unknown>;
  readonly fail: (ids: string[], error: unknown) => Promise<unknown>;
  /** How long to wait for jobs where there are none, ms. */
  readonly restMs: number;
}

/**
 * One worker: it fetches jobs, handles them, and tells the database how they ended before it fetches more. While that
 * is away it tries again, until the jobs would have expired anyway.
 */
export class PgBossSeat implements Seat {
  readonly startedAt: number = Date.now();
  isOpen = true;
  jobs = 0;
  readonly #work: Work;
  #rest = new AbortController();
  #abort = new AbortController();
  #cancelled: Error | undefined;
  #running: Promise<void>;

  constructor(work: Work) {
    this.#work = work;
    this.#running = this.#run();
  }

  close(): Promise<void> {
    this.isOpen = false;
    this.#rest.abort();
    return this.#running;
  }

  reopen(): void {
    this.isOpen = true;
    // It never ended, or begins again when it has.
    this.#running = this.#running.then(() => this.#run());
  }

  cancelJobs(reason: string): void {
    // Jobs that are being fetched at this moment are asked as soon as they are here.
    this.#cancelled = new Error(reason);
    this.#abort.abort(this.#cancelled);
  }

  async #run(): Promise<void> {
    while (this.isOpen) {
      const jobs = await this.#work.fetch().catch(() => []);
      this.jobs = jobs.length;
      if (jobs.length > 0) await this.#handle(jobs);
      else if (this.isOpen) await this.#waitForJobs();
      this.jobs = 0;
    }
  }

  async #waitForJobs(): Promise<void> {
    this.#rest = new AbortController();
    await sleep(this.#work.restMs, undefined, { signal: this.#rest.signal }).catch(() => {});
  }

  async #handle(jobs: readonly PgBoss.Job[]): Promise<void> {
    const { handle, complete, fail, restMs } = this.#work;
    const ids = jobs.map(({ id }) => id);
    const expiry = new Expiry(Math.max(...jobs.map(({ expireInSeconds }) => expireInSeconds)));
    this.#abort = expiry.abort;
    if (this.#cancelled !== undefined) this.#abort.abort(this.#cancelled);
    let tell: () => Promise<unknown>;
    try {
      const result = await Promise.race([handle(jobs, expiry.abort.signal), expiry.over]);
      tell = () => complete(ids, jobs.length === 1 ? result : undefined);
    } catch (error) {
      tell = () => fail(ids, error);
    }
    const isTold = (): Promise<boolean> =>
      tell().then(
        () => true,
        () => false,
      );
    while (!(await isTold()) && !expiry.isOver) await sleep(restMs);
    expiry.clear();
  }
}

/** When jobs expire, they are given up, as pg-boss does: others may have them already. */
class Expiry {
  readonly abort: AbortController = new AbortController();
  /** Rejects when the time is over. */
  readonly over: Promise<never>;
  isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number) {
    this.over = new Promise((_, reject) => {
      this.#timer = setTimeout(() => {
        this.isOver = true;
        const error = new Error(`the handler took longer than the ${seconds} s that its job may`);
        this.abort.abort(error);
        reject(error);
      }, seconds * 1_000);
    });
    this.over.catch(() => {});
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
