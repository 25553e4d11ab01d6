import type { IRedisClient } from 'bullmq';

/** What is needed of a BullMQ `Queue` on Redis. */
export interface ObservableQueue {
  readonly name: string;
  readonly toKey: (type: string) => string;
  getBackend(): { readonly client: Promise<IRedisClient> };
}
