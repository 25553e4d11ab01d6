import type { PendingJob } from './pending-job.ts';

/**
 * The jobs that wait, first come first served. A linked list, so that a job leaves the middle (abort) or returns to
 * the front (its worker died) at the same small cost, however long the queue.
 */
export class JobQueue<Job, Result> {
  #first: PendingJob<Job, Result> | undefined;
  #last: PendingJob<Job, Result> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(job: PendingJob<Job, Result>): void {
    job.before = this.#last;
    if (this.#last) this.#last.after = job;
    else this.#first = job;
    this.#last = job;
    this.#size += 1;
  }

  /** Puts jobs back at the front, in their order. */
  unshift(jobs: readonly PendingJob<Job, Result>[]): void {
    for (const job of jobs.toReversed()) {
      job.after = this.#first;
      if (this.#first) this.#first.before = job;
      else this.#last = job;
      this.#first = job;
      this.#size += 1;
    }
  }

  shift(): PendingJob<Job, Result> | undefined {
    const job = this.#first;
    if (job) this.remove(job);
    return job;
  }

  /** `false`: it is not waiting here. */
  remove(job: PendingJob<Job, Result>): boolean {
    if (job.before === undefined && job !== this.#first) return false;
    if (job.before) job.before.after = job.after;
    else this.#first = job.after;
    if (job.after) job.after.before = job.before;
    else this.#last = job.before;
    job.before = undefined;
    job.after = undefined;
    this.#size -= 1;
    return true;
  }
}
