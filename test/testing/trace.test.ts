import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import {
  clamp,
  jobsPerSecond,
  plus,
  repeat,
  scaleToPeak,
  times,
} from '../../src/testing/combine-workloads.ts';
import { loadServedBy, neededWorkers } from '../../src/testing/needed-workers.ts';
import { trace } from '../../src/testing/trace.ts';
import { ramp, steady } from '../../src/testing/workloads.ts';

describe('trace', () => {
  test('reads the CSV of t,load', () => {
    const workload = trace('t,load\n0,10\n60,20\n120,15.5\n', { name: 'mine' });
    expect([0, 59_999, 60_000, 120_000, 1e9].map((ms) => workload.at(ms))).toEqual([10, 10, 20, 15.5, 15.5]);
    expect(workload).toMatchObject({ name: 'mine', unit: 'workers', stepMs: 60_000, durationMs: 180_000 });
  });

  test('reads ISO time stamps and remembers when it began', () => {
    const workload = trace('time,value\n2026-03-01T10:00:00Z,1\n2026-03-01T10:05:00Z,2\n');
    expect(workload.at(5 * 60_000)).toBe(2);
    expect(workload.startAt).toBe(Date.UTC(2026, 2, 1, 10));
  });

  test.each([
    ['no header', '0,1\n60,2'],
    ['Windows line ends', 't,load\r\n0,1\r\n60,2\r\n'],
    ['a byte-order mark', '\uFEFFt,load\n0,1\n60,2'],
    ['comments and empty lines', '# from the cluster\n\nt,load\n0,1\n\n60,2\n# end\n'],
    ['semicolons', 't;load\n0;1\n60;2'],
    ['quotes and blanks', '"t","load"\n"0", 1\n"60", 2'],
    ['milliseconds since 1970', '1700000000000,1\n1700000060000,2'],
    ['an origin that is not 0', '1700000000,1\n1700000060,2'],
  ])('takes %s', (_, text) => {
    const workload = trace(text);
    expect([workload.at(0), workload.at(60_000), workload.durationMs]).toEqual([1, 2, 120_000]);
  });

  test('takes rows, with dates too', () => {
    const first = new Date('2026-01-01T00:00:00Z');
    const workload = trace([
      [first, 3],
      ['2026-01-01T00:00:30Z', 4],
    ]);
    expect([workload.at(29_999), workload.at(30_000)]).toEqual([3, 4]);
    expect(workload.startAt).toBe(first.getTime());
  });

  test('finds its place on an irregular grid', () => {
    const workload = trace([
      [0, 1],
      [10, 2],
      [300, 3],
    ]);
    expect([0, 9_999, 10_000, 299_999, 300_000].map((ms) => workload.at(ms))).toEqual([1, 1, 2, 2, 3]);
    expect(workload.stepMs).toBeUndefined();
    expect(workload.durationMs).toBe(590_000);
  });

  test.each([
    ['a word for a number', 't,load\n0,1\n60,many\n', 'line 3 must give the load as a number of at least 0'],
    ['a negative load', '0,1\n60,-2', 'line 2 must give the load'],
    ['no load', '0,1\n60', 'line 2 must be a time and a number'],
    ['an empty cell', '0,1\n60,', 'line 2 must be a time and a number'],
    ['a third cell', '0,1\n60,2,3', 'line 2 must be a time and a number'],
    ['a date that is none', '0,1\nsoon,2', 'line 2 must begin with seconds or an ISO time stamp'],
    [
      'a date that may be read in two ways',
      '03/04/2026 08:00,1',
      'line 1 must begin with seconds or an ISO time',
    ],
    ['time that stands', '0,1\n60,2\n60,3', 'line 3 must be later than the row before'],
    ['time that runs back', 't,load\n\n60,2\n0,3', 'line 4 must be later than the row before'],
    ['nothing', 't,load\n', 'trace must have at least one row'],
  ])('names the line with %s', (_, text, message) => {
    expect(() => trace(text)).toThrow(InvalidOptionError);
    expect(() => trace(text)).toThrow(message);
  });

  test('names the row', () => {
    expect(() =>
      trace([
        [0, 1],
        [60, Number.NaN],
      ]),
    ).toThrow('rows[1] must give the load');
  });

  test('any rows come back from their CSV', () => {
    const rows = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1e6, noNaN: true })),
      {
        minLength: 1,
        maxLength: 50,
      },
    );
    fc.assert(
      fc.property(rows, (steps) => {
        let t = 0;
        const given = steps.map(([gap, load]) => {
          t += gap;
          return [t, load] as const;
        });
        const read = trace(given.map((row) => row.join(',')).join('\n'));
        const start = given[0]?.[0] ?? 0;
        for (const [seconds, load] of given) expect(read.at((seconds - start) * 1000)).toBe(load);
      }),
    );
  });
});

