import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { breakEvenMs, checkPricing, costOfWorker, serviceLevel } from '../../src/fleet/pricing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('costOfWorker', () => {
  it.each([
    ['as used', { perWorkerHour: 0.6 }, 90 * MINUTE, 0.9],
    ['by the hour begun', { perWorkerHour: 0.6, billingMs: HOUR }, 61 * MINUTE, 1.2],
    ['by the minute begun', { perWorkerHour: 0.6, billingMs: MINUTE }, 61_000, 0.02],
    ['one period at least', { perWorkerHour: 0.6, billingMs: HOUR }, 0, 0.6],
    ['with what a start costs', { perWorkerHour: 0.6, startCost: 0.05 }, HOUR, 0.65],
  ])('is paid %s', (_, pricing, lifetimeMs, cost) => {
    expect(costOfWorker(pricing, lifetimeMs)).toBeCloseTo(cost, 10);
  });
});

describe('what follows from prices', () => {
  it('an idle worker is worth keeping as long as it costs less than a start', () => {
    expect(breakEvenMs({ perWorkerHour: 0.12, startCost: 0.02 })).toBeCloseTo(10 * MINUTE);
    expect(breakEvenMs({ perWorkerHour: 0.12 })).toBe(0);
    expect(breakEvenMs({ perWorkerHour: 0, startCost: 1 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('the service level is what late work costs against an idle worker', () => {
    expect(serviceLevel({ perWorkerHour: 0.1, latenessCost: 1.1 })).toBeCloseTo(0.917, 3);
    expect(serviceLevel({ perWorkerHour: 0.1 })).toBeUndefined();
  });

  it('refuses prices that cannot be meant', () => {
    expect(() => checkPricing({ perWorkerHour: -1 })).toThrow(InvalidOptionError);
    expect(() => checkPricing({ perWorkerHour: 1, billingMs: Number.NaN }, 'pools[0].price')).toThrow(
      expect.objectContaining({ field: 'pools[0].price.billingMs' }),
    );
  });
});
