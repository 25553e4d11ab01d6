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
