import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/core/instant.ts';
import type { Pricing } from '../../src/fleet/pricing.ts';
import { costSignal, SpendMeter, totalSpend } from '../../src/fleet/spend-meter.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (monotonic: number): Instant => ({ now: 1e12 + monotonic, monotonic });

/** Feeds a meter every minute, `sizes[i]` during the i-th hour. */
function metered(pricing: Pricing, ...sizes: number[]): SpendMeter {
  const meter = new SpendMeter(pricing);
  for (let minute = 0; minute < sizes.length * 60; minute++) {
    meter.observe(sizes[Math.floor(minute / 60)] as number, at(minute * MINUTE));
  }
  return meter;
}

describe('SpendMeter', () => {
  it('adds up worker-hours as used, for the last hour and day', () => {
    const meter = metered({ perWorkerHour: 0.5 }, 10, 4);
    meter.observe(4, at(2 * HOUR));
    const spend = meter.spend(at(2 * HOUR));
    expect(spend.total).toBeCloseTo(7, 6);
    expect(spend.lastDay).toBeCloseTo(7, 6);
    expect(spend.lastHour).toBeCloseTo(2, 1);
    expect(spend.perHour).toBe(2);
  });

  it('forgets what is older than the window', () => {
    const meter = metered({ perWorkerHour: 1 }, 10);
    meter.observe(0, at(HOUR));
    expect(meter.spend(at(2 * HOUR + MINUTE)).lastHour).toBe(0);
    expect(meter.spend(at(3 * HOUR)).lastDay).toBeCloseTo(10, 6);
    expect(meter.spend(at(26 * HOUR)).lastDay).toBe(0);
    expect(meter.spend(at(26 * HOUR)).total).toBeCloseTo(10, 6);
  });

  it('pays a period when it begins', () => {
    const meter = new SpendMeter({ perWorkerHour: 1, billingMs: HOUR });
    meter.observe(2, at(0));
    expect(meter.spend(at(0)).total).toBe(2);
    meter.observe(3, at(30 * MINUTE));
    expect(meter.spend(at(30 * MINUTE)).total).toBe(3);
    meter.observe(3, at(59 * MINUTE));
    expect(meter.spend(at(59 * MINUTE)).total).toBe(3);
    meter.observe(3, at(61 * MINUTE));
    expect(meter.spend(at(61 * MINUTE)).total).toBe(5);
  });

  it('pays no new period for workers that left at its end, and all that began while nobody looked', () => {
    const meter = new SpendMeter({ perWorkerHour: 1, billingMs: HOUR });
    meter.observe(4, at(0));
    meter.observe(1, at(HOUR));
    expect(meter.spend(at(HOUR)).total).toBe(5);
    meter.observe(1, at(4 * HOUR - 1));
    expect(meter.spend(at(4 * HOUR)).total).toBe(7);
  });

  it('pays for starts, but not for workers that it found', () => {
    const meter = new SpendMeter({ perWorkerHour: 0, startCost: 0.25 });
    meter.observe(4, at(0));
    meter.observe(6, at(MINUTE));
    meter.observe(3, at(2 * MINUTE));
    meter.observe(4, at(3 * MINUTE));
    expect(meter.spend(at(3 * MINUTE)).total).toBe(0.75);
  });

  it('knows who may leave without a loss', () => {
    const meter = new SpendMeter({ perWorkerHour: 1, billingMs: HOUR });
    meter.observe(4, at(0));
    meter.observe(9, at(50 * MINUTE));
    expect(meter.releasable(MINUTE, at(55 * MINUTE))).toBe(0);
    expect(meter.releasable(5 * MINUTE, at(55 * MINUTE))).toBe(4);
    const asUsed = new SpendMeter({ perWorkerHour: 1 });
    asUsed.observe(4, at(0));
    expect(asUsed.releasable(0, at(0))).toBe(4);
  });
});

describe('costSignal', () => {
  const spend = { lastHour: 6, lastDay: 50, perHour: 5, total: 500 };

  it.each([
    ['no limit', {}, undefined],
    ['within the limits', { maxCostPerHour: 6, maxCostPerDay: 50 }, undefined],
    ['too much in the hour', { maxCostPerHour: 4 }, 4],
    ['too much in the day', { maxCostPerHour: 4, maxCostPerDay: 48 }, 2],
    ['too much in the hour, but already on the way down', { maxCostPerHour: 5.5 }, undefined],
  ])('%s', (_, limits, maxCostPerHour) => {
    expect(costSignal(spend, limits)?.maxCostPerHour).toBe(maxCostPerHour);
  });

  it('is raised on what all pools spend together', () => {
    expect(costSignal(totalSpend([spend, spend]), { maxCostPerHour: 9 })).toMatchObject({
      type: 'cost-threshold',
      costPerHour: 10,
      reason: '12 were spent in 60 min, 9 may be',
    });
  });
});
