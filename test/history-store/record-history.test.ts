import { describe, expect, it } from 'vitest';
import type { LoadSample } from '../../src/core/forecast.ts';
import type { TickRecord } from '../../src/core/record.ts';
import type { PoolView } from '../../src/core/view.ts';
import type { Fault } from '../../src/events.ts';
import { memoryHistory } from '../../src/history-store/memory-history.ts';
import { type HistoryFault, recordHistory } from '../../src/history-store/record-history.ts';
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

/** A store that takes nothing while it is broken, and a source that says what it is told. */
function brokenStore() {
  const inner = memoryHistory();
  const store = {
    ...inner,
    isBroken: true,
    append: (pool: string, samples: readonly LoadSample[]): Promise<void> =>
      store.isBroken ? Promise.reject(new Error('disk full')) : inner.append(pool, samples),
  };
  const faults: HistoryFault[] = [];
  const ticks = { ...source(), report: (fault: HistoryFault) => void faults.push(fault) };
  return { inner, store, faults, ticks };
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

  it('keeps what the store does not take: an hour of minutes, and five hours before it thinned', async () => {
    const { store, inner, faults, ticks } = brokenStore();
    const stop = recordHistory(ticks, store);
    for (let i = 0; i < 500; i++) {
      ticks.tick({ now: START + i * 60_000, demand: i });
      if (i % 7 === 0) await new Promise(setImmediate);
    }
    store.isBroken = false;
    await stop();
    const samples = await inner.read('pool');
    expect(samples.length).toBeLessThanOrEqual(120 + 1); // and the minute that ran
    expect(samples.slice(-60).map(({ demand }) => demand)).toEqual(
      Array.from({ length: 60 }, (_, i) => 440 + i),
    );
    const coarse = samples.slice(0, -60);
    expect(coarse[0]?.at).toBeLessThan(START + (500 - 5 * 60) * 60_000);
    for (const [i, { at, demand }] of coarse.entries()) {
      const before = coarse[i - 1];
      if (before !== undefined) expect(at - before.at).toBeLessThanOrEqual(5 * 60_000);
      expect(Math.abs(demand - ((at - START) / 60_000 - 2))).toBeLessThanOrEqual(2);
    }
    expect(faults).toHaveLength(2);
  });

  it('tells once that the store fails, and once that it is over', async () => {
    const { store, faults, ticks } = brokenStore();
    const failures: string[] = [];
    const stop = recordHistory(ticks, store, { onFailure: (message) => failures.push(message) });
    const minute = async (i: number): Promise<void> => {
      for (const pool of ['a', 'b']) ticks.tick({ pool, now: START + i * 60_000, demand: i });
      await new Promise(setImmediate);
    };
    for (let i = 0; i < 4; i++) await minute(i);
    expect(failures).toEqual(['disk full']);
    expect(faults).toMatchObject([{ source: 'history', message: 'disk full', error: expect.any(Error) }]);
    store.isBroken = false;
    await minute(4);
    expect(faults.slice(1)).toMatchObject([{ source: 'history', recovered: true }]);
    store.isBroken = true;
    await minute(5);
    expect(failures).toHaveLength(2);
    await stop();
  });

  it('waits for one write of a pool at a time, and for none of another pool', async () => {
    const { ticks } = brokenStore();
    const calls: { pool: string; demands: number[]; settle: () => void }[] = [];
    const store = {
      ...memoryHistory(),
      append: (pool: string, samples: readonly LoadSample[]) =>
        new Promise<void>((settle) =>
          calls.push({ pool, demands: samples.map(({ demand }) => demand), settle }),
        ),
    };
    const stop = recordHistory(ticks, store);
    for (let i = 0; i < 4; i++) {
      for (const pool of ['a', 'b']) ticks.tick({ pool, now: START + i * 60_000, demand: i });
    }
    expect(calls).toMatchObject([
      { pool: 'a', demands: [0] },
      { pool: 'b', demands: [0] },
    ]);
    calls[0]?.settle();
    await new Promise(setImmediate);
    expect(calls.slice(2)).toMatchObject([{ pool: 'a', demands: [1, 2] }]);
    const stopped = stop();
    for (let settled = 1; settled < 5; settled++) {
      calls[settled]?.settle();
      await new Promise(setImmediate);
    }
    for (const { settle } of calls) settle();
    await stopped;
    expect(calls.slice(3)).toMatchObject([
      { pool: 'b', demands: [1, 2] },
      { pool: 'a', demands: [3] },
      { pool: 'b', demands: [3] },
    ]);
  });

  it('writes a hundred pools side by side at most, and all of them', async () => {
    const { ticks, inner } = brokenStore();
    let running = 0;
    let most = 0;
    const store = {
      ...inner,
      append: async (pool: string, samples: readonly LoadSample[]) => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
        await inner.append(pool, samples);
      },
    };
    const stop = recordHistory(ticks, store);
    for (let i = 0; i < 250; i++) ticks.tick({ pool: `pool-${i}`, now: START, demand: i });
    await stop();
    expect(most).toBe(100);
    expect(await inner.pools()).toHaveLength(250);
  });

  it('makes a fault of the controller of it, and another one when it is over', async () => {
    const { store } = brokenStore();
    const clock = new VirtualClock(START);
    const pool = new SimulatedPool({ clock, workload: steady(3), initialWorkers: 5 });
    const controller = new ScalingController({
      clock,
      pools: [{ id: 'jobs', adapter: pool }],
      predictor: false,
    });
    const faults: Fault[] = [];
    controller.on('fault', (fault) => faults.push(fault));
    const stop = recordHistory(controller, store);
    const run = async (ticks: number): Promise<void> => {
      for (let i = 0; i < ticks; i++) {
        await clock.advance(15_000);
        await controller.tick();
      }
    };
    await run(20);
    expect(faults).toMatchObject([{ source: 'history', message: 'disk full' }]);
    expect(controller.status().faults).toMatchObject([{ source: 'history' }]);
    store.isBroken = false;
    await run(8);
    expect(faults.slice(1)).toMatchObject([
      { source: 'history', message: 'over: disk full', recovered: true },
    ]);
    expect(controller.status().faults).toEqual([]);
    await stop();
    await controller.stop();
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
