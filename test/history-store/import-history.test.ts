import { describe, expect, it } from 'vitest';
import { importHistory } from '../../src/history-store/import-history.ts';
import { fromPrometheus } from '../../src/history-store/prometheus.ts';

const prometheus = (...series: [number, string][][]): string =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'matrix',
      result: series.map((values, i) => ({ metric: { instance: `${i}` }, values })),
    },
  });

describe('history from CSV', () => {
  it('with dates', () => {
    expect(importHistory('time,load\n2026-01-05T00:00:00Z,4\n2026-01-05T00:05:00Z,6.5\n')).toEqual([
      { at: Date.UTC(2026, 0, 5), demand: 4 },
      { at: Date.UTC(2026, 0, 5, 0, 5), demand: 6.5 },
    ]);
  });

  it('without dates needs to be told its beginning', () => {
    expect(importHistory('0,4\n60,6\n', { startAt: 1000, factor: 0.5 })).toEqual([
      { at: 1000, demand: 2 },
      { at: 61_000, demand: 3 },
    ]);
    expect(() => importHistory('0,4\n60,6\n')).toThrow(/^startAt is needed: the times have no date/);
  });

  it('at odd times becomes a sample a minute', () => {
    const samples = importHistory('0,4\n90,6\n300,1\n', { startAt: 0 });
    expect(samples.map((sample) => sample.demand)).toEqual([4, 4, 6, 6, 6, 1, 1, 1, 1]);
  });

  it('names a bad line', () => {
    expect(() => importHistory('t,load\n0,1\n60,much\n')).toThrow(/^line 3 /);
  });
});

describe('history from Prometheus', () => {
  it('adds its series up', () => {
    const text = prometheus(
      [
        [100, '1'],
        [160, '2'],
      ],
      [
        [160, '0.5'],
        [220, '3'],
      ],
    );
    expect(importHistory(text, { factor: 2 })).toEqual([
      { at: 100_000, demand: 2 },
      { at: 160_000, demand: 5 },
      { at: 220_000, demand: 6 },
    ]);
  });

  it('leaves out what is no number', () => {
    expect(
      fromPrometheus(
        prometheus([
          [100, 'NaN'],
          [160, '2'],
          [220, '+Inf'],
        ]),
      ),
    ).toEqual([[160, 2]]);
  });

  it.each([
    ['{', /^answer must be JSON/],
    ['{"status":"error","error":"timed out"}', /^status must be success \(timed out\)/],
    ['{"status":"success"}', /^data must be an object/],
    [
      '{"status":"success","data":{"resultType":"vector","result":[]}}',
      /^data\.resultType must be matrix: ask for a range/,
    ],
    [prometheus([]), /^data\.result must have at least one sample/],
    [prometheus([[100, '-1']]), /^data\.result\[0\]\.values\[0\] must not be negative/],
    [
      '{"data":{"resultType":"matrix","result":[{"values":[[1,2]]}]}}',
      /^data\.result\[0\]\.values\[0\] must be \[seconds, "value"\]/,
    ],
    ['{"data":{"resultType":"matrix","result":[{}]}}', /^data\.result\[0\]\.values must be a list/],
  ])('%s is refused', (text, message) => {
    expect(() => fromPrometheus(text)).toThrow(message);
  });
});
