import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import PgBoss from 'pg-boss';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { composeAdapter } from '../../src/adapters/compose.ts';
import { pgBossQueue, pgBossWorkers } from '../../src/adapters/postgres-queue.ts';
import type { WorkerPoolAdapter } from '../../src/core/adapter.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { adapterContract } from '../../src/testing/adapter-contract.ts';
import { hasPostgres, PostgresServer } from '../postgres-server.ts';

const signal = AbortSignal.timeout(120_000);
const request = { skipWarmup: false, emergency: false, reason: 'a test', timeoutMs: 5_000 };

interface Nap {
  readonly ms: number;
}

const nap = (jobs: PgBoss.Job<Nap>[]): Promise<unknown> =>
  Promise.all(jobs.map(({ data }) => sleep(data.ms, { slept: data.ms })));

/** pg-boss's shortest. */
const polling = { pollingIntervalSeconds: 0.5 };

describe.skipIf(!hasPostgres)('workers of pg-boss', () => {
  let server: PostgresServer;
  let boss: PgBoss;
  let count = 0;
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start();
    boss = new PgBoss({ connectionString: server.url, max: 6, supervise: false, schedule: false });
    boss.on('error', () => {});
    await boss.start();
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  afterAll(async () => {
    await boss?.stop({ graceful: false });
    await server?.stop();
  });

  async function queueOf(options: Partial<PgBoss.Queue> = {}): Promise<string> {
    count += 1;
    const name = `queue-${count}`;
    await boss.createQueue(name, { name, retryLimit: 0, ...options });
    return name;
  }

  const add = async (queue: string, ms = 10): Promise<string> => (await boss.send(queue, { ms })) as string;
  const stateOf = async (queue: string, id: string): Promise<string | undefined> =>
    (await boss.getJobById(queue, id))?.state;

  function workersOf(...[of, queue, handler, options]: Parameters<typeof pgBossWorkers<Nap>>) {
    const workers = pgBossWorkers(of, queue, handler, { ...polling, ...options });
    closing.unshift(() => workers.close());
    return workers;
  }

  test('run jobs one after the other, and keep what the handler gives', async () => {
    const queue = await queueOf();
    const ids = await Promise.all([add(queue), add(queue), add(queue)]);
    const workers = workersOf(boss, queue, async (jobs) => ((await nap(jobs)) as object[])[0]);
    await workers.startWorker(request, signal);
    await vi.waitFor(async () => {
      expect(await Promise.all(ids.map((id) => stateOf(queue, id)))).toEqual(ids.map(() => 'completed'));
    });
    expect(await boss.getJobById(queue, ids[0] as string)).toMatchObject({ output: { slept: 10 } });
  });

  test('are drained: what runs is marked as completed, what waits is left to others', async () => {
    const queue = await queueOf();
    const workers = workersOf(boss, queue, nap, { batchSize: 2 });
    const jobs = [await add(queue, 80), await add(queue, 80), await add(queue, 1)];
    const id = await workers.startWorker(request, signal);
    await vi.waitFor(() => expect(workers.observe(signal)).toMatchObject({ ready: 1, busy: 1 }));
    await workers.drainWorker(id, signal);
    expect(await Promise.all(jobs.map((job) => stateOf(queue, job)))).toEqual([
      'completed',
      'completed',
      'created',
    ]);
    await workers.stopWorker(id, { ...request, graceful: true }, signal);
    expect(workers.observe(signal)).toMatchObject({ ready: 0, draining: 0, busy: 0, workers: [] });
  });

  test('a drain of an idle worker does not wait for its next look', async () => {
    const queue = await queueOf();
    const workers = workersOf(boss, queue, nap, { pollingIntervalSeconds: 60 });
    const id = await workers.startWorker(request, signal);
    await sleep(50);
    const began = performance.now();
    await workers.drainWorker(id, signal);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('a stop that cannot wait aborts the signal of the handler; the job is tried again', async () => {
    const queue = await queueOf({ retryLimit: 1 });
    const workers = workersOf(boss, queue, (_, aborted) => sleep(60_000, undefined, { signal: aborted }));
    const job = await add(queue);
    const id = await workers.startWorker(request, signal);
    await vi.waitFor(() => expect(workers.observe(signal)).toMatchObject({ busy: 1 }));
    await workers.stopWorker(id, { ...request, graceful: false }, signal);
    expect(await stateOf(queue, job)).toBe('retry');
  });

  test('a stop that cannot wait also asks a job that is just being fetched', async () => {
    const queue = await queueOf();
    let release = (): void => {};
    const fetched = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = {
      getQueue: (name) => boss.getQueue(name),
      fetch: async (name: string, options: PgBoss.FetchOptions) => {
        const jobs = await boss.fetch(name, options);
        await fetched;
        return jobs;
      },
      fail: (name: string, id: string, error: object) => boss.fail(name, id, error),
    } as PgBoss;
    const job = await add(queue);
    const workers = workersOf(slow, queue, (_, aborted) => sleep(60_000, undefined, { signal: aborted }));
    const id = await workers.startWorker(request, signal);
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('active'));
    const stopped = workers.stopWorker(id, { ...request, graceful: false }, signal);
    release();
    await stopped;
    expect(await stateOf(queue, job)).toBe('failed');
  });

  test('a handler that outlives its job is told so, and the worker goes on', async () => {
    const queue = await queueOf({ expireInSeconds: 1 });
    const reasons: unknown[] = [];
    const workers = workersOf(boss, queue, async ([job], aborted) => {
      if (job?.data.ms === 0) return;
      aborted.addEventListener('abort', () => reasons.push(aborted.reason.message));
      await new Promise(() => {});
    });
    const slow = await add(queue, 1);
    await workers.startWorker(request, signal);
    await vi.waitFor(async () => expect(await stateOf(queue, slow)).toBe('failed'), { timeout: 5_000 });
    expect(reasons).toEqual(['the handler took longer than the 1 s that its job may']);
    const next = await add(queue, 0);
    await vi.waitFor(async () => expect(await stateOf(queue, next)).toBe('completed'), { timeout: 5_000 });
  });

  test('a start needs the queue', async () => {
    await expect(workersOf(boss, 'nowhere', nap).startWorker(request, signal)).rejects.toThrow(
      'pg-boss has no queue "nowhere"',
    );
  });

  test.each([{ batchSize: 0 }, { pollingIntervalSeconds: 0.1 }])('%o is refused', (options) => {
    expect(() => pgBossWorkers(boss, 'queue', nap, options)).toThrow(InvalidOptionError);
  });

  test('no job of 400 is lost or run twice while workers come and go', { timeout: 60_000 }, async () => {
    const queue = await queueOf();
    const runs = new Map<string, number>();
    const workers = workersOf(
      boss,
      queue,
      async (jobs) => {
        for (const { id } of jobs) runs.set(id, (runs.get(id) ?? 0) + 1);
        await sleep(5);
      },
      { batchSize: 3 },
    );
    const source = pgBossQueue(boss, queue);
    await source.observe(signal);
    await boss.insert(Array.from({ length: 400 }, () => ({ name: queue })));
    for (let round = 0; round < 12; round++) {
      const ids = await Promise.all([0, 1, 2].map(() => workers.startWorker(request, signal)));
      await sleep(10);
      const drain = new AbortController();
      const drained = Promise.allSettled(ids.map((id) => workers.drainWorker(id, drain.signal)));
      if (round % 3 === 0) drain.abort(new Error('load has returned'));
      await drained;
      await Promise.all(ids.map((id) => workers.stopWorker(id, { ...request, graceful: true }, signal)));
    }
    // What is drained has told the database already.
    expect(await source.observe(signal)).toMatchObject({ active: 0, completed: runs.size });
    await workers.startWorker(request, signal);
    await vi.waitFor(
      async () =>
        expect(await source.observe(signal)).toMatchObject({ queued: 0, active: 0, completed: 400 }),
      { timeout: 20_000 },
    );
    expect(runs.size).toBe(400);
    expect([...runs.values()].every((times) => times === 1)).toBe(true);
  });

  test('the end of a job is told when the database is back', { timeout: 30_000 }, async () => {
    const own = await PostgresServer.start();
    const ownBoss = new PgBoss({ connectionString: own.url, max: 4, supervise: false, schedule: false });
    ownBoss.on('error', () => {});
    await ownBoss.start();
    await ownBoss.createQueue('outage');
    const job = (await ownBoss.send('outage', { ms: 300 })) as string;
    let runs = 0;
    const workers = pgBossWorkers<Nap>(
      ownBoss,
      'outage',
      (jobs) => {
        runs += 1;
        return nap(jobs);
      },
      polling,
    );
    await workers.startWorker(request, signal);
    await vi.waitFor(() => expect(runs).toBe(1));
    await own.goAway();
    await sleep(600);
    expect(workers.observe(signal)).toMatchObject({ ready: 1, busy: 1 });
    await own.comeBack();
    await vi.waitFor(async () => expect((await ownBoss.getJobById('outage', job))?.state).toBe('completed'), {
      timeout: 10_000,
    });
    await workers.close();
    expect(runs).toBe(1);
    await ownBoss.stop({ graceful: false });
    await own.stop();
  });

  describe('the adapter contract, kept by a queue and its workers', () => {
    const pools = new WeakMap<WorkerPoolAdapter, { queue: string; close(): Promise<void> }>();
    /** Called with the id of each job that is marked as ended. */
    const ended = new EventEmitter();

    /** A pg-boss that tells which jobs it has marked. */
    const telling: Parameters<typeof pgBossWorkers>[0] = {
      getQueue: (name) => boss.getQueue(name),
      fetch: (name: string, options: PgBoss.FetchOptions) => boss.fetch(name, options),
      complete: async (name: string, ids: string | string[]) => {
        await boss.complete(name, [ids].flat());
        for (const id of [ids].flat()) ended.emit(id);
      },
      fail: async (name: string, ids: string | string[]) => {
        await boss.fail(name, [ids].flat());
        for (const id of [ids].flat()) ended.emit(id);
      },
    } as PgBoss;

    const checks = adapterContract<WorkerPoolAdapter>({
      create: async () => {
        const queue = await queueOf();
        const workers = pgBossWorkers(telling, queue, nap, { ...polling, batchSize: 2 });
        const adapter = composeAdapter({ observe: pgBossQueue(boss, queue), scale: workers });
        pools.set(adapter, { queue, close: () => workers.close() });
        return adapter;
      },
      submit: async (adapter, durationMs) => {
        const { queue } = pools.get(adapter) as { queue: string };
        const id = randomUUID();
        const end = once(ended, id);
        // Longer, so that a look on a busy machine does not miss it.
        await boss.send(queue, { ms: durationMs + 150 }, { id });
        await end;
      },
      dispose: (adapter) => pools.get(adapter)?.close(),
    });

    for (const check of checks) test(check.name, check.run);
  });
});
