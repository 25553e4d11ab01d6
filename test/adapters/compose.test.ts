import { fileURLToPath } from 'node:url';
import { describe, expect, it, test, vi } from 'vitest';
import {
  type CrewObservation,
  composeAdapter,
  type LoadObservation,
  type ReplicaScaler,
} from '../../src/adapters/compose.ts';
import { WorkerThreadsPool } from '../../src/adapters/worker-threads.ts';
import type { WorkerPoolAdapter } from '../../src/core/adapter.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { adapterContract } from '../../src/testing/adapter-contract.ts';

const { signal } = new AbortController();

const replicas = (crew: CrewObservation): ReplicaScaler => ({
  observe: () => crew,
  scaleTo: async () => {},
});

const seen = (load: LoadObservation, crew: CrewObservation, slotsPerWorker?: number): Promise<unknown> =>
  Promise.resolve(
    composeAdapter({
      observe: async () => load,
      scale: replicas(crew),
      ...(slotsPerWorker !== undefined && { slotsPerWorker }),
    }).observe(signal),
  );

describe('what a composed pool observes', () => {
  it('takes workers from the one and work from the other', async () => {
    const workers = [{ id: 'a', state: 'ready' as const }];
    expect(
      await seen(
        { queued: 7, busy: 1, arrived: 20, completed: 12, waitTimeMs: 50 },
        { ready: 1, starting: 2, draining: 1, workers },
      ),
    ).toEqual({
      ...{ ready: 1, starting: 2, draining: 1, workers },
      ...{ queued: 7, busy: 1, arrived: 20, completed: 12, waitTimeMs: 50 },
    });
  });

  it.each<[string, LoadObservation, CrewObservation, number | undefined, object]>([
    [
      'what the workers say, whatever the queue says',
      { queued: 0, busy: 4, active: 4 },
      { ready: 5, busy: 2 },
      undefined,
      { busy: 2 },
    ],
    [
      'what the queue says, where the workers do not',
      { queued: 0, busy: 4, active: 5 },
      { ready: 5 },
      undefined,
      { busy: 4 },
    ],
    ['active jobs, a worker each', { queued: 0, active: 3 }, { ready: 5 }, undefined, { busy: 3 }],
    [
      'active jobs over the slots of a worker',
      { queued: 0, active: 3 },
      { ready: 5, slotsPerWorker: 4 },
      undefined,
      { busy: 0.75, slotsPerWorker: 4 },
    ],
    [
      'the slots that the queue knows',
      { queued: 0, active: 3, slotsPerWorker: 2 },
      { ready: 5 },
      undefined,
      { busy: 1.5, slotsPerWorker: 2 },
    ],
    [
      'the slots that the host gives',
      { queued: 0, active: 3, slotsPerWorker: 2 },
      { ready: 5, slotsPerWorker: 4 },
      6,
      { busy: 0.5, slotsPerWorker: 6 },
    ],
    [
      'draining workers too',
      { queued: 0, active: 3 },
      { ready: 1, draining: 2 },
      undefined,
      { busy: 3, queued: 0 },
    ],
  ])('busy is %s', async (_, load, crew, slots, expected) => {
    expect(await seen(load, crew, slots)).toMatchObject(expected);
  });

  it('active jobs that no worker can be running wait for one', async () => {
    // 9 jobs, but 2 workers with 3 slots: 3 jobs need another worker.
    expect(await seen({ queued: 1, active: 9 }, { ready: 2, starting: 1, slotsPerWorker: 3 })).toMatchObject({
      busy: 2,
      queued: 4,
    });
    expect(await seen({ queued: 0, active: 2 }, { ready: 0 })).toMatchObject({ busy: 0, queued: 2 });
  });

  it('the workers may know of the work what the queue does not', async () => {
    expect(await seen({}, { ready: 1, busy: 1, queued: 2, completed: 9 })).toEqual({
      ...{ ready: 1, busy: 1, queued: 2, completed: 9 },
    });
  });

  it('does not mix the totals of two counters', async () => {
    const observation = await seen(
      { queued: 0, completed: 50 },
      { ready: 1, busy: 0, arrived: 3, failed: 1 },
    );
    expect(observation).toEqual({ ready: 1, busy: 0, queued: 0, completed: 50 });
  });

  it('is as old as its older half, and keeps the context of both', async () => {
    const { observedAt, context } = (await seen(
      { queued: 0, busy: 0, observedAt: 1_000, context: { lag: 1 } },
      { ready: 1, observedAt: 900, context: { restarts: 2 } },
    )) as { observedAt: number; context: unknown };
    expect(observedAt).toBe(900);
    expect(context).toEqual({ lag: 1, restarts: 2 });
  });

  it.each([
    ['busy', { queued: 1 }],
    ['queued', { active: 1 }],
  ])('cannot be observed where nobody tells what is %s', async (what, load) => {
    await expect(seen(load, { ready: 1 })).rejects.toThrow(what);
  });

  it('fails when either part fails, at once or later', async () => {
    const fails = (): never => {
      throw new Error('the broker is away');
    };
    const scale = replicas({ ready: 1, busy: 0 });
    await expect(composeAdapter({ observe: fails, scale }).observe(signal)).rejects.toThrow('broker');
    await expect(
      composeAdapter({
        observe: () => ({ queued: 0 }),
        scale: { ...scale, observe: () => Promise.reject(new Error('no cluster')) },
      }).observe(signal),
    ).rejects.toThrow('no cluster');
  });
});

