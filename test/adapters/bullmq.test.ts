import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, type JobsOptions, Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BullmqWorkersOptions, bullmqQueue, bullmqWorkers } from '../../src/adapters/bullmq.ts';
import { composeAdapter, type LoadObservation, type PoolSource } from '../../src/adapters/compose.ts';
import type { WorkerPoolAdapter } from '../../src/core/adapter.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { adapterContract } from '../../src/testing/adapter-contract.ts';
import { hasRedis, RedisServer } from '../redis-server.ts';

let server: RedisServer;
let redis: Redis;
let count = 0;
const closing: (() => Promise<unknown>)[] = [];

function queueOf(): Queue {
  count += 1;
  const queue = new Queue(`queue-${count}`, { connection: redis });
  queue.on('error', () => {});
  closing.push(() => queue.close());
  return queue;
}

const signal = AbortSignal.timeout(60_000);
const request = { skipWarmup: false, emergency: false, reason: 'a test', timeoutMs: 5_000 };

function workersOf(
  queue: Queue,
  process: (job: Job, token?: string, signal?: AbortSignal) => Promise<unknown>,
  options: Partial<BullmqWorkersOptions> = {},
) {
  const workers = bullmqWorkers(queue.name, process, { connection: { port: server.port }, ...options });
  closing.unshift(() => workers.close());
  return workers;
}

/** A worker for each job that waits. */
const oneForEach: Policy = {
  name: 'one for each',
  propose: ({ queued }) => ({ kind: 'target', size: queued, reason: `${queued} wait` }),
};

const nap = ({ data }: Job): Promise<void> => sleep(data.ms);
const add = (queue: Queue, ms = 10, options: JobsOptions = {}): Promise<Job> =>
  queue.add('nap', { ms }, options);