describe('combinations', () => {
  const wave = ramp({ from: 0, to: 10, overMs: 1000 });

  test('plus adds, times scales, clamp bounds, repeat repeats', () => {
    expect(plus(wave, steady(3), steady(1)).at(500)).toBe(9);
    expect(times(wave, 2).at(500)).toBe(10);
    expect(times(wave, wave).at(500)).toBe(25);
    expect([0, 500, 1000].map((ms) => clamp(wave, 2, 7).at(ms))).toEqual([2, 5, 7]);
    expect([0, 500, 999, 1000, 2500].map((ms) => repeat(wave, 1000).at(ms))).toEqual([0, 5, 9.99, 0, 5]);
  });

  test('a sum lasts as long as its longest part, a product as long as its shortest', () => {
    const short = trace('0,1\n60,2');
    const long = trace('0,1\n60,2\n120,3');
    expect(plus(short, long).durationMs).toBe(180_000);
    expect(plus(short, steady(1)).durationMs).toBeUndefined();
    expect(times(long, short).durationMs).toBe(120_000);
    expect(times(long, steady(1)).durationMs).toBe(180_000);
    expect(plus(short, long).stepMs).toBe(60_000);
    expect(plus(short, wave).stepMs).toBeUndefined();
  });

  test('units are not mixed', () => {
    expect(() => plus(steady(1), jobsPerSecond(steady(1)))).toThrow('unit must be the same');
  });

  test('repeat needs a period', () => {
    expect(repeat(trace('0,1\n60,2')).at(130_000)).toBe(1);
    expect(() => repeat(steady(1))).toThrow('periodMs must be');
  });
});

describe('scaleToPeak', () => {
  test('the percentile of the load then needs the given workers', () => {
    const rows = Array.from({ length: 1001 }, (_, i) => [i * 60, i] as const);
    const scaled = scaleToPeak(trace(rows, { unit: 'jobs-per-second' }), 40);
    expect(scaled.unit).toBe('workers');
    expect(neededWorkers(scaled.at(999 * 60_000))).toBe(40);
    expect(neededWorkers(scaled.at(998 * 60_000))).toBeLessThanOrEqual(40);
    expect(neededWorkers(scaled.at(1000 * 60_000))).toBe(41);
    expect(scaleToPeak(trace(rows), 40, { percentile: 1 }).at(1000 * 60_000)).toBeCloseTo(loadServedBy(40));
  });

  test('works for a load without an end', () => {
    expect(neededWorkers(scaleToPeak(steady(3), 12).at(0))).toBe(12);
  });

  test('refuses a load that has no peak', () => {
    expect(() => scaleToPeak(steady(0), 12)).toThrow('workload must have a load above 0');
  });
});

describe('neededWorkers', () => {
  test.each([
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    [0.01, 1],
    [1, 2],
    [4, 6],
    [4.000000000000001, 6],
    [100, 110],
  ])('a load of %d needs %d', (load, workers) => {
    expect(neededWorkers(load)).toBe(workers);
  });

  test('loadServedBy is its inverse', () => {
    for (let workers = 0; workers < 200; workers++)
      expect(neededWorkers(loadServedBy(workers))).toBe(workers);
  });
});
