import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marginalUtility } from '../../src/constraints/marginal-utility.ts';

describe('marginalUtility', () => {
  it('goes from 1 for a worker that is needed to 0 for one that idles', () => {
    expect(marginalUtility(40, 6.3, 10)).toBe(1);
    expect(marginalUtility(40, 6.3, 30)).toBeCloseTo(0.94, 1);
    expect(marginalUtility(40, 6.3, 40)).toBeCloseTo(0.53, 1);
    expect(marginalUtility(40, 6.3, 50)).toBeCloseTo(0.07, 1);
    expect(marginalUtility(40, 6.3, 80)).toBe(0);
  });

  it('is near the chance that a Poisson demand reaches the worker', () => {
    // P(N ≥ 12) for a mean of 10, by its own sum.
    let below = 0;
    let term = Math.exp(-10);
    for (let n = 0; n < 12; n++) {
      below += term;
      term *= 10 / (n + 1);
    }
    expect(Math.abs(marginalUtility(10, 0, 12) - (1 - below))).toBeLessThan(0.03);
  });

  it('never rises with the number of workers, and stays within 0 and 1', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(100), fc.integer({ min: 1, max: 600 }), (demand, spread, nth) => {
        const worth = marginalUtility(demand, spread, nth);
        expect(marginalUtility(demand, spread, nth + 1)).toBeLessThanOrEqual(worth);
        expect(worth).toBeGreaterThanOrEqual(0);
        expect(worth).toBeLessThanOrEqual(1);
      }),
    );
  });
});