describe.skipIf(!hasRedis)('BullMQ on a real Redis', () => {
  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis({ port: server.port, maxRetriesPerRequest: null });
    redis.on('error', () => {});
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  describe('a queue', () => {
    test('is told by what waits in it, of whatever kind', async () => {
      const queue = queueOf();
      const source = bullmqQueue(queue);
      expect(await source.observe(signal)).toEqual({
        queued: 0,
        active: 0,
        arrived: 0,
        completed: 0,
        failed: 0,
        context: { delayedJobs: 0, prioritizedJobs: 0, pausedJobs: 0, oldestWaitingMs: 0 },
      });
      await Promise.all([
        add(queue),
        add(queue),
        add(queue, 10, { priority: 3 }),
        add(queue, 10, { delay: 60_000 }),
      ]);
      expect(await source.observe(signal)).toMatchObject({
        queued: 3,
        arrived: 3,
        context: { delayedJobs: 1, prioritizedJobs: 1 },
      });
    });

    test('a paused queue has no work for anyone', async () => {
      const queue = queueOf();
      await add(queue);
      await queue.pause();
      const source = bullmqQueue(queue);
      expect(await source.observe(signal)).toMatchObject({ queued: 0, context: { pausedJobs: 1 } });
      await queue.resume();
      expect(await source.observe(signal)).toMatchObject({ queued: 1, context: { pausedJobs: 0 } });
    });

    test('a job whose delay is over is queued, though no worker is there to move it', async () => {
      const queue = queueOf();
      await add(queue, 10, { delay: 60_000 });
      let ahead = 0;
      const source = bullmqQueue(queue, { now: () => Date.now() + ahead });
      expect(await source.observe(signal)).toMatchObject({ queued: 0, arrived: 0 });
      ahead = 63_000;
      const later = await source.observe(signal);
      expect(later).toMatchObject({ queued: 1, arrived: 1, context: { delayedJobs: 0 } });
      expect(later.context?.oldestWaitingMs).toBeGreaterThan(2_900);
      expect(later.context?.oldestWaitingMs).toBeLessThan(3_500);
    });

    test('the oldest job that waits has an age', async () => {
      const queue = queueOf();
      const now = Date.now();
      await add(queue, 10, { timestamp: now - 5_000 });
      await add(queue, 10, { timestamp: now - 9_000, priority: 1 });
      await add(queue);
      const { context } = await bullmqQueue(queue, { now: () => now }).observe(signal);
      expect(context?.oldestWaitingMs).toBe(9_000);
    });

    test.each([
      ['with metrics', { metrics: { maxDataPoints: 1 } }],
      ['without', {}],
    ])('totals count what arrived and how it ended, %s', async (_, options) => {
      const queue = queueOf();
      const source = bullmqQueue(queue);
      await add(queue);
      await source.observe(signal);
      const worker = new Worker(
        queue.name,
        async (job) => {
          if (job.name === 'fail') throw new Error('on purpose');
        },
        { connection: redis.duplicate(), ...options },
      );
      closing.unshift(() => worker.close());
      await Promise.all(
        ['ok', 'ok', 'fail', 'ok'].map((name) => queue.add(name, {}, { removeOnComplete: true })),
      );
      await vi.waitFor(async () => {
        expect(await source.observe(signal)).toMatchObject({
          queued: 0,
          arrived: 5,
          completed: 4,
          failed: 1,
        });
      });
    });

    test('totals never run back, also when the queue is wiped', async () => {
      const queue = queueOf();
      const source = bullmqQueue(queue);
      await source.observe(signal);
      await Promise.all([add(queue), add(queue), add(queue)]);
      const before = await source.observe(signal);
      expect(before.arrived).toBe(3);
      await queue.obliterate({ force: true });
      expect(await source.observe(signal)).toMatchObject({ queued: 0, arrived: 3 });
      await add(queue);
      expect(await source.observe(signal)).toMatchObject({ queued: 1, arrived: 4 });
    });

    test('many queues on one connection cost one call each, in one pipeline', async () => {
      const queues = Array.from({ length: 100 }, queueOf);
      await Promise.all(queues.map((queue) => add(queue)));
      const sources = queues.map((queue) => bullmqQueue(queue));
      const look = (): Promise<LoadObservation[]> =>
        Promise.all(sources.map((source) => source.observe(new AbortController().signal)));
      await look();
      const calls = async (): Promise<number> =>
        [...(await redis.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
          (sum, [, number]) => sum + Number(number),
          0,
        );
      const before = await calls();
      const timings: number[] = [];
      for (let round = 0; round < 5; round++) {
        const began = performance.now();
        const seen = await look();
        timings.push(performance.now() - began);
        expect(seen.every(({ queued }) => queued === 1)).toBe(true);
      }
      expect(await calls()).toBe(before + 500);
      expect(Math.min(...timings)).toBeLessThan(50);
    });

    test('a Redis that is away costs one waiting call, and is seen again when it is back', async () => {
      const own = await RedisServer.start();
      const connection = new Redis({ port: own.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
      connection.on('error', () => {});
      const queue = new Queue('away', { connection });
      queue.on('error', () => {});
      const source = bullmqQueue(queue);
      await add(queue);
      expect(await source.observe(signal)).toMatchObject({ queued: 1 });
      await own.goAway();
      await Promise.all(
        [1, 2, 3].map(() => expect(source.observe(AbortSignal.timeout(50))).rejects.toThrow(/timeout/)),
      );
      expect(connection.status).not.toBe('ready');
      await own.comeBack();
      await vi.waitFor(async () => {
        expect(await source.observe(signal)).toMatchObject({ queued: 0, arrived: 1 });
      });
      await queue.close();
      connection.disconnect();
      await own.stop();
    });
  });

  describe('a queue that wakes', () => {
    /** Listens for wakes, as a controller that has just seen the queue. */
    async function woken(queue: Queue): Promise<{ reasons: string[]; source: PoolSource }> {
      const source = bullmqQueue(queue, { wakes: true });
      const reasons: string[] = [];
      const unsubscribe = source.subscribe?.((reason) => reasons.push(reason));
      closing.unshift(async () => unsubscribe?.());
      await source.observe(signal);
      return { reasons, source };
    }

    test('from zero, the first job has its worker asked for at once, however long the interval', async () => {
      const queue = queueOf();
      const asked: number[] = [];
      const controller = new ScalingController({
        pools: [
          {
            id: 'zero',
            adapter: composeAdapter({
              observe: bullmqQueue(queue, { wakes: true }),
              scale: {
                observe: () => ({ ready: 0 }),
                scaleTo: async () => {
                  asked.push(performance.now());
                },
              },
            }),
            policy: oneForEach,
            minWorkers: 0,
            maxWorkers: 4,
          },
        ],
        intervalMs: 60_000,
      });
      controller.start();
      await sleep(400);
      expect(asked).toEqual([]);
      const sent = performance.now();
      await add(queue);
      await vi.waitFor(() => expect(asked).not.toEqual([]), { interval: 5 });
      // 50 ms until it is sure that nobody takes the job; the rest is for a machine that is busy.
      expect((asked[0] as number) - sent).toBeLessThan(500);
      expect((asked[0] as number) - sent).toBeGreaterThan(45);
      await controller.stop();
    });

    test.each<[string, (queue: Queue) => Promise<unknown>, (queue: Queue) => unknown]>([
      ['the delay of a job is over', (queue) => add(queue, 10, { delay: 150 }), () => {}],
      ['a job with a delay is added', () => Promise.resolve(), (queue) => add(queue, 10, { delay: 100 })],
      ['a job with a priority is added', () => Promise.resolve(), (queue) => add(queue, 10, { priority: 1 })],
      [
        'a paused queue is resumed',
        async (queue) => {
          await queue.pause();
          await add(queue);
        },
        (queue) => queue.resume(),
      ],
    ])('also when %s', async (_, before, then) => {
      const queue = queueOf();
      await before(queue);
      const { reasons } = await woken(queue);
      await sleep(70);
      expect(reasons).toEqual([]);
      await then(queue);
      await vi.waitFor(() => expect(reasons).toEqual([`a job waits in the idle queue ${queue.name}`]));
    });

    test('once, until a look has found it idle again', async () => {
      const queue = queueOf();
      const { reasons, source } = await woken(queue);
      for (let jobs = 0; jobs < 50; jobs++) await add(queue);
      await vi.waitFor(() => expect(reasons).toHaveLength(1));
      await source.observe(signal);
      await add(queue);
      await sleep(150);
      expect(reasons).toHaveLength(1);
      await queue.drain();
      await source.observe(signal);
      await add(queue);
      await vi.waitFor(() => expect(reasons).toHaveLength(2));
    });

    test('not while there are workers who take the jobs', async () => {
      const queue = queueOf();
      const workers = workersOf(queue, nap);
      await workers.startWorker(request, signal);
      const { reasons } = await woken(queue);
      for (let jobs = 0; jobs < 5; jobs++) {
        await add(queue, 1);
        await sleep(30);
      }
      await sleep(100);
      expect(reasons).toEqual([]);
    });

    const connections = async (): Promise<number> =>
      Number(/connected_clients:(\d+)/.exec(await redis.info('clients'))?.[1]);

    test('takes one connection while it is listened to, and leaves none', async () => {
      const queue = queueOf();
      await queue.waitUntilReady();
      const before = await connections();
      const source = bullmqQueue(queue, { wakes: true });
      await source.observe(signal);
      expect(await connections()).toBe(before);
      const unsubscribe = source.subscribe?.(() => {});
      await source.observe(signal);
      await vi.waitFor(async () => expect(await connections()).toBe(before + 1));
      await source.observe(signal);
      unsubscribe?.();
      await vi.waitFor(async () => expect(await connections()).toBe(before));
      source.subscribe?.(() => {})();
      await source.observe(signal);
      await sleep(50);
      expect(await connections()).toBe(before);
    });

    test('also after Redis was away', async () => {
      const own = await RedisServer.start();
      const connection = new Redis({ port: own.port, maxRetriesPerRequest: null, retryStrategy: () => 20 });
      connection.on('error', () => {});
      const queue = new Queue('away', { connection });
      queue.on('error', () => {});
      closing.push(async () => {
        await queue.close();
        connection.disconnect();
        await own.stop();
      });
      const { reasons, source } = await woken(queue);
      await own.goAway();
      await sleep(100);
      await own.comeBack();
      await vi.waitFor(() => source.observe(AbortSignal.timeout(500)), { timeout: 5_000 });
      await add(queue);
      await vi.waitFor(() => expect(reasons).toHaveLength(1), { timeout: 5_000 });
    });
  });

  describe('workers', () => {
    test('are drained by closing: what runs ends, what waits is left to others', async () => {
      const queue = queueOf();
      const workers = workersOf(queue, nap, { concurrency: 2 });
      const id = await workers.startWorker(request, signal);
      const jobs = await Promise.all([add(queue, 80), add(queue, 80), add(queue, 1)]);
      await vi.waitFor(() => expect(workers.observe(signal)).toMatchObject({ ready: 1, busy: 1 }));
      await workers.drainWorker(id, signal);
      expect(await Promise.all(jobs.map((job) => job.getState()))).toEqual([
        'completed',
        'completed',
        'waiting',
      ]);
      await workers.stopWorker(id, { ...request, graceful: true }, signal);
      expect(workers.observe(signal)).toMatchObject({ ready: 0, draining: 0, busy: 0, workers: [] });
    });

    test('a stop that cannot wait aborts the signal of the jobs', async () => {
      const queue = queueOf();
      const workers = workersOf(queue, (_job, _token, aborted) =>
        sleep(60_000, undefined, { signal: aborted }),
      );
      const id = await workers.startWorker(request, signal);
      const job = await add(queue);
      await vi.waitFor(() => expect(workers.observe(signal)).toMatchObject({ busy: 1 }));
      await workers.stopWorker(id, { ...request, graceful: false }, signal);
      expect(await job.getState()).toBe('failed');
    });

    test('a start without a Redis is called off by its signal', async () => {
      const workers = bullmqWorkers('nowhere', nap, { connection: { port: 1 } });
      await expect(workers.startWorker(request, AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
      expect(workers.observe(signal)).toMatchObject({ ready: 0, starting: 0 });
    });

    test('each worker is shown to the host', async () => {
      const queue = queueOf();
      const seen: Worker[] = [];
      const workers = workersOf(queue, nap, { onWorker: (worker) => seen.push(worker) });
      await workers.startWorker(request, signal);
      expect(seen.map(({ name }) => name)).toEqual([queue.name]);
    });

    test('a concurrency that is none is refused', () => {
      expect(() => bullmqWorkers('queue', nap, { connection: {}, concurrency: 0 })).toThrow(
        InvalidOptionError,
      );
    });

    test('no job of 400 is lost or run twice while workers come and go', { timeout: 30_000 }, async () => {
      const queue = queueOf();
      const runs = new Map<string, number>();
      const workers = workersOf(
        queue,
        async (job) => {
          runs.set(job.id as string, (runs.get(job.id as string) ?? 0) + 1);
          await sleep(5);
        },
        { concurrency: 3 },
      );
      const source = bullmqQueue(queue);
      await source.observe(signal);
      await queue.addBulk(Array.from({ length: 400 }, () => ({ name: 'nap', data: {} })));
      for (let round = 0; round < 12; round++) {
        const ids = await Promise.all([0, 1, 2].map(() => workers.startWorker(request, signal)));
        await sleep(10);
        const drain = new AbortController();
        const drained = Promise.allSettled(ids.map((id) => workers.drainWorker(id, drain.signal)));
        if (round % 3 === 0) drain.abort(new Error('load has returned'));
        await drained;
        await Promise.all(ids.map((id) => workers.stopWorker(id, { ...request, graceful: true }, signal)));
      }
      await workers.startWorker(request, signal);
      await vi.waitFor(
        async () =>
          expect(await source.observe(signal)).toMatchObject({ queued: 0, active: 0, completed: 400 }),
        10_000,
      );
      expect(runs.size).toBe(400);
      expect([...runs.values()].every((times) => times === 1)).toBe(true);
    });
  });

  test('a controller holds its size while Redis is away, tells it once, and goes on', async () => {
    const own = await RedisServer.start();
    const connection = { port: own.port, retryStrategy: () => 20 };
    const queue = new Queue('outage', { connection });
    queue.on('error', () => {});
    let completed = 0;
    const workers = bullmqWorkers(
      'outage',
      async () => {
        completed += 1;
      },
      { connection },
    );
    const controller = new ScalingController({
      pools: [
        {
          id: 'outage',
          adapter: composeAdapter({ observe: bullmqQueue(queue), scale: workers }),
          minWorkers: 2,
        },
      ],
      intervalMs: 20,
      observeTimeoutMs: 50,
    });
    const faults: string[] = [];
    controller.on('fault', ({ source, recovered }) => faults.push(recovered ? `${source} over` : source));
    controller.start();
    await vi.waitFor(() => expect(controller.status().pools[0]).toMatchObject({ ready: 2 }));
    await own.goAway();
    await vi.waitFor(() => expect(faults).toEqual(['observe']));
    await sleep(500);
    expect(controller.status().pools[0]).toMatchObject({ size: 2, quality: 'stale' });
    expect(faults).toEqual(['observe']);
    await own.comeBack();
    await vi.waitFor(() => expect(faults).toEqual(['observe', 'observe over']));
    await add(queue);
    await vi.waitFor(() => expect(completed).toBe(1), { timeout: 15_000 });
    await controller.stop();
    await workers.close();
    await queue.close();
    await own.stop();
  });

  describe('the adapter contract, kept by a queue and its workers', () => {
    const pools = new WeakMap<
      WorkerPoolAdapter,
      { queue: Queue; ended: QueueEvents; close(): Promise<void> }
    >();

    const checksOf = (concurrency: number) =>
      adapterContract<WorkerPoolAdapter>({
        create: async () => {
          count += 1;
          const queue = new Queue(`contract-${count}`, { connection: redis });
          const ended = new QueueEvents(queue.name, { connection: { port: server.port } });
          await Promise.all([queue.waitUntilReady(), ended.waitUntilReady()]);
          const workers = bullmqWorkers(queue.name, nap, { connection: { port: server.port }, concurrency });
          const adapter = composeAdapter({ observe: bullmqQueue(queue, { wakes: true }), scale: workers });
          pools.set(adapter, {
            queue,
            ended,
            close: async () => {
              await workers.close();
              await Promise.all([queue.close(), ended.close()]);
            },
          });
          return adapter;
        },
        submit: async (adapter, durationMs) => {
          const { queue, ended } = pools.get(adapter) as { queue: Queue; ended: QueueEvents };
          const job = await add(queue, durationMs);
          await job.waitUntilFinished(ended);
        },
        dispose: (adapter) => pools.get(adapter)?.close(),
      });

    describe.each([1, 3])('with %i slots a worker', (concurrency) => {
      for (const check of checksOf(concurrency)) test(check.name, check.run);
    });
  });
});
