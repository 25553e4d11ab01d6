import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StartRequest, StopRequest } from '../../src/core/adapter.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { adapterContract } from '../../src/testing/adapter-contract.ts';
import { constant, exponential } from '../../src/testing/distributions.ts';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import type { SimulatedPoolOptions } from '../../src/testing/simulated-pool-options.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { loadPattern, steady } from '../../src/testing/workloads.ts';

const START: StartRequest = { skipWarmup: false, emergency: false, reason: 'test', timeoutMs: 600_000 };
const STOP: StopRequest = { graceful: true, reason: 'test', timeoutMs: 600_000 };
const KILL: StopRequest = { ...STOP, graceful: false };
const never = new AbortController().signal;

function build(options: Partial<SimulatedPoolOptions> = {}): { pool: SimulatedPool; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { clock, pool: new SimulatedPool({ workload: steady(2), ...options, clock }) };
}

/** How a promise stands after all that can run now has run. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const state = promise.then(
    (value) => `fulfilled ${value ?? ''}`.trim(),
    (error) => `rejected ${error instanceof Error ? error.message : error}`,
  );
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([state, 'pending']);
}

const both = ['jobs', 'flow'] as const;

describe.each(both)('SimulatedPool, fidelity %s', (fidelity) => {
  test('reports what a host reports', async () => {
    const { pool, clock } = build({ fidelity, initialWorkers: 4, workload: steady(3) });
    expect(pool.observe()).toMatchObject({
      ready: 4,
      busy: 0,
      queued: 0,
      starting: 0,
      draining: 0,
      arrived: 0,
    });
    await clock.advance(3_600_000);
    const seen = pool.observe();
    expect(seen.arrived).toBeGreaterThan(20_000); // 3 workers × 2 jobs a second × 3600 s = 21,600
    expect(seen.arrived).toBeLessThan(23_200);
    expect(seen.completed).toBeGreaterThan((seen.arrived ?? 0) - 50);
    expect(seen.serviceTimeMs).toBeCloseTo(500);
    expect(seen.responseTimeMs).toBeCloseTo((seen.waitTimeMs ?? 0) + 500, -1);
    expect(seen.workers?.map((worker) => worker.state)).toEqual(['ready', 'ready', 'ready', 'ready']);
    expect(pool.observe()).toEqual(seen);
  });

  test('the load of a workload keeps as many workers busy', async () => {
    const { pool, clock } = build({ fidelity, initialWorkers: 20, slotsPerWorker: 3, workload: steady(10) });
    await clock.advance(3_600_000);
    expect(pool.usage().busySeconds / 3600).toBeCloseTo(10, 0);
    expect(pool.usage().readySeconds).toBeCloseTo(20 * 3600);
    expect(pool.usage().workerSeconds).toBeCloseTo(20 * 3600);
  });

  test('without workers everything waits, and is served once there is one', async () => {
    const { pool, clock } = build({ fidelity, initialWorkers: 0, workload: steady(0.5), startupMs: 20_000 });
    await clock.advance(60_000);
    const waiting = pool.queued;
    expect(waiting).toBe(pool.totals.arrived);
    expect(waiting).toBeGreaterThan(30);
    const ids = Promise.all([pool.startWorker(START, never), pool.startWorker(START, never)]);
    await clock.advance(180_000);
    expect(await ids).toEqual(['w1', 'w2']);
    expect(pool.queued).toBeLessThan(10);
    expect(pool.totals.waits.max).toBeGreaterThan(75_000); // the first job: 60 s, and 20 s of start-up
    expect(pool.totals.waits.max).toBeLessThanOrEqual(80_000);
  });

  test('a start takes its start-up time and its warm-up, which may be skipped', async () => {
    const { pool, clock } = build({ fidelity, startupMs: 10_000, warmupMs: 5_000 });
    const warm = pool.startWorker(START, never);
    const cold = pool.startWorker({ ...START, skipWarmup: true }, never);
    expect(pool.observe()).toMatchObject({ ready: 1, starting: 2 });
    await clock.advance(9_999);
    expect(pool.ready).toBe(1);
    await clock.advance(1);
    expect(await stateOf(cold)).toBe('fulfilled w3');
    expect(await stateOf(warm)).toBe('pending');
    await clock.advance(5_000);
    expect(await stateOf(warm)).toBe('fulfilled w2');
    expect(pool.observe()).toMatchObject({ ready: 3, starting: 0 });
    // 15 s of the first worker, 15 s and 15 s of those that started.
    expect(pool.usage().workerSeconds).toBeCloseTo(45);
    expect(pool.usage().readySeconds).toBeCloseTo(20);
  });

  test('an aborted start rejects with the reason and leaves nothing behind', async () => {
    const { pool, clock } = build({ fidelity });
    const abort = new AbortController();
    const start = pool.startWorker(START, abort.signal);
    await clock.advance(5000);
    abort.abort(new Error('cancelled'));
    expect(await stateOf(start)).toBe('rejected cancelled');
    expect(pool.observe()).toMatchObject({ ready: 1, starting: 0 });
    expect(clock.pending).toBe(0);
    await expect(pool.startWorker(START, abort.signal)).rejects.toThrow('cancelled');
  });

  test('starts fail when they should be ready, and cost until then', async () => {
    const { pool, clock } = build({ fidelity, startFailureRatio: 1, startupMs: 30_000, initialWorkers: 0 });
    const start = pool.startWorker(START, never).catch((error: Error) => error.message);
    await clock.advance(60_000);
    expect(await start).toBe('start of simulated worker w1 failed');
    expect(pool.observe()).toMatchObject({ ready: 0, starting: 0 });
    expect(pool.usage()).toMatchObject({ failedStarts: 1, workerSeconds: 30 });
  });

  test('starts hang until they are aborted', async () => {
    const { pool, clock } = build({ fidelity, startHangRatio: 1 });
    const abort = new AbortController();
    const start = pool.startWorker(START, abort.signal);
    await clock.advance(86_400_000);
    expect(await stateOf(start)).toBe('pending');
    expect(pool.observe().starting).toBe(1);
    abort.abort(new Error('deadline'));
    expect(await stateOf(start)).toBe('rejected deadline');
    expect(pool.observe().starting).toBe(0);
  });

  test('a drained worker ends its jobs, takes no new ones and stays until it is stopped', async () => {
    const { pool, clock } = build({ fidelity, initialWorkers: 2, workload: steady(5), serviceTimeMs: 4_000 });
    await clock.advance(10_000);
    const drain = pool.drainWorker('w1', never);
    expect(pool.observe()).toMatchObject({ ready: 1, draining: 1 });
    expect(pool.workers()[0]).toMatchObject({ id: 'w1', state: 'draining', busy: 1 });
    await clock.advance(5_000);
    expect(await stateOf(drain)).toBe('fulfilled');
    await clock.advance(60_000);
    expect(pool.workers()[0]).toMatchObject({ id: 'w1', state: 'draining', busy: 0 });
    await pool.stopWorker('w1', STOP, never);
    expect(pool.workers().map((worker) => worker.id)).toEqual(['w2']);
    expect(pool.totals.lost).toBe(0);
  });

  test('an aborted drain takes work again', async () => {
    const { pool, clock } = build({ fidelity, initialWorkers: 1, workload: steady(5), serviceTimeMs: 4_000 });
    await clock.advance(10_000);
    const abort = new AbortController();
    const drain = pool.drainWorker('w1', abort.signal);
    await clock.advance(100);
    abort.abort(new Error('load is back'));
    expect(await stateOf(drain)).toBe('rejected load is back');
    const before = pool.totals.completed;
    await clock.advance(40_000);
    expect(pool.observe()).toMatchObject({ ready: 1, draining: 0 });
    expect(pool.totals.completed).toBeGreaterThanOrEqual(before + 9);
  });

  test('a graceful stop waits for the jobs, one at once interrupts them', async () => {
    const { pool, clock } = build({ fidelity, initialWorkers: 2, workload: steady(5), serviceTimeMs: 4_000 });
    await clock.advance(10_000);
    const graceful = pool.stopWorker('w1', STOP, never);
    await clock.advance(10);
    expect(await stateOf(graceful)).toBe('pending');
    await pool.stopWorker('w2', KILL, never);
    expect(pool.totals.lost).toBe(1);
    expect(pool.observe()).toMatchObject({ ready: 0, draining: 1, failed: 1 });
    await clock.advance(4_000);
    expect(await stateOf(graceful)).toBe('fulfilled');
    expect(pool.workers()).toEqual([]);
    expect(pool.totals.lost).toBe(1);
  });

  test('stopping a worker that is gone settles', async () => {
    const { pool } = build({ fidelity });
    await pool.stopWorker('w1', KILL, never);
    await pool.stopWorker('w1', STOP, never);
    await pool.drainWorker('w99', never);
  });

  test('interrupted jobs may be taken up again', async () => {
    const { pool, clock } = build({
      fidelity,
      initialWorkers: 2,
      workload: loadPattern([
        [0, 5],
        [10, 0],
      ]),
      serviceTimeMs: 4_000,
      interruptedJobs: 'requeue',
    });
    await clock.advance(10_000);
    await pool.stopWorker('w1', KILL, never);
    await clock.advance(600_000);
    expect(pool.totals).toMatchObject({ lost: 0, completed: pool.totals.arrived });
  });

  test('workers crash about as often as they should, and take their jobs with them', async () => {
    const { pool, clock } = build({
      fidelity,
      initialWorkers: 200,
      workload: steady(100),
      crashesPerHour: 1,
    });
    await clock.advance(3_600_000);
    // e^-1 of the 200 survive the hour: 73.6 ± 6.8.
    expect(pool.ready).toBeGreaterThan(50);
    expect(pool.ready).toBeLessThan(97);
    expect(pool.usage().crashes).toBe(200 - pool.ready);
    expect(pool.totals.lost).toBeGreaterThan(30);
    expect(pool.totals.lost).toBeLessThanOrEqual(pool.usage().crashes);
  });

  test('a share of the jobs fails', async () => {
    const { pool, clock } = build({
      fidelity,
      initialWorkers: 12,
      workload: steady(10),
      jobFailureRatio: 0.1,
    });
    await clock.advance(3_600_000);
    expect(pool.totals.failed / pool.totals.ended).toBeCloseTo(0.1, 2);
    expect(pool.observe().failed).toBe(pool.totals.failed);
  });

  test('arrivals follow a rate in jobs per second, however long the jobs are', async () => {
    const { pool, clock } = build({
      fidelity,
      initialWorkers: 10,
      serviceTimeMs: exponential(300),
      workload: { name: 'jobs', unit: 'jobs-per-second', at: () => 20 },
    });
    await clock.advance(1_000_000);
    expect(pool.totals.arrived / 20_000).toBeCloseTo(1, 1);
  });

  test('the same seed gives the same run however often one looks; another seed another', async () => {
    const play = async (seed: number, stepMs: number): Promise<unknown> => {
      const { pool, clock } = build({ fidelity, seed, initialWorkers: 3, serviceTimeMs: exponential(700) });
      for (let ms = 0; ms < 600_000; ms += stepMs) {
        await clock.advance(stepMs);
        pool.observe();
      }
      const { arrived, completed, waits } = pool.totals;
      return { arrived, completed, mean: waits.mean };
    };
    expect(await play(1, 1000)).toEqual(await play(1, 60_000));
    expect(await play(2, 1000)).not.toEqual(await play(1, 1000));
  });

  test('the same seed gives the same arrivals, whatever the size does', async () => {
    const arrivals = async (initialWorkers: number): Promise<number> => {
      const { pool, clock } = build({ fidelity, initialWorkers, serviceTimeMs: exponential(500) });
      await clock.advance(600_000);
      return pool.totals.arrived;
    };
    expect(await arrivals(1)).toBe(await arrivals(50));
  });

  test('whatever is done to it, no job is gained or forgotten', async () => {
    const action = fc.record({
      what: fc.constantFrom('start', 'abort start', 'drain', 'abort drain', 'stop', 'kill'),
      ms: fc.integer({ min: 1, max: 20_000 }),
      which: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 25 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (actions, slotsPerWorker, requeue) => {
          const { pool, clock } = build({
            fidelity,
            slotsPerWorker,
            interruptedJobs: requeue ? 'requeue' : 'lose',
            initialWorkers: 2,
            workload: loadPattern([
              [0, 3],
              [120, 0],
            ]),
            serviceTimeMs: exponential(2000),
            startupMs: exponential(5000),
            startFailureRatio: 0.2,
            crashesPerHour: 30,
          });
          for (const { what, ms, which } of actions) {
            const abort = new AbortController();
            const id = pool.workers().filter((worker) => worker.state !== 'starting')[which]?.id ?? 'none';
            const work =
              what === 'start' || what === 'abort start'
                ? pool.startWorker(START, abort.signal)
                : what === 'drain' || what === 'abort drain'
                  ? pool.drainWorker(id, abort.signal)
                  : pool.stopWorker(id, what === 'kill' ? KILL : STOP, abort.signal);
            work.catch(() => {});
            await clock.advance(ms);
            if (what.startsWith('abort')) abort.abort();
            await clock.advance(1);
            const { totals } = pool;
            expect(totals.arrived).toBe(
              totals.completed + totals.failed + totals.lost + pool.running + pool.queued,
            );
            const seen = pool.observe();
            const count = (state: string): number | undefined =>
              seen.workers?.filter((worker) => worker.state === state).length;
            expect([seen.ready, seen.starting, seen.draining]).toEqual(
              ['ready', 'starting', 'draining'].map(count),
            );
            expect(seen.busy).toBeLessThanOrEqual(seen.ready);
            if (requeue) expect(totals.lost).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('SimulatedPool', () => {
  test('waits are exact where every job is on its own', async () => {
    // One worker of 1 s a job, jobs at a rate of 1000 a second for the first 10 ms: a queue like beads on a string.
    const { pool, clock } = build({
      serviceTimeMs: constant(1000),
      workload: { name: 'volley', unit: 'jobs-per-second', stepMs: 10, at: (ms) => (ms < 10 ? 1000 : 0) },
    });
    await clock.advance(60_000);
    const jobs = pool.totals.arrived;
    expect(jobs).toBeGreaterThan(3);
    expect(pool.totals.completed).toBe(jobs);
    expect(pool.totals.waits.max).toBeGreaterThan((jobs - 1) * 1000 - 10);
    expect(pool.totals.waits.max).toBeLessThanOrEqual((jobs - 1) * 1000);
    expect(pool.totals.late).toBe(Math.max(0, jobs - 3)); // those behind the third wait longer than 2 s
  });

  test('jobs that have not started yet are late once they have waited long enough', async () => {
    const { pool, clock } = build({
      initialWorkers: 0,
      workload: loadPattern([
        [0, 10],
        [10, 0],
      ]),
    });
    await clock.advance(10_000);
    expect(pool.lateInQueue).toBeLessThan(pool.queued);
    await clock.advance(2_001);
    expect(pool.lateInQueue).toBe(pool.queued);
  });

  test('a jump of wall time does not disturb it', async () => {
    const { pool, clock } = build();
    await clock.advance(60_000);
    clock.setWall(0);
    await clock.advance(60_000);
    const still = build();
    await still.clock.advance(120_000);
    expect(pool.totals.arrived).toBe(still.pool.totals.arrived);
  });

  test('single workers can be left out of its observations', () => {
    const { pool } = build({ reportWorkers: false });
    expect(pool.observe()).not.toHaveProperty('workers');
  });

  test.each([
    [{ serviceTimeMs: -1 }, 'serviceTimeMs must be a number of ms of at least 0, or a distribution, got -1'],
    [{ serviceTimeMs: 0 }, 'serviceTimeMs must be a number above 0'],
    [{ slotsPerWorker: 1.5 }, 'slotsPerWorker must be a whole number of at least 1'],
    [{ startupMs: Number.NaN }, 'startupMs must be'],
    [{ startFailureRatio: 2 }, 'startFailureRatio must be between 0 and 1'],
    [{ crashesPerHour: -1 }, 'crashesPerHour must be'],
    [{ initialWorkers: -1 }, 'initialWorkers must be'],
    [{ fidelity: 'exact' as 'jobs' }, 'fidelity must be jobs or flow'],
    [{ fidelity: 'flow' as const, stepMs: 0 }, 'stepMs must be a number above 0'],
  ])('%j is refused', (options, message) => {
    expect(() => build(options)).toThrow(InvalidOptionError);
    expect(() => build(options)).toThrow(message);
  });
});

describe('a simulated pool keeps the contract that real adapters keep', () => {
  const clocks = new WeakMap<object, VirtualClock>();
  let latest = new VirtualClock();
  const create = (): SimulatedPool => {
    latest = new VirtualClock();
    const pool = new SimulatedPool({
      clock: latest,
      workload: steady(0.3),
      startupMs: 50,
      initialWorkers: 0,
    });
    clocks.set(pool, latest);
    return pool;
  };
  for (const check of adapterContract({ create, wait: (ms) => latest.advance(ms) }))
    test(check.name, check.run);

  describe('as replicas', () => {
    const checks = adapterContract({
      kind: 'replicas',
      create: () => create().replicas(),
      wait: (ms) => latest.advance(ms),
    });
    for (const check of checks) test(check.name, check.run);
  });
});
