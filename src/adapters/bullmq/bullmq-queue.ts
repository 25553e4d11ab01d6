import type { IRedisClient } from 'bullmq';
import type { LoadObservation, PoolSource } from '../compose-adapter.ts';
import { sharedCall } from '../shared-call.ts';
import { Doorbell } from './doorbell.ts';
import type { ObservableQueue } from './observable-queue.ts';
import { RunningTotals } from './running-totals.ts';
import { available, parseSnapshot, type QueueSnapshot, SNAPSHOT_SCRIPT } from './snapshot.ts';

export interface BullmqQueueOptions {
  /** The time by which jobs are delayed, epoch ms. Default: this machine's. */
  readonly now?: () => number;
  /**
   * Wakes the controller when a job has come to an idle queue, or its delay is over, and no worker has taken it within
   * 50 ms; otherwise the job waits for the next interval. Takes one more connection to Redis. Default `false`.
   */
  readonly wakes?: boolean;
}

const COMMAND = 'flyballSnapshot';

/** Clients that know the command: queues may share one. */
const taught = new WeakSet<IRedisClient>();

/**
 * A BullMQ queue as the place where a pool's work waits.
 *
 * `queued` counts waiting and prioritised jobs and those whose delay is over; none while the queue is paused, since no
 * worker could take them. `context` adds `delayedJobs`, `prioritizedJobs`, `pausedJobs` and `oldestWaitingMs`. The
 * totals count from the first look on, what is there then has arrived; a retry counts as one more arrival. They are
 * exact where the workers collect metrics (`bullmqWorkers` do), and otherwise derived from the job numbers and the
 * failed jobs that are kept.
 *
 * Each look is one script call on the queue's own connection: queues that share a connection are looked at in one
 * pipeline. It makes nothing in Redis.
 */
export function bullmqQueue(queue: ObservableQueue, options: BullmqQueueOptions = {}): PoolSource {
  const { now = Date.now, wakes = false } = options;
  const totals = new RunningTotals();
  const doorbells = new Set<Doorbell>();
  let seen: QueueSnapshot | undefined;

  const look = async (at: number): Promise<QueueSnapshot> => {
    const client = await queue.getBackend().client;
    if (!taught.has(client)) client.defineCommand(COMMAND, { numberOfKeys: 1, lua: SNAPSHOT_SCRIPT });
    taught.add(client);
    return parseSnapshot(await client.runCommand(COMMAND, [queue.toKey(''), at]));
  };
  const observe = sharedCall(async (): Promise<LoadObservation> => {
    const at = now();
    const snapshot = await look(at);
    seen = snapshot;
    for (const doorbell of doorbells) doorbell.hear(snapshot);
    return { ...loadOf(snapshot, at), ...totals.add(snapshot) };
  });
  const subscribe = (wake: (reason: string) => void): (() => void) => {
    const doorbell = new Doorbell({ queue, look, now, wake });
    doorbells.add(doorbell);
    if (seen !== undefined) doorbell.hear(seen);
    return () => {
      doorbells.delete(doorbell);
      doorbell.close();
    };
  };
  return { observe, ...(wakes && { subscribe }) };
}

function loadOf(snapshot: QueueSnapshot, at: number): LoadObservation {
  const { waiting, prioritized, due, delayed, active, heads } = snapshot;
  const queued = available(snapshot);
  return {
    queued,
    active,
    context: {
      delayedJobs: delayed,
      prioritizedJobs: prioritized,
      pausedJobs: waiting + prioritized + due - queued,
      oldestWaitingMs: Math.max(0, ...heads.map((since) => at - since)),
    },
  };
}
