import { describe, expect, test } from 'vitest';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import type { SimulatedPoolOptions } from '../../src/testing/simulated-pool-options.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { steady } from '../../src/testing/workloads.ts';

function build(options: Partial<SimulatedPoolOptions> = {}) {
  const clock = new VirtualClock();
  const pool = new SimulatedPool({
    workload: steady(2),
    startupMs: 30_000,
    initialWorkers: 3,
    ...options,
    clock,
  });
  return { clock, pool, replicas: pool.replicas() };
}

describe('replicas of a simulated pool', () => {
  test('grow after the start-up time', async () => {
    const { clock, pool, replicas } = build();
    await replicas.scaleTo(5);
    expect(replicas.observe()).toMatchObject({ ready: 3, starting: 2 });
    await clock.advance(30_000);
    expect(replicas.observe()).toMatchObject({ ready: 5, starting: 0 });
    expect(pool.size).toBe(5);
  });

  test('shrink by what has not started first, then by what is idle', async () => {
    const { clock, pool, replicas } = build({ workload: steady(1), serviceTimeMs: 5_000 });
    await clock.advance(60_000);
    await replicas.scaleTo(5);
    await replicas.scaleTo(3);
    await clock.advance(0);
    expect(replicas.observe()).toMatchObject({ ready: 3, starting: 0 });
    expect(clock.pending).toBe(0);
    const idle = pool.workers().filter((worker) => worker.busy === 0).length;
    expect(idle).toBeGreaterThan(0);
    await replicas.scaleTo(3 - idle);
    await clock.advance(0);
    expect(replicas.observe()).toMatchObject({ ready: 3 - idle, draining: 0 });
  });

  test('drain without losing a job', async () => {
    const { clock, pool, replicas } = build({ workload: steady(10), serviceTimeMs: 5_000 });
    await clock.advance(60_000);
    await replicas.scaleTo(1);
    expect(replicas.observe()).toMatchObject({ ready: 1, draining: 2 });
    await clock.advance(5_000);
    expect(replicas.observe()).toMatchObject({ ready: 1, draining: 0 });
    expect(pool.totals.lost).toBe(0);
  });

  test('are replaced when they crash, once a size was asked for', async () => {
    const { clock, replicas } = build({ crashesPerHour: 20 });
    await replicas.scaleTo(3);
    let replaced = 0;
    for (let tick = 0; tick < 240; tick++) {
      await clock.advance(15_000);
      const { ready, starting = 0 } = replicas.observe();
      expect(ready + starting).toBe(3);
      if (starting > 0) replaced++;
    }
    expect(replaced).toBeGreaterThan(20);
  });

  test('are tried again when they fail to start', async () => {
    const { clock, pool, replicas } = build({ startFailureRatio: 0.5, initialWorkers: 0 });
    await replicas.scaleTo(10);
    await clock.advance(600_000);
    expect(pool.ready).toBe(10);
    expect(pool.usage().failedStarts).toBeGreaterThan(2);
  });

  test('the last size asked for counts', async () => {
    const { clock, pool, replicas } = build();
    for (const size of [9, 1, 4, 2, 6]) await replicas.scaleTo(size);
    await clock.advance(60_000);
    expect(pool.size).toBe(6);
    await replicas.scaleTo(0);
    await clock.advance(60_000);
    expect(pool.size).toBe(0);
  });

  test('a size that is none is refused', async () => {
    await expect(build().replicas.scaleTo(1.5)).rejects.toThrow('size must be a whole number');
  });
});
