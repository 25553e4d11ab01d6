import { Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import type { DayJob } from './day.ts';

/** What people feel, for the live view: of the jobs that ended in the last seconds. */
const RECENT_MS = 5_000;

export interface QueueState {
  readonly waiting: number;
  readonly running: number;
}

/** What the queue itself has on record in the end. */
export interface Audit {
  readonly sent: number;
  readonly done: number;
  /** Sent, and not done. */
  readonly lost: number;
  /** Begun more than once, whatever the cause. */
  readonly runTwice: number;
  /** Containers that have ended jobs. */
  readonly workers: number;
  /** From being sent to its end, ms; sorted. */
  readonly responseMs: readonly number[];
}

/** The users of the service: they send jobs, and wait for their ends. */
export class Traffic {
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #events: QueueEvents;
  readonly #sentAt = new Map<string, number>();
  readonly #recent: { readonly at: number; readonly ms: number }[] = [];
  readonly #aborted: Promise<never>;
  #sent = 0;
  #done = 0;

  /** @param signal when it is aborted, calls reject that wait for a Redis which may be gone */
  constructor(queue: string, redisUrl: string, signal: AbortSignal) {
    this.#aborted = new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    this.#aborted.catch(() => {});
    this.#redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
    this.#queue = new Queue(queue, { connection: this.#redis });
    this.#events = new QueueEvents(queue, { connection: { url: redisUrl, maxRetriesPerRequest: null } });
    // It may be gone when all is cleaned up.
    this.#redis.on('error', () => {});
    this.#queue.on('error', () => {});
    this.#events.on('error', () => {});
    this.#events.on('completed', ({ jobId }) => this.#end(jobId));
  }

  get sent(): number {
    return this.#sent;
  }

  get done(): number {
    return this.#done;
  }

  async open(): Promise<void> {
    await this.#orAborted(this.#events.waitUntilReady());
  }

  /** A worker is connected to the queue. */
  async hasWorker(): Promise<boolean> {
    return (await this.#orAborted(this.#queue.getWorkersCount())) > 0;
  }

  async send(jobs: readonly DayJob[]): Promise<void> {
    const at = performance.now();
    const calls = jobs.map(({ ms }) => ({ name: 'call', data: { ms } }));
    const added = await this.#orAborted(this.#queue.addBulk(calls));
    for (const { id } of added) this.#sentAt.set(id as string, at);
    this.#sent += added.length;
  }

  async look(): Promise<QueueState> {
    const { waiting = 0, active = 0 } = await this.#orAborted(this.#queue.getJobCounts('waiting', 'active'));
    return { waiting, running: active };
  }

  /** Of the last seconds, ms; sorted. */
  recent(): readonly number[] {
    const from = performance.now() - RECENT_MS;
    while (this.#recent[0] !== undefined && this.#recent[0].at < from) this.#recent.shift();
    return this.#recent.map(({ ms }) => ms).sort((a, b) => a - b);
  }

  async audit(): Promise<Audit> {
    const done = await this.#orAborted(this.#queue.getJobs(['completed'], 0, -1));
    return {
      sent: this.#sent,
      done: done.length,
      lost: this.#sent - done.length,
      runTwice: done.filter(({ attemptsStarted }) => attemptsStarted > 1).length,
      workers: new Set(done.map(({ processedBy }) => processedBy)).size,
      responseMs: done.map(({ finishedOn = NaN, timestamp }) => finishedOn - timestamp).sort((a, b) => a - b),
    };
  }

  /** Removes all that the run has left in Redis: its keys bear the queue's name. */
  async forget(): Promise<void> {
    for await (const keys of this.#redis.scanStream({ match: `*${this.#queue.name}*`, count: 1_000 })) {
      if (keys.length > 0) await this.#redis.unlink(...(keys as string[]));
    }
  }

  /** Without a word to Redis, which may be gone. */
  close(): void {
    void this.#events.close().catch(() => {});
    this.#redis.disconnect();
  }

  #orAborted<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.#aborted]);
  }

  #end(id: string): void {
    const now = performance.now();
    this.#done += 1;
    // The first ones may end before the call that sent them has settled.
    this.#recent.push({ at: now, ms: now - (this.#sentAt.get(id) ?? now) });
    this.#sentAt.delete(id);
  }
}

/** `share` 0.95: at most so much in 95 of 100 cases. `sorted` from the smallest on. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
