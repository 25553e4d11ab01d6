import type { IRedisClient } from 'bullmq';
import type { LoadObservation, PoolSource } from '../compose-adapter.ts';
import { sharedCall } from '../shared-call.ts';
import { RunningTotals } from './running-totals.ts';
import { parseSnapshot, type QueueSnapshot, SNAPSHOT_SCRIPT } from './snapshot.ts';

/** What is needed of a BullMQ `Queue` on Redis. */
export interface ObservableQueue {
  readonly name: string;
  readonly toKey: (type: string) => string;
  getBackend(): { readonly client: Promise<IRedisClient> };
}

export interface BullmqQueueOptions {
  /** The time by which jobs are delayed, epoch ms. Default: this machine's. */
  readonly now?: () => number;
}

const COMMAND = 'flyballSnapshot';

/** Clients that know the command: queues may share one. */
const taught = new WeakSet<IRedisClient>();

/**
 * A BullMQ queue as the place where a pool's work waits.
 *
 * `queued` counts waiting and prioritised jobs and those whose delay is over; none while the queue is paused, since no
 * worker could take them. `context` adds `delayedJobs`, `prioritizedJobs`, `pausedJobs` and `oldestWaitingMs`. The
 * totals count from the first look on, what is there then has arrived; a retry counts as one more arrival. They are exact where the workers collect
 * metrics (`bullmqWorkers` do), and otherwise derived from the job numbers and the failed jobs that are kept.
 *
 * Each look is one script call on the queue's own connection: queues that share a connection are looked at in one
 * pipeline. It makes nothing in Redis.
 */
export function bullmqQueue(queue: ObservableQueue, options: BullmqQueueOptions = {}): PoolSource {
  const { now = Date.now } = options;
  const totals = new RunningTotals();

  const observe = sharedCall(async (): Promise<LoadObservation> => {
    const client = await queue.getBackend().client;
    if (!taught.has(client)) client.defineCommand(COMMAND, { numberOfKeys: 1, lua: SNAPSHOT_SCRIPT });
    taught.add(client);
    const at = now();
    const snapshot = parseSnapshot(await client.runCommand(COMMAND, [queue.toKey(''), at]));
    return { ...loadOf(snapshot, at), ...totals.add(snapshot) };
  });
  return { observe };
}

function loadOf(snapshot: QueueSnapshot, at: number): LoadObservation {
  const { waiting, prioritized, due, delayed, active, isPaused, heads } = snapshot;
  const queued = waiting + prioritized + due;
  return {
    queued: isPaused ? 0 : queued,
    active,
    context: {
      delayedJobs: delayed,
      prioritizedJobs: prioritized,
      pausedJobs: isPaused ? queued : 0,
      oldestWaitingMs: Math.max(0, ...heads.map((since) => at - since)),
    },
  };
}
