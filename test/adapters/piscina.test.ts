import { Piscina } from 'piscina';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { piscinaAdapter } from '../../src/adapters/piscina.ts';
import type { ReplicaPoolAdapter } from '../../src/core/adapter.ts';
import type { PoolObservation } from '../../src/core/observation.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { ScalingController } from '../../src/index.ts';
import { adapterContract } from '../../src/testing/adapter-contract.ts';

const filename = new URL('../fixtures/piscina-task.mjs', import.meta.url).href;
const { signal } = new AbortController();
const pools: Piscina[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.destroy()));
});

type PiscinaOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>;

function create(options: PiscinaOptions = {}): Piscina {
  const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1, ...options });
  pools.push(pool);
  return pool;
}

const observe = (adapter: ReplicaPoolAdapter): PoolObservation => adapter.observe(signal) as PoolObservation;

/** Jobs that end when the test does. */
function submit(pool: Piscina, count: number, ms = 5_000): Promise<unknown>[] {
  return Array.from({ length: count }, () => {
    const job = pool.run({ ms });
    job.catch(() => {});
    return job;
  });
}

describe('what is seen of a piscina pool', () => {
  it('its size is the number of jobs that it runs at once', async () => {
    const pool = create({ minThreads: 2, maxThreads: 4 });
    const adapter = piscinaAdapter(pool);
    expect(observe(adapter)).toEqual({ ready: 4, draining: 0, busy: 0, queued: 0, completed: 0 });
    submit(pool, 6);
    await vi.waitFor(() => expect(observe(adapter)).toMatchObject({ ready: 4, busy: 4, queued: 2 }));
  });

  it('has a whole number of workers, whatever piscina made of the cores', () => {
    expect(observe(piscinaAdapter(create({ maxThreads: 4.5 })))).toMatchObject({ ready: 5 });
  });

  it('jobs that ended are counted, those that failed too', async () => {
    const pool = create();
    const adapter = piscinaAdapter(pool);
    await pool.run({});
    await expect(pool.run({ fails: true })).rejects.toThrow('the task fails');
    expect(observe(adapter).completed).toBe(2);
  });

  it('a closed pool cannot be observed', async () => {
    const pool = create();
    const adapter = piscinaAdapter(pool);
    await pool.close();
    expect(() => observe(adapter)).toThrow('closed');
  });
});

describe('a larger size', () => {
  it('starts threads at once for jobs that wait, though no job ends', async () => {
    const pool = create();
    const adapter = piscinaAdapter(pool);
    submit(pool, 4);
    await vi.waitFor(() => expect(observe(adapter)).toMatchObject({ busy: 1, queued: 3 }));
    await adapter.scaleTo(4, signal);
    await vi.waitFor(() => expect(observe(adapter)).toMatchObject({ ready: 4, busy: 4, queued: 0 }));
    expect(pool.threads).toHaveLength(4);
  });

  it('starts threads ahead of the load while none is idle', async () => {
    const pool = create();
    const adapter = piscinaAdapter(pool);
    submit(pool, 1);
    await vi.waitFor(() => expect(pool.idleThreads).toBe(0));
    await adapter.scaleTo(3, signal);
    await vi.waitFor(() => expect(pool.idleThreads).toBe(2));
    expect(observe(adapter)).toMatchObject({ ready: 3, busy: 1, queued: 0, completed: 0 });
  });

  it('does not mistake threads that start ahead of the load for busy ones', async () => {
    const pool = create({ filename: new URL('../fixtures/piscina-slow-task.mjs', import.meta.url).href });
    const adapter = piscinaAdapter(pool);
    submit(pool, 3);
    await vi.waitFor(() => expect(observe(adapter)).toMatchObject({ busy: 1, queued: 2 }));
    await adapter.scaleTo(6, signal);
    // Two of the five that start have a job.
    expect(pool.threads).toHaveLength(6);
    expect(observe(adapter)).toMatchObject({ ready: 6, busy: 3, queued: 0 });
    await vi.waitFor(() => expect(pool.idleThreads).toBe(3), 3_000);
    expect(observe(adapter)).toMatchObject({ ready: 6, busy: 3, queued: 0 });
  });

  it('is waited for by no full queue', async () => {
    const pool = create({ maxQueue: 1 });
    const adapter = piscinaAdapter(pool);
    const jobs = submit(pool, 2, 50);
    await vi.waitFor(() => expect(observe(adapter)).toMatchObject({ busy: 1, queued: 1 }));
    await adapter.scaleTo(3, signal);
    expect(await Promise.all(jobs)).toEqual([50, 50]);
  });

  it('leaves idle threads alone', async () => {
    const pool = create({ minThreads: 2, maxThreads: 2 });
    const adapter = piscinaAdapter(pool);
    await pool.run({});
    const ids = pool.threads.map(({ threadId }) => threadId);
    await adapter.scaleTo(5, signal);
    expect(pool.threads.map(({ threadId }) => threadId)).toEqual(ids);
    expect(await Promise.all(submit(pool, 5, 1))).toHaveLength(5);
  });

  it('serves jobs that came at size 0', async () => {
    const pool = create({ minThreads: 0, maxThreads: 1 });
    const adapter = piscinaAdapter(pool);
    await adapter.scaleTo(0, signal);
    const jobs = submit(pool, 2, 1);
    await vi.waitFor(() => expect(observe(adapter)).toMatchObject({ ready: 0, busy: 0, queued: 2 }));
    await adapter.scaleTo(1, signal);
    expect(await Promise.all(jobs)).toEqual([1, 1]);
  });
});

