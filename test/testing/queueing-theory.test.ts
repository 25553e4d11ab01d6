import { describe, expect, test } from 'vitest';
import { constant, type Distribution, exponential, gamma } from '../../src/testing/distributions.ts';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import type { SimulatedPoolOptions } from '../../src/testing/simulated-pool-options.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { steady } from '../../src/testing/workloads.ts';

/** Probability that a job waits in M/M/c (Erlang's C formula), by the stable recursion for Erlang's B. */
function erlangC(servers: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked / (1 - (load / servers) * (1 - blocked));
}

interface Run extends Omit<SimulatedPoolOptions, 'clock' | 'workload'> {
  readonly load: number;
  readonly hours: number;
}

async function run({ load, hours, ...options }: Run): Promise<SimulatedPool> {
  const clock = new VirtualClock();
  const pool = new SimulatedPool({ ...options, clock, workload: steady(load) });
  await clock.advance(hours * 3_600_000);
  return pool;
}

const lateRatio = ({ totals }: SimulatedPool): number => totals.late / totals.started;

describe('every job on its own agrees with theory', () => {
  test.each([
    { load: 0.7, workers: 1 },
    { load: 8.5, workers: 10 },
    { load: 36, workers: 40 },
  ])('M/M/c: $load erlangs on $workers workers', async ({ load, workers }) => {
    const pool = await run({
      load,
      hours: { 1: 100, 10: 15, 40: 6 }[workers] ?? 0,
      initialWorkers: workers,
      serviceTimeMs: exponential(500),
      objectiveMs: 0,
    });
    const waits = pool.totals.waits;
    const probability = erlangC(workers, load);
    expect(lateRatio(pool) / probability).toBeGreaterThan(0.94);
    expect(lateRatio(pool) / probability).toBeLessThan(1.06);
    const meanWaitMs = (probability * 500) / (workers - load);
    expect(waits.mean / meanWaitMs).toBeGreaterThan(0.88);
    expect(waits.mean / meanWaitMs).toBeLessThan(1.12);
  });

  test('M/M/c with slots: 5 workers of 2 are 10 servers', async () => {
    const pool = await run({
      load: 4.25,
      hours: 15,
      initialWorkers: 5,
      slotsPerWorker: 2,
      serviceTimeMs: exponential(500),
      objectiveMs: 0,
    });
    expect(lateRatio(pool) / erlangC(10, 8.5)).toBeCloseTo(1, 1);
  });

  test('M/D/1 waits half as long as M/M/1 (Pollaczek and Khinchine)', async () => {
    const pool = await run({ load: 0.8, hours: 150, initialWorkers: 1, serviceTimeMs: constant(500) });
    // ρ s / (2 (1 - ρ)) = 0.8 × 500 / 0.4 = 1000 ms.
    expect(pool.totals.waits.mean / 1000).toBeCloseTo(1, 1);
  });

  test('M/G/1 with variation 3 waits twice as long as M/M/1', async () => {
    const pool = await run({ load: 0.6, hours: 150, initialWorkers: 1, serviceTimeMs: gamma(500, 3) });
    // ρ s (1 + 3) / (2 (1 - ρ)) = 0.6 × 500 × 4 / 0.8 = 1500 ms.
    expect(pool.totals.waits.mean / 1500).toBeGreaterThan(0.9);
    expect(pool.totals.waits.mean / 1500).toBeLessThan(1.1);
  });
});

describe('batches agree with single jobs', () => {
  const table: { service: Distribution; load: number; workers: number; slots: number }[] = [
    { service: constant(500), load: 19.2, workers: 20, slots: 1 },
    { service: exponential(500), load: 9.2, workers: 10, slots: 1 },
    { service: exponential(500), load: 4.6, workers: 5, slots: 2 },
    { service: gamma(800, 0.3), load: 9.4, workers: 10, slots: 1 },
    { service: exponential(3000), load: 8, workers: 10, slots: 1 },
    { service: constant(2500), load: 9, workers: 10, slots: 1 },
  ];

  test.each(table)('$service.name, $load erlangs on $workers workers of $slots slots', async (row) => {
    const options = {
      load: row.load,
      // About 600,000 jobs.
      hours: (600_000 * row.service.meanMs) / (row.load * row.slots) / 3_600_000,
      initialWorkers: row.workers,
      slotsPerWorker: row.slots,
      serviceTimeMs: row.service,
      objectiveMs: Math.max(250, 2 * row.service.meanMs),
    };
    const [jobs, flow] = await Promise.all([
      run({ ...options, fidelity: 'jobs' }),
      run({ ...options, fidelity: 'flow' }),
    ]);
    const ratio = (of: (pool: SimulatedPool) => number): number => of(flow) / of(jobs);
    expect(Math.abs(ratio((pool) => pool.totals.arrived) - 1)).toBeLessThan(0.01);
    expect(Math.abs(ratio((pool) => pool.usage().busySeconds) - 1)).toBeLessThan(0.01);
    const late = lateRatio(jobs);
    expect(Math.abs(lateRatio(flow) - late)).toBeLessThan(0.004 + 0.2 * late);
    expect(Math.abs(ratio((pool) => pool.totals.waits.mean) - 1)).toBeLessThan(0.22);
  });

  test('jobs far shorter than a step: a backlog grows and waits as it should', async () => {
    const options = { load: 6, hours: 0.1, initialWorkers: 5, serviceTimeMs: constant(10) };
    const [jobs, flow] = await Promise.all([
      run({ ...options, fidelity: 'jobs' }),
      run({ ...options, fidelity: 'flow' }),
    ]);
    // 1 erlang too much for 360 s, at 100 jobs per erlang and second.
    expect(jobs.queued / 36_000).toBeCloseTo(1, 1);
    expect(flow.queued / 36_000).toBeCloseTo(1, 1);
    expect(flow.totals.waits.mean / jobs.totals.waits.mean).toBeCloseTo(1, 1);
    expect(lateRatio(flow)).toBeCloseTo(lateRatio(jobs), 1);
  });

  test('the tail follows Erlang C', async () => {
    const pool = await run({
      load: 9.2,
      hours: 30,
      initialWorkers: 10,
      serviceTimeMs: exponential(500),
      objectiveMs: 1000,
      fidelity: 'flow',
    });
    // P(wait > t) = C(c, a) e^(-(c - a) t / s)
    const expected = erlangC(10, 9.2) * Math.exp(-0.8 * 2);
    expect(lateRatio(pool) / expected).toBeGreaterThan(0.85);
    expect(lateRatio(pool) / expected).toBeLessThan(1.15);
  });
});
