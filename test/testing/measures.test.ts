import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchQueue } from '../../src/testing/batch-queue.ts';
import { ElasticityMeter } from '../../src/testing/elasticity.ts';
import { JobHeap } from '../../src/testing/job-heap.ts';
import { LogHistogram } from '../../src/testing/log-histogram.ts';
import { SizeChangeMeter } from '../../src/testing/size-changes.ts';
import { SeriesRecorder } from '../../src/testing/time-series.ts';

const MINUTE = 60_000;

describe('ElasticityMeter', () => {
  const measure = (samples: [needed: number, supplied: number][]): unknown => {
    const meter = new ElasticityMeter();
    for (const [needed, supplied] of samples) meter.add(needed, supplied);
    return meter.result();
  };

  test('is 0 throughout for a supply that meets demand', () => {
    expect(
      measure([
        [4, 4],
        [0, 0],
        [9, 9],
      ]),
    ).toEqual({ thetaUnder: 0, thetaOver: 0, tauUnder: 0, tauOver: 0 });
  });

  test('weighs what is lacking and what is too much against demand, and counts the time', () => {
    // Lacking half for one of four samples: θU = 0.5/4. Twice too much for two of four: θO = (1 + 1)/4.
    expect(
      measure([
        [10, 5],
        [4, 8],
        [2, 4],
        [3, 3],
      ]),
    ).toEqual({
      thetaUnder: 0.125,
      thetaOver: 0.5,
      tauUnder: 0.25,
      tauOver: 0.5,
    });
  });

  test('counts a worker that nobody needs as 100% too much', () => {
    expect(measure([[0, 1]])).toMatchObject({ thetaOver: 1, tauOver: 1 });
  });

  test('is 0 where nothing was measured', () => {
    expect(measure([])).toEqual({ thetaUnder: 0, thetaOver: 0, tauUnder: 0, tauOver: 0 });
  });
});

describe('SizeChangeMeter', () => {
  test('counts ups, downs and reversals; holding is none of them', () => {
    const meter = new SizeChangeMeter();
    for (const [minute, from, to] of [
      [0, 1, 3],
      [1, 3, 5],
      [2, 5, 5],
      [3, 5, 4],
      [4, 4, 4],
      [5, 4, 3],
      [6, 3, 6],
    ] as const) {
      meter.add(minute * MINUTE, from, to);
    }
    expect(meter.result()).toEqual({ up: 3, down: 2, reversals: 2, reversalsInWorstHour: 2 });
  });

  test('the worst hour is any 60 minutes, not one of the clock', () => {
    const meter = new SizeChangeMeter();
    let size = 5;
    for (const minute of [0, 40, 50, 70, 80, 99, 200, 230]) {
      const to = size === 5 ? 6 : 5;
      meter.add(minute * MINUTE, size, to);
      size = to;
    }
    // Reversals at 40, 50, 70, 80, 99, 200, 230 minutes: five within 40..99.
    expect(meter.result()).toMatchObject({ reversals: 7, reversalsInWorstHour: 5 });
  });
});

describe('LogHistogram', () => {
  test('tells percentiles to within 1.1%, whatever the values are', () => {
    const values = fc.array(fc.double({ min: 0.1, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (given, ratio) => {
        const histogram = new LogHistogram();
        for (const value of given) histogram.add(value);
        const sorted = [...given].sort((a, b) => a - b);
        const exact = sorted[Math.ceil(ratio * given.length - 1e-9) - 1] ?? 0;
        const told = histogram.percentile(ratio);
        expect(told / exact).toBeGreaterThan(1 - 0.0111);
        expect(told / exact).toBeLessThan(1.0111);
        expect(told).toBeLessThanOrEqual(histogram.max);
      }),
    );
  });

  test('counts zeros apart and weighs by count', () => {
    const histogram = new LogHistogram();
    histogram.add(0, 90);
    histogram.add(1000, 10);
    expect([0.5, 0.9, 0.91].map((ratio) => Math.round(histogram.percentile(ratio) / 50) * 50)).toEqual([
      0, 0, 1000,
    ]);
    expect(histogram).toMatchObject({ total: 100, mean: 100, max: 1000, sum: 10_000 });
  });

  test('is 0 where nothing was counted', () => {
    expect([new LogHistogram().percentile(0.99), new LogHistogram().mean]).toEqual([0, 0]);
  });
});

test('JobHeap gives jobs in order of their end, and takes out those of one worker', () => {
  const jobs = fc.array(fc.tuple(fc.nat(1000), fc.nat(5)), { maxLength: 200 });
  fc.assert(
    fc.property(jobs, fc.nat(5), (given, removed) => {
      const heap = new JobHeap();
      for (const [end, worker] of given) heap.push(end, worker, end - 2, end - 1);
      const of = given.filter(([, worker]) => worker === removed).map(([end]) => end);
      expect(heap.lastEndOf(removed)).toBe(Math.max(0, ...of));
      expect(heap.removeAllOf(removed)).toEqual(of.map((end) => end - 2).sort((a, b) => b - a));
      const ends: number[] = [];
      for (; heap.nextEnd !== Number.POSITIVE_INFINITY; heap.pop()) {
        ends.push(heap.nextEnd);
        expect([heap.nextArrived, heap.nextStarted]).toEqual([heap.nextEnd - 2, heap.nextEnd - 1]);
        expect(heap.nextWorker).not.toBe(removed);
      }
      const kept = given.filter(([, worker]) => worker !== removed).map(([end]) => end);
      expect(ends).toEqual(kept.sort((a, b) => a - b));
    }),
  );
});

test('BatchQueue behaves as a list of jobs, first in, first out', () => {
  const operation = fc.oneof(
    fc.record({ what: fc.constant('push'), count: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ what: fc.constant('unshift'), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ what: fc.constant('take'), count: fc.integer({ min: 1, max: 12 }) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const queue = new BatchQueue();
      const list: number[] = [];
      let time = 0;
      for (const { what, count } of operations) {
        time++;
        const jobs = new Array<number>(count).fill(time);
        if (what === 'push') {
          queue.push(time, count);
          list.push(...jobs);
        } else if (what === 'unshift') {
          queue.unshift(time, count);
          list.unshift(...jobs);
        } else if (queue.length > 0) {
          const taken = Math.min(count, queue.oldestCount);
          expect(list.splice(0, taken)).toEqual(new Array(taken).fill(queue.oldest));
          queue.take(taken);
        }
        expect(queue.length).toBe(list.length);
        if (list.length > 0) expect(queue.oldest).toBe(list[0]);
      }
      expect(queue.countBefore(time / 2)).toBe(list.filter((arrived) => arrived < time / 2).length);
    }),
  );
});

test('SeriesRecorder gathers ticks into a few points: means, and the most of what hurts', () => {
  const recorder = new SeriesRecorder(5, 15_000, 3);
  for (let tick = 0; tick < 5; tick++) {
    recorder.add(tick, {
      load: tick,
      needed: tick,
      ready: tick,
      size: tick,
      queued: 10 - tick,
      waitMs: tick,
    });
  }
  const { stepMs, load, needed, ready, queued, waitMs } = recorder.result();
  expect(stepMs).toBe(30_000);
  expect([...load]).toEqual([0.5, 2.5, 4]);
  expect([...ready]).toEqual([0.5, 2.5, 4]);
  expect([...needed]).toEqual([1, 3, 4]);
  expect([...queued]).toEqual([10, 8, 6]);
  expect([...waitMs]).toEqual([1, 3, 4]);
});
