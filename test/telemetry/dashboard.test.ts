import { describe, expect, it } from 'vitest';
import type { LoadPredictor } from '../../src/core/model.ts';
import type { DashboardPool } from '../../src/telemetry/dashboard-data.ts';
import { burst, steady } from '../../src/testing/workloads.ts';
import { watched } from './watched.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Expects the load to stay as it is, give or take two workers. */
const sameAgain = (): LoadPredictor => {
  let demand = 0;
  return {
    name: 'same-again',
    observe: (sample) => {
      demand = sample.demand;
    },
    forecast: (at, horizonMs) => ({
      at,
      horizonMs,
      mean: demand,
      low: demand - 2,
      lowQuantile: 0.1,
      high: demand + 2,
      highQuantile: 0.9,
      peak: demand + 2,
      peakAt: at + horizonMs,
      confidence: 0.7,
      model: 'same-again/1',
    }),
  };
};

describe('dashboard()', () => {
  it('is plain JSON, before the first tick and after', async () => {
    const { controller, run, stop } = watched({
      shadows: { calm: 'conservative' },
      price: { perWorkerHour: 0.4 },
    });
    const early = controller.dashboard();
    expect(JSON.parse(JSON.stringify(early))).toEqual(early);
    expect(early).toMatchObject({
      version: 1,
      running: false,
      pools: [{ status: { size: 0, quality: 'none' } }],
    });
    await run(10 * MINUTE_MS);
    const late = controller.dashboard();
    expect(JSON.parse(JSON.stringify(late))).toEqual(late);
    await stop();
  });

  it('says how a pool stands', async () => {
    const { controller, run, stop } = watched({ maxWorkers: 30 }, {}, steady(8));
    await run(HOUR_MS);
    const [pool] = controller.dashboard().pools;
    const { status } = pool as DashboardPool;
    const [truth] = controller.status().pools;
    expect(status).toMatchObject({
      policy: 'adaptive',
      quality: 'full',
      size: truth?.size,
      target: truth?.lastDecision?.to,
      headroomWorkers: 30 - (truth?.size ?? 0),
      breaker: 'closed',
      operations: 0,
      decision: truth?.lastDecision,
    });
    expect(status.targetUtilization).toBeCloseTo(status.demand / status.target, 6);
    expect(status.lastEvent).toMatchObject({ kind: expect.stringMatching(/scaled|held/) });
    await stop();
  });

  it('keeps every tick of the recent time, and the day in minutes', async () => {
    const { controller, run, stop } = watched(
      {},
      {},
      burst({ base: 3, peak: 15, atMs: HOUR_MS, forMs: HOUR_MS }),
    );
    await run(4 * HOUR_MS);
    const { recent, day, history } = controller.dashboard().pools[0] as Required<DashboardPool>;
    expect(recent?.resolutionMs).toBe(15_000);
    expect(recent?.at).toHaveLength(240);
    expect(day?.resolutionMs).toBe(MINUTE_MS);
    // The first tick came after 15 s, the last at the very 4 h: minutes 0 to 240.
    expect(day?.at).toHaveLength(241);
    const gaps = day?.at.slice(1).map((at, index) => at - (day.at[index] as number));
    expect(new Set(gaps)).toEqual(new Set([MINUTE_MS]));
    expect(Math.max(...(day.demand as number[]))).toBeGreaterThan(13);
    expect(Math.min(...(day.demand.slice(10) as number[]))).toBeLessThan(4);
    expect(Math.max(...(day.ready as number[]))).toBeGreaterThanOrEqual(15);
    expect(history.length).toBeGreaterThan(3);
    expect(history.every((decision, index) => decision.at <= (history[index - 1]?.at ?? Infinity))).toBe(
      true,
    );
    expect(history.every(({ from, to }) => from !== to)).toBe(true);
    await stop();
  });

  it('gives the points that are new, for live updates, and none when they are not wanted', async () => {
    const { clock, controller, run, stop } = watched();
    await run(10 * MINUTE_MS);
    const seen = clock.now();
    await run(30_000);
    const [fresh] = controller.dashboard({ since: seen }).pools;
    expect(fresh?.recent?.at).toEqual([seen + 15_000, seen + 30_000]);
    // The minute in which `seen` lies has grown: it is given again.
    expect(fresh?.day?.at).toEqual([seen]);
    const [bare] = controller.dashboard({ series: false }).pools;
    expect(bare).not.toHaveProperty('recent');
    expect(bare).not.toHaveProperty('day');
    await stop();
  });

  it('shows the pools that are asked for; totals are of all', async () => {
    const { adapter, controller, run, stop } = watched();
    controller.addPool({ id: 'other', adapter: { ...hand(3) }, mode: 'recommend' });
    await run(MINUTE_MS);
    const data = controller.dashboard({ pools: ['other', 'nobody'] });
    expect(data.pools.map(({ id }) => id)).toEqual(['other']);
    expect(data.totals.ready).toBe(adapter.observe().ready + 3);
    await controller.removePool('other');
    expect(controller.dashboard().pools.map(({ id }) => id)).toEqual(['embedding']);
    await stop();
  });

  it('draws forecasts where they were aimed, and adds up how they met what came', async () => {
    const { controller, run, stop } = watched({ predictor: sameAgain() }, {}, steady(8));
    const met: number[] = [];
    controller.on('prediction', ({ at, horizonMs, actual, predicted, within, covered, score, low, high }) => {
      met.push(at);
      expect(horizonMs).toBe(75_000);
      expect(within).toBe(actual >= low && actual <= high);
      expect(covered).toBe(actual <= high);
      expect(score).toBeCloseTo(1 - Math.abs(predicted - actual) / Math.max(predicted, actual), 9);
    });
    await run(HOUR_MS);
    const [{ recent, accuracy, efficiency, ahead } = {} as DashboardPool] = controller.dashboard().pools;
    expect(accuracy?.count).toBe(met.length);
    expect(accuracy).toMatchObject({ model: 'same-again/1', meanConfidence: expect.closeTo(0.7, 6) });
    expect(accuracy?.successRatio).toBeGreaterThan(0.8);
    expect(efficiency.predictiveSuccessRatio).toBe(accuracy?.successRatio);
    // What is drawn for the last tick is what was forecast 75 s, 5 ticks, before.
    const last = (recent?.at.length ?? 0) - 1;
    expect(recent?.forecastHigh[last]).toBeCloseTo((recent?.forecast[last] as number) + 2, 3);
    expect(recent?.at[last]).toBe(met.at(-1));
    expect(recent?.forecast[0]).toBeNull();
    expect(ahead?.at).toBe((recent?.at[last] as number) + 75_000);
    await stop();
  });

  it('counts what was spent, against a pool of fixed size', async () => {
    const { adapter, controller, run, stop } = watched(
      { price: { perWorkerHour: 2 } },
      {},
      burst({ base: 2, peak: 18, atMs: HOUR_MS, forMs: HOUR_MS }),
    );
    await run(6 * HOUR_MS);
    const data = controller.dashboard();
    const [{ cost, efficiency } = {} as DashboardPool] = data.pools;
    const paid = adapter.usage().workerSeconds / 3_600;
    expect(cost.workerHours / paid).toBeGreaterThan(0.97);
    expect(cost.workerHours / paid).toBeLessThan(1.03);
    expect(cost.spend).toBeCloseTo(cost.workerHours * 2, 6);
    expect(cost.staticPeakWorkerHours).toBeGreaterThan(100);
    expect(cost.savedRatio).toBeCloseTo(1 - cost.workerHours / cost.staticPeakWorkerHours, 9);
    expect(data.totals.cost.spend).toBeCloseTo(cost.spend as number, 6);
    expect(efficiency.averageUtilization).toBeGreaterThan(0.4);
    expect(efficiency.scalingAccuracyRatio).toBeGreaterThan(0.5);
    await stop();
  });

  it('leaves money away where no price is known', async () => {
    const { controller, run, stop } = watched();
    await run(MINUTE_MS);
    const { totals, pools } = controller.dashboard();
    expect(pools[0]?.cost).not.toHaveProperty('spend');
    expect(totals.cost).not.toHaveProperty('spend');
    await stop();
  });

  it('shows what is scheduled, now and to come, in words', async () => {
    const { controller, run, stop } = watched(
      {},
      {
        schedules: [
          { name: 'night', start: { cron: '0 0 * * *' }, durationMs: HOUR_MS, action: { atMost: 3 } },
          { name: 'launch', start: { cron: '0 9 * * *' }, durationMs: HOUR_MS, action: { atLeast: 15 } },
        ],
      },
    );
    await run(MINUTE_MS);
    const { pools, upcoming } = controller.dashboard();
    expect(pools[0]?.status.schedules).toMatchObject([{ by: 'night', kind: 'atMost', size: 3 }]);
    expect(upcoming[0]).toMatchObject({ by: 'launch', action: 'at least 15 workers' });
    expect(upcoming[1]).toMatchObject({ by: 'night', action: 'at most 3 workers' });
    await stop();
  });

  it('shows what limits all pools together, and what is in use of it', async () => {
    const { controller, run, stop } = watched(
      { price: { perWorkerHour: 2 }, minWorkers: 4, maxWorkers: 4 },
      { budget: { maxWorkers: 50, maxCostPerHour: 100 } },
    );
    controller.addPool({ id: 'other', adapter: hand(3), minWorkers: 3, maxWorkers: 3 });
    await run(MINUTE_MS);
    expect(controller.dashboard().budget).toEqual([
      { resource: 'workers', used: 7, total: 50, by: 'budget.maxWorkers' },
      { resource: 'cost', used: 8, total: 100, by: 'budget.maxCostPerHour' },
    ]);
    await stop();
    const unlimited = watched();
    await unlimited.run(MINUTE_MS);
    expect(unlimited.controller.dashboard()).not.toHaveProperty('budget');
    await unlimited.stop();
  });

  it('shows shadows beside the acting policy, and the trial', async () => {
    const { controller, run, stop } = watched({ shadows: { calm: 'conservative' } });
    await run(20 * MINUTE_MS);
    expect(controller.dashboard().pools[0]?.shadows).toMatchObject([
      { name: 'adaptive', acting: true, costRatio: 1 },
      { name: 'calm', policy: 'conservative', acting: false },
    ]);
    controller.promote('embedding', 'calm');
    const [pool] = controller.dashboard().pools;
    expect(pool?.trial).toMatchObject({ shadow: 'calm', insteadOf: 'adaptive', maxLateRatio: 0.05 });
    expect(pool?.status.lastEvent).toMatchObject({ kind: 'trial' });
    await stop();
  });

  it('shows faults that last, and gaps where nothing was seen', async () => {
    const { adapter, controller, run, stop } = watched();
    await run(MINUTE_MS);
    const observe = adapter.observe.bind(adapter);
    adapter.observe = () => {
      throw new Error('socket closed');
    };
    await run(MINUTE_MS);
    const data = controller.dashboard();
    expect(data.faults).toMatchObject([
      { pool: 'embedding', source: 'observe', message: 'socket closed', count: 4 },
    ]);
    const [{ recent, status } = {} as DashboardPool] = data.pools;
    expect(recent?.demand.slice(-5).map((value) => value === null)).toEqual([false, true, true, true, true]);
    expect(status.lastEvent).toMatchObject({ kind: 'fault', message: 'socket closed' });
    adapter.observe = observe;
    await run(15_000);
    expect(controller.dashboard().faults).toEqual([]);
    await stop();
  });

  it('says a hold that lasts once', async () => {
    const { controller, run, stop } = watched({ policy: 'adaptive', maxWorkers: 3 }, {}, steady(8));
    await run(10 * MINUTE_MS);
    const [{ held } = {} as DashboardPool] = controller.dashboard().pools;
    expect(held.length).toBeGreaterThan(0);
    const figures = held.map(({ from, to, wanted }) => `${from} ${to} ${wanted}`);
    expect(figures.every((each, index) => each !== figures[index - 1])).toBe(true);
    await stop();
  });
});

function hand(ready: number) {
  return {
    observe: () => ({ ready, busy: 1, queued: 0 }),
    startWorker: () => Promise.resolve('w'),
    stopWorker: () => Promise.resolve(),
  };
}
