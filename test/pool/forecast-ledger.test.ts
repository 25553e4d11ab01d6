import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../src/core/model.ts';
import { ForecastLedger } from '../../src/pool/forecast-ledger.ts';
import { createView } from '../../src/testing/create-view.ts';

const forecast = (at: number, horizonMs: number, mean: number): Forecast => ({
  at,
  horizonMs,
  mean,
  low: mean - 1,
  lowQuantile: 0.1,
  high: mean + 1,
  highQuantile: 0.9,
  peak: mean + 1,
  peakAt: at + horizonMs,
  confidence: 0.5,
  model: 'test/1',
});

describe('a ledger of forecasts', () => {
  it('settles a forecast at its moment, not before', () => {
    const ledger = new ForecastLedger();
    ledger.add(forecast(0, 30_000, 8));
    expect(ledger.settle(createView({ now: 15_000, demand: 10 }))).toEqual([]);
    expect(ledger.settle(createView({ now: 30_000, demand: 10 }))).toEqual([
      {
        pool: 'pool',
        at: 30_000,
        horizonMs: 30_000,
        predicted: 8,
        low: 7,
        high: 9,
        actual: 10,
        covered: false,
        within: false,
        score: 0.8,
        confidence: 0.5,
        model: 'test/1',
      },
    ]);
    expect(ledger.settle(createView({ now: 45_000, demand: 10 }))).toEqual([]);
  });

  it.each([
    [8, 8, { covered: true, within: true, score: 1 }],
    [8, 9, { covered: true, within: true, score: 8 / 9 }],
    [8, 6, { covered: true, within: false, score: 0.75 }],
    [0, 0, { covered: true, within: true, score: 1 }],
    [4, 0, { covered: true, within: false, score: 0 }],
  ])('%d predicted, %d came', (predicted, actual, expected) => {
    const ledger = new ForecastLedger();
    ledger.add(forecast(0, 15_000, predicted));
    expect(ledger.settle(createView({ now: 15_000, demand: actual }))).toMatchObject([expected]);
  });

  it('drops what passed unseen', () => {
    const ledger = new ForecastLedger();
    ledger.add(forecast(0, 15_000, 8));
    ledger.add(forecast(15_000, 15_000, 8));
    expect(ledger.settle(createView({ now: 15_000, quality: 'stale' }))).toEqual([]);
    const met = ledger.settle(createView({ now: 40_000, demand: 8 }));
    expect(met.map(({ at, horizonMs }) => at - horizonMs)).toEqual([25_000]);
  });

  it('keeps one forecast of a moment, the newest', () => {
    const ledger = new ForecastLedger();
    ledger.add(forecast(0, 60_000, 8));
    ledger.add(forecast(15_000, 30_000, 9));
    const met = ledger.settle(createView({ now: 60_000, demand: 8 }));
    expect(met.map(({ predicted }) => predicted)).toEqual([9]);
  });
});
