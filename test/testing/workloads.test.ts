import { describe, expect, test } from 'vitest';
import { meanLoad } from '../../src/testing/workload.ts';
import {
  burst,
  diurnal,
  lastAtOrBefore,
  loadPattern,
  onOff,
  ramp,
  steady,
  step,
} from '../../src/testing/workloads.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('shapes', () => {
  test.each([
    ['steady', steady(7), [0, DAY], [7, 7]],
    [
      'ramp',
      ramp({ from: 2, to: 10, startMs: 100, overMs: 400 }),
      [0, 100, 300, 500, 9999],
      [2, 2, 6, 10, 10],
    ],
    ['ramp down', ramp({ from: 10, to: 2, overMs: 400 }), [0, 100, 400], [10, 8, 2]],
    ['step', step({ before: 1, after: 5, atMs: MINUTE }), [0, MINUTE - 1, MINUTE, DAY], [1, 1, 5, 5]],
    [
      'one burst',
      burst({ base: 1, peak: 9, atMs: 100, forMs: 50 }),
      [0, 99, 100, 149, 150, 1e9],
      [1, 1, 9, 9, 1, 1],
    ],
    [
      'a burst in every period',
      burst({ base: 1, peak: 9, atMs: 100, forMs: 50, everyMs: 200 }),
      [0, 100, 150, 299, 300, 350],
      [1, 9, 1, 1, 9, 1],
    ],
    ['on/off', onOff({ on: 4, onMs: 10, offMs: 30 }), [0, 9, 10, 39, 40, 50], [4, 4, 0, 0, 4, 0]],
  ])('%s', (_, workload, times, loads) => {
    expect(times.map((ms) => workload.at(ms))).toEqual(loads);
    expect(workload.unit).toBe('workers');
  });

  test('diurnal is lowest and highest twelve hours apart, every day alike', () => {
    const workload = diurnal({ low: 2, high: 10, peakHour: 15 });
    for (const day of [0, 3, 6]) {
      expect(workload.at(day * DAY + 15 * HOUR)).toBeCloseTo(10);
      expect(workload.at(day * DAY + 3 * HOUR)).toBeCloseTo(2);
      expect(workload.at(day * DAY + 9 * HOUR)).toBeCloseTo(6);
    }
  });

  test('diurnal scales the wave by weekday, Monday first', () => {
    const workload = diurnal({ low: 2, high: 10, weekdays: [1, 1, 1, 1, 1, 0.5, 0] });
    const peaks = [0, 4, 5, 6, 7].map((day) => workload.at(day * DAY + 14 * HOUR));
    expect(peaks).toEqual([10, 10, 6, 2, 10]);
  });

  test.each([
    [() => steady(-1), 'load must be a number of at least 0, got -1'],
    [() => ramp({ from: 0, to: 1, overMs: 0 }), 'overMs must be'],
    [
      () => burst({ base: 0, peak: 1, atMs: 0, forMs: 10, everyMs: 5 }),
      'everyMs must be at least forMs (10)',
    ],
    [() => diurnal({ low: 5, high: 4 }), 'high must be'],
    [() => diurnal({ low: 0, high: 4, weekdays: [1, 2] }), 'weekdays must be seven factors'],
    [() => onOff({ on: Number.NaN, onMs: 1, offMs: 1 }), 'on must be'],
  ])('%s is refused by field', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('loadPattern', () => {
  const points = [
    [0, 0.2],
    [60, 0.4],
    [120, 0.8],
    [180, 0.9],
    [240, 0.3],
  ] as const;

  test('each point holds until the next, the last for ever', () => {
    const workload = loadPattern(points, { capacity: 10 });
    const times = [0, 59_999, 60_000, 150_000, 200_000, 240_000, HOUR];
    expect(times.map((ms) => workload.at(ms))).toEqual([2, 2, 4, 8, 9, 3, 3]);
  });

  test('points may be joined by lines', () => {
    const workload = loadPattern(points, { between: 'line' });
    expect([0, 30_000, 90_000, 210_000, HOUR].map((ms) => Number(workload.at(ms).toFixed(6)))).toEqual([
      0.2, 0.3, 0.6, 0.6, 0.3,
    ]);
  });

  test('what comes before the first point is the first point', () => {
    expect(loadPattern([[60, 3]]).at(0)).toBe(3);
    expect(loadPattern([[60, 3]], { between: 'line' }).at(0)).toBe(3);
  });

  test.each([
    [[], 'points must not be empty'],
    [
      [
        [0, 1],
        [60, -1],
      ] as const,
      'points[1][1] must be',
    ],
    [
      [
        [60, 1],
        [0, 1],
      ] as const,
      'points[1][0] must be a number of at least 60',
    ],
  ])('%j is refused', (given, message) => {
    expect(() => loadPattern(given as [number, number][])).toThrow(message);
  });
});

describe('meanLoad', () => {
  test('is exact for a straight line', () => {
    expect(meanLoad(ramp({ from: 0, to: 100, overMs: 10_000 }), 2000, 4000)).toBeCloseTo(30);
  });

  test('looks once where the load is constant for longer', () => {
    let looks = 0;
    const load = meanLoad({ name: 'x', unit: 'workers', stepMs: MINUTE, at: () => ++looks }, 0, 15_000);
    expect(load).toBe(1);
  });
});

test.each([
  [[], 5, -1],
  [[0, 10, 20], -1, -1],
  [[0, 10, 20], 0, 0],
  [[0, 10, 20], 19, 1],
  [[0, 10, 20], 20, 2],
  [[0, 10, 20], 1e9, 2],
])('in %j the last at or before %d is number %d', (times, ms, index) => {
  expect(lastAtOrBefore(times, ms)).toBe(index);
});
