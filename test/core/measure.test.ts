import { describe, expect, test } from 'vitest';
import { LoadMeter, type Measurement } from '../../src/core/measure.ts';
import type { PoolObservation } from '../../src/core/observation.ts';

/** Feeds readings 15 s apart and returns the last measurement. */
function feed(meter: LoadMeter, readings: readonly PoolObservation[], from = 0): Measurement {
  let last: Measurement | undefined;
  readings.forEach((reading, i) => {
    const at = (from + i) * 15_000;
    last = meter.observe(reading, { now: at, monotonic: at }, 60_000);
  });
  return last as Measurement;
}

/** 80 jobs a second of 0.5 s each: 40 busy workers, whatever the pool's size. */
const steady = (tick: number, extra: Partial<PoolObservation> = {}): PoolObservation => ({
  ready: 50,
  busy: 40,
  queued: 0,
  arrived: tick * 1_200,
  completed: tick * 1_200,
  ...extra,
});

describe('with running totals', () => {
  test('demand is arrivals times service time, the latter learned by Little’s law', () => {
    const { demand, flow } = feed(
      new LoadMeter(),
      Array.from({ length: 20 }, (_, i) => steady(i)),
    );
    expect(demand.now).toBeCloseTo(40, 5);
    expect(demand.fast).toBeCloseTo(40, 5);
    expect(demand.slow).toBeCloseTo(40, 5);
    expect(flow.serviceTimeMs).toBeCloseTo(500, 5);
    expect(flow.arrivalsPerSecond).toBeCloseTo(80, 5);
  });

  test('a pool too small to serve still shows the whole demand, and what waits', () => {
    const meter = new LoadMeter();
    // 20 workers complete 600 jobs a tick; 1,200 arrive.
    const { demand } = feed(
      meter,
      Array.from({ length: 20 }, (_, i) => ({
        ready: 20,
        busy: 20,
        queued: 600 * i,
        arrived: 1_200 * i,
        completed: 600 * i,
      })),
    );
    expect(demand.fast).toBeCloseTo(40, 1);
    expect(demand.backlogSeconds).toBeCloseTo(600 * 19 * 0.5, 0);
  });

  test('a doubled load is followed at once', () => {
    const meter = new LoadMeter();
    feed(
      meter,
      Array.from({ length: 20 }, (_, i) => steady(i)),
    );
    const { demand } = feed(
      meter,
      [{ ready: 50, busy: 50, queued: 900, arrived: 19 * 1_200 + 2_400, completed: 19 * 1_200 + 1_500 }],
      20,
    );
    expect(demand.now).toBeGreaterThan(70);
    expect(demand.fast).toBeGreaterThan(65);
    expect(demand.slow).toBeLessThan(45);
  });

  test('totals that ran back are left out for one tick', () => {
    const meter = new LoadMeter();
    feed(
      meter,
      Array.from({ length: 20 }, (_, i) => steady(i)),
    );
    const { demand } = feed(
      meter,
      [
        { ...steady(0), arrived: 3 },
        { ...steady(0), arrived: 1_203, completed: 1_200 },
      ],
      20,
    );
    expect(demand.fast).toBeCloseTo(40, 0);
  });
});

describe('without totals', () => {
  test('the level of a noisy number of busy workers is smoothed', () => {
    const meter = new LoadMeter();
    const busy = [36, 44, 41, 33, 47, 38, 42, 35, 45, 40];
    const { demand } = feed(
      meter,
      Array.from({ length: 60 }, (_, i) => ({ ready: 60, busy: busy[i % 10] as number, queued: 0 })),
    );
    expect(demand.fast).toBeGreaterThan(38);
    expect(demand.fast).toBeLessThan(42);
  });

  test('a growing queue counts as demand beyond the pool’s size', () => {
    const meter = new LoadMeter();
    const { demand } = feed(
      meter,
      Array.from({ length: 10 }, (_, i) => ({ ready: 10, busy: 10, queued: i * 300, serviceTimeMs: 500 })),
    );
    // 300 jobs a tick of 15 s at 0.5 s each: ten workers more than the ten that are busy.
    expect(demand.now).toBeCloseTo(20, 5);
    expect(demand.backlogSeconds).toBe(9 * 300 * 0.5);
  });

  test('slots count: four jobs at once are one worker', () => {
    const { demand } = feed(new LoadMeter(), [
      { ready: 10, busy: 5, queued: 8, slotsPerWorker: 4, serviceTimeMs: 2_000 },
    ]);
    expect(demand.backlogSeconds).toBe(4);
  });
});

