import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { IRedisClient } from 'bullmq';
import type { ObservableQueue } from './observable-queue.ts';
import { available, type QueueSnapshot } from './snapshot.ts';

export interface DoorbellOptions {
  readonly queue: ObservableQueue;
  readonly look: (at: number) => Promise<QueueSnapshot>;
  readonly now: () => number;
  readonly wake: (reason: string) => void;
}

/** Where there are workers, one of them has begun the job by then, ms. */
const GRACE_MS = 50;

/** The longest that one call waits in Redis, ms. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Wakes when a job comes to an idle queue and nobody takes it. It waits for the queue's next event, on a connection of
 * its own, and only while the last look found nothing that waits or runs: a busy queue, whose jobs are events by the
 * thousand, is not listened to. An event is but a hint; a look tells what there is.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  /** What the last look saw of an idle queue; nothing is waited for without. */
  #idle: QueueSnapshot | undefined;
  #client: IRedisClient | undefined;
  #isListening = false;
  #isClosed = false;

  constructor(options: DoorbellOptions) {
    this.#options = options;
  }

  /** Takes note of a look. The events after it are waited for, so that none is missed in between. */
  hear(snapshot: QueueSnapshot): void {
    this.#idle = available(snapshot) === 0 && snapshot.active === 0 ? snapshot : undefined;
    if (this.#idle === undefined || this.#isListening || this.#isClosed) return;
    this.#isListening = true;
    this.#listen()
      // Redis is away: the first look after that listens again.
      .catch(() => {})
      .finally(() => {
        this.#isListening = false;
      });
  }

  close(): void {
    this.#isClosed = true;
    this.#idle = undefined;
    this.#client?.disconnect();
  }

  async #listen(): Promise<void> {
    const client = await this.#connect();
    while (this.#idle !== undefined) {
      const { lastEvent, nextDue = Infinity } = this.#idle;
      const { queue, now } = this.#options;
      const events = await client.xread([{ key: queue.toKey('events'), id: lastEvent }], {
        BLOCK: Math.min(LONGEST_WAIT_MS, Math.max(1, nextDue - now())),
        COUNT: 1,
      });
      if (events !== null || now() >= nextDue) await this.#answer();
    }
  }

  /** Wakes if a job waits that nobody takes: the same one is at the head twice, and none runs. */
  async #answer(): Promise<void> {
    const { queue, look, now, wake } = this.#options;
    for (let before: QueueSnapshot | undefined; !this.#isClosed; await sleep(GRACE_MS)) {
      const snapshot = await look(now());
      if (this.#isClosed) return;
      this.hear(snapshot);
      if (available(snapshot) === 0 || snapshot.active > 0) return;
      if (before !== undefined && isDeepStrictEqual(snapshot.heads, before.heads)) {
        wake(`a job waits in the idle queue ${queue.name}`);
        return;
      }
      before = snapshot;
    }
  }

  async #connect(): Promise<IRedisClient> {
    if (this.#client === undefined) {
      const client = await this.#options.queue.getBackend().client;
      // The connection may go and come back while it waits; that is no reason to give the waiting up.
      this.#client = client.duplicate({ maxRetriesPerRequest: null });
      this.#client.on('error', () => {});
      if (this.#isClosed) this.#client.disconnect();
    }
    if (this.#client.status === 'wait') await this.#client.connect();
    return this.#client;
  }
}
