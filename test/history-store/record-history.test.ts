import { describe, expect, it } from 'vitest';
import type { TickRecord } from '../../src/core/record.ts';
import type { PoolView } from '../../src/core/view.ts';
import { memoryHistory } from '../../src/history-store/memory-history.ts';
import { recordHistory } from '../../src/history-store/record-history.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { steady } from '../../src/testing/workloads.ts';

const START = Date.UTC(2026, 0, 5);

/** Stands in for a controller. */
function source(): {
  on(event: 'tick', to: Listener): void;
  off(event: 'tick', to: Listener): void;
  tick(view: ViewOptions): void;
} {
  const listeners = new Set<Listener>();
  return {
    on: (_, listener) => void listeners.add(listener),
    off: (_, listener) => void listeners.delete(listener),
    tick: (options) => {
      const view: PoolView = createView(options);
      const record = {
        version: 1,
        at: view.now,
        trigger: 'interval',
        pools: [{ view }],
      } as unknown as TickRecord;
      for (const listener of listeners) listener(record);
    },
  };
}
type Listener = (record: TickRecord) => void;

describe('recordHistory', () => {
  it('keeps the mean of each minute once it is over, and the last one when it ends', async () => {
    const store = memoryHistory();
    const ticks = source();
    const stop = recordHistory(ticks, store);
    for (let i = 0; i < 6; i++) ticks.tick({ now: START + i * 15_000, demand: i, flow: null });
    await new Promise(setImmediate);
    expect((await store.read('pool')).map((sample) => [sample.at - START, sample.demand])).toEqual([
      [45_000, 1.5],
    ]);
    await stop();
    expect((await store.read('pool')).map((sample) => sample.demand)).toEqual([1.5, 4.5]);
    ticks.tick({ now: START + 600_000, demand: 9 });
    expect(await store.read('pool')).toHaveLength(2);
  });

  it('learns nothing from a reading that was not made', async () => {
    const store = memoryHistory();
    const ticks = source();
    const stop = recordHistory(ticks, store);
    ticks.tick({ now: START, demand: 5, quality: 'stale' });
    await stop();
    expect(await store.read('pool')).toEqual([]);
  });

  it('tries again what the store did not take, for an hour of minutes', async () => {
    const inner = memoryHistory();
    let isBroken = true;
    const failures: string[] = [];
    const store: typeof inner = {
      ...inner,
      append: (pool, samples) =>
        isBroken ? Promise.reject(new Error('disk full')) : inner.append(pool, samples),
    };
    const ticks = source();
    const stop = recordHistory(ticks, store, { onFailure: (message) => failures.push(message) });
    for (let i = 0; i < 100; i++) ticks.tick({ now: START + i * 60_000, demand: i });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(failures.length).toBeGreaterThan(0);
    expect(new Set(failures)).toEqual(new Set(['disk full']));
    isBroken = false;
    await stop();
    expect((await inner.read('pool')).map((sample) => sample.demand)).toEqual(
      Array.from({ length: 60 }, (_, i) => 40 + i),
    );
  });

  it('listens to a real controller', async () => {
    const clock = new VirtualClock(START);
    const pool = new SimulatedPool({ clock, workload: steady(3), initialWorkers: 5 });
    const controller = new ScalingController({
      clock,
      pools: [{ id: 'jobs', adapter: pool }],
      predictor: false,
    });
    const store = memoryHistory();
    const stop = recordHistory(controller, store);
    for (let i = 0; i < 40; i++) {
      await clock.advance(15_000);
      await controller.tick();
    }
    await stop();
    await controller.stop();
    const samples = await store.read('jobs');
    expect(samples.length).toBeGreaterThanOrEqual(10);
    expect(samples.at(-1)?.demand).toBeCloseTo(3, 0);
  });
});