test('any gap in time leaves finite numbers', () => {
  const meter = new LoadMeter();
  for (const at of [0, 15_000, 15_000, 10_000, 9e9, 9e9 + 1]) {
    const { demand } = meter.observe(steady(at / 15_000), { now: at, monotonic: at }, 60_000);
    for (const value of Object.values(demand)) expect(Number.isFinite(value) && value >= 0).toBe(true);
  }
});

test('the recent peak is remembered for the window, then forgotten', () => {
  const meter = new LoadMeter();
  const at = (t: number, busy: number): Measurement =>
    meter.observe({ ready: 50, busy, queued: 0 }, { now: t, monotonic: t }, 60_000);
  at(0, 40);
  at(15_000, 0);
  expect(at(60_000, 0).demand.recentPeak).toBe(40);
  expect(at(75_000, 0).demand.recentPeak).toBeLessThan(20);
});

describe('jobs that take longer than an interval', () => {
  /** 3 busy workers: one job of 600 s comes and one goes every 200 s, and readings are 15 s apart. */
  const long = (tick: number): PoolObservation => ({
    ready: 6,
    busy: 3,
    queued: 0,
    arrived: Math.floor((tick * 15) / 200),
    completed: Math.floor((tick * 15) / 200),
    serviceTimeMs: 600_000,
  });

  test('are no demand of 40 in the interval in which they come, and of 0 in the others', () => {
    const meter = new LoadMeter();
    for (let tick = 0; tick < 400; tick++) {
      const { demand } = feed(meter, [long(tick)], tick);
      expect(demand.now).toBeGreaterThan(1.9);
      expect(demand.now).toBeLessThan(4.1);
    }
  });

  test('that wait, where nothing is counted, are a worker each and no more', () => {
    const meter = new LoadMeter();
    const uncounted = { ready: 3, busy: 3, queued: 0, serviceTimeMs: 600_000 };
    const { demand } = feed(meter, [uncounted, uncounted, { ...uncounted, queued: 2 }]);
    expect(demand.now).toBe(5);
  });

  test('a gap in the readings begins anew', () => {
    const meter = new LoadMeter();
    feed(
      meter,
      Array.from({ length: 100 }, (_, tick) => long(tick)),
    );
    feed(meter, [long(100)], 100 + 200);
    const { demand } = feed(meter, [long(101)], 101 + 200);
    expect(demand.now).toBeGreaterThan(1.9);
    expect(demand.now).toBeLessThan(4.1);
  });
});

describe('a service time that is reported', () => {
  test('from a single job does not multiply the demand', () => {
    const meter = new LoadMeter();
    const jobs = (tick: number, serviceTimeMs: number): PoolObservation => ({
      ready: 4,
      busy: 1,
      queued: 0,
      arrived: 8 * tick,
      completed: 8 * tick,
      serviceTimeMs,
    });
    feed(
      meter,
      Array.from({ length: 40 }, (_, tick) => jobs(tick, 2_000)),
    );
    // One job of 20 s has ended, and the host reports it.
    const { flow } = feed(meter, [{ ...jobs(39, 20_000), arrived: 320, completed: 313 }], 40);
    expect(flow.serviceTimeMs).toBeLessThan(6_000);
  });

  test('from many jobs is believed at once', () => {
    const meter = new LoadMeter();
    feed(
      meter,
      Array.from({ length: 10 }, (_, tick) => steady(tick, { serviceTimeMs: 500 })),
    );
    const { flow } = feed(meter, [steady(10, { serviceTimeMs: 800 })], 10);
    expect(flow.serviceTimeMs).toBeCloseTo(800, 5);
  });
});
