import { describe, expect, it } from 'vitest';
import { PoolSeries, type SeriesRow } from '../../src/telemetry/pool-series.ts';
import { SeriesRing } from '../../src/telemetry/series-ring.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a ring of rows', () => {
  it('keeps the last, oldest first', () => {
    const ring = new SeriesRing(100, 2);
    for (let at = 1; at <= 250; at++) ring.push(at, [at, -at]);
    expect(ring.length).toBe(100);
    expect([ring.timeAt(0), ring.valueAt(0, 0), ring.timeAt(99), ring.valueAt(99, 1)]).toEqual([
      151, 151, 250, -250,
    ]);
    expect([ring.after(150), ring.after(151), ring.after(249), ring.after(250)]).toEqual([0, 1, 99, 100]);
  });

  it('never runs back in time: a clock that does overwrites', () => {
    const ring = new SeriesRing(10, 1);
    for (const at of [10, 20, 30, 40, 25]) ring.push(at, [at]);
    expect(Array.from({ length: ring.length }, (_, index) => ring.timeAt(index))).toEqual([10, 20, 25]);
  });
});

describe('a pool’s series', () => {
  const row = (value: number): SeriesRow => ({
    ready: value,
    starting: 0,
    draining: 0,
    busy: value,
    target: value,
    demand: value,
    forecast: Number.NaN,
    forecastLow: Number.NaN,
    forecastHigh: Number.NaN,
    queued: value,
    waitMs: Number.NaN,
  });

  it('takes the mean of a minute’s sizes and the worst of its queue; what is never known is null', () => {
    const series = new PoolSeries(15_000);
    for (const [index, value] of [1, 2, 3, 6].entries()) series.add(index * 15_000, row(value));
    expect(series.day()).toMatchObject({ at: [0], ready: [3], queued: [6], waitMs: [null] });
  });

  it('holds 24 h of minutes', () => {
    const series = new PoolSeries(15_000);
    for (let at = 0; at < 30 * HOUR_MS; at += 15_000) series.add(at, row(1));
    const { at } = series.day();
    // 1,440 that are over, and the one that runs.
    expect(at).toHaveLength(1_441);
    expect(at[0]).toBe(30 * HOUR_MS - 1_441 * MINUTE_MS);
  });

  it('has the resolution of its ticks where these are rarer than a minute', () => {
    const series = new PoolSeries(5 * MINUTE_MS);
    for (let at = 0; at < 48 * HOUR_MS; at += 5 * MINUTE_MS) series.add(at, row(1));
    expect(series.day().resolutionMs).toBe(5 * MINUTE_MS);
    expect(series.day().at).toHaveLength(289);
  });
});