describe('what a composed pool does', () => {
  it('is asked for a size where its workers are', async () => {
    const scaleTo = vi.fn(async () => {});
    const scale = { ...replicas({ ready: 1, busy: 0 }), scaleTo };
    const adapter = composeAdapter({ observe: () => ({ queued: 0 }), scale });
    await adapter.scaleTo(4, signal);
    expect(scaleTo).toHaveBeenCalledWith(4, signal);
    expect(adapter).not.toHaveProperty('startWorker');
    expect(adapter).not.toHaveProperty('subscribe');
    expect(adapter).not.toHaveProperty('optimizeWorkers');
  });

  it('wakes when either part does, until it is unsubscribed', () => {
    const listeners: (((reason: string) => void) | undefined)[] = [];
    const subscribe = (wake: (reason: string) => void) => {
      const index = listeners.push(wake) - 1;
      return () => {
        listeners[index] = undefined;
      };
    };
    const adapter = composeAdapter({
      observe: { observe: () => ({ queued: 0 }), subscribe },
      scale: { ...replicas({ ready: 1, busy: 0 }), subscribe },
    });
    const reasons: string[] = [];
    const unsubscribe = adapter.subscribe?.((reason) => reasons.push(reason));
    listeners[0]?.('a job');
    listeners[1]?.('a crash');
    expect(reasons).toEqual(['a job', 'a crash']);
    unsubscribe?.();
    expect(listeners).toEqual([undefined, undefined]);
  });

  it.each<[string, object]>([
    ['observe', { observe: {}, scale: replicas({ ready: 0 }) }],
    ['scale', { observe: () => ({}), scale: { observe: () => ({ ready: 0 }) } }],
    ['scale', { observe: () => ({}), scale: { startWorker: async () => 'a', stopWorker: async () => {} } }],
    ['slotsPerWorker', { observe: () => ({}), scale: replicas({ ready: 0 }), slotsPerWorker: 0.5 }],
  ])('%s must be usable', (field, options) => {
    const compose = () => composeAdapter(options as Parameters<typeof composeAdapter>[0]);
    expect(compose).toThrow(InvalidOptionError);
    expect(compose).toThrow(new RegExp(`^${field} must`));
  });
});

describe('the adapter contract, kept by a queue and threads that are composed', () => {
  const file = fileURLToPath(new URL('../fixtures/thread-worker.mjs', import.meta.url));
  const pools = new WeakMap<WorkerPoolAdapter, WorkerThreadsPool>();
  const checks = adapterContract<WorkerPoolAdapter>({
    create: () => {
      const pool = new WorkerThreadsPool({ file });
      const queue = {
        observe: () => {
          const { queued, busy, arrived = 0, completed = 0, failed = 0 } = pool.observe();
          return { queued, active: busy, arrived, completed, failed };
        },
        subscribe: (wake: (reason: string) => void) => pool.subscribe(wake),
      };
      const adapter = composeAdapter({ observe: queue, scale: pool });
      pools.set(adapter, pool);
      return adapter;
    },
    dispose: (adapter) => pools.get(adapter)?.close({ timeoutMs: 0 }),
    submit: async (adapter, durationMs) => pools.get(adapter)?.run({ do: 'sleep', ms: durationMs }),
  });
  for (const check of checks) test.concurrent(check.name, check.run);
});