describe('a smaller size', () => {
  it('ends idle threads after idleTimeoutMs, and loses no job', async () => {
    const pool = create({ minThreads: 1, maxThreads: 4 });
    const adapter = piscinaAdapter(pool, { idleTimeoutMs: 20 });
    const jobs = submit(pool, 4, 60);
    await vi.waitFor(() => expect(pool.threads).toHaveLength(4));
    await adapter.scaleTo(2, signal);
    expect(observe(adapter)).toMatchObject({ ready: 2, draining: 2 });
    expect(await Promise.all(jobs)).toEqual([60, 60, 60, 60]);
    await vi.waitFor(() => expect(observe(adapter)).toMatchObject({ ready: 2, draining: 0, busy: 0 }));
  });

  it('below the minThreads of the pool is reached too, and they come back with the size', async () => {
    const pool = create({ minThreads: 3, maxThreads: 3 });
    const adapter = piscinaAdapter(pool, { idleTimeoutMs: 10 });
    await adapter.scaleTo(1, signal);
    await Promise.all(submit(pool, 3, 20));
    await vi.waitFor(() => expect(pool.threads).toHaveLength(1));
    await adapter.scaleTo(6, signal);
    expect(pool.options).toMatchObject({ minThreads: 3, maxThreads: 6 });
  });
});

it('grows under a controller', async () => {
  const pool = create();
  const controller = new ScalingController({
    pools: [{ id: 'tasks', adapter: piscinaAdapter(pool), minWorkers: 1, maxWorkers: 4 }],
  });
  submit(pool, 12);
  await vi.waitFor(() => expect(pool.queueSize).toBe(11));
  await controller.tick();
  expect(pool.options.maxThreads).toBeGreaterThan(1);
  await controller.stop();
});

it.each<[string, () => unknown]>([
  ['pool', () => piscinaAdapter({} as Piscina)],
  ['pool.options.concurrentTasksPerWorker', () => piscinaAdapter(create({ concurrentTasksPerWorker: 2 }))],
  ['idleTimeoutMs', () => piscinaAdapter(create(), { idleTimeoutMs: -1 })],
])('%s must be usable', (field, make) => {
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(`${field} must`);
});

describe('the adapter contract, kept by piscina', () => {
  const pools = new WeakMap<ReplicaPoolAdapter, Piscina>();
  const checks = adapterContract<ReplicaPoolAdapter>({
    kind: 'replicas',
    create: () => {
      const pool = new Piscina({ filename, minThreads: 0, maxThreads: 1 });
      const adapter = piscinaAdapter(pool);
      pools.set(adapter, pool);
      return adapter;
    },
    dispose: (adapter) => pools.get(adapter)?.destroy(),
  });
  for (const check of checks) test.concurrent(check.name, check.run);
});
