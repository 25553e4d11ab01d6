import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { neededWorkers } from '../../src/testing/needed-workers.ts';
import { oracle, score } from '../../src/testing/oracle.ts';

/** Loads that need exactly 0, 2, 6 and 12 workers. */
const NONE = 0;
const TWO = 1;
const SIX = 4;
const TWELVE = 9;

describe('oracle', () => {
  test.each([
    ['steady load: just the workers', [SIX, SIX, SIX], 60, 6 * 180, [6, 6, 6]],
    ['nothing to do costs nothing', [NONE, NONE], 60, 0, [0, 0]],
    ['what is needed at the begin is there', [SIX, NONE, NONE], 60, 6 * 60, [6, 0, 0]],
    ['a rise pays the start-up, ahead of time', [TWO, TWO, SIX], 60, 2 * 180 + 4 * 60 + 4 * 60, [2, 6, 6]],
    [
      'a long gap pays a second start-up',
      [SIX, TWO, TWO, TWO, SIX],
      60,
      6 * 120 + 2 * 180 + 4 * 60,
      [6, 2, 2, 6, 6],
    ],
    ['a gap shorter than a start-up is kept', [SIX, TWO, SIX], 300, 6 * 180, [6, 6, 6]],
    [
      'each level on its own',
      [TWELVE, SIX, TWO, SIX, TWELVE],
      120,
      12 * 120 + 6 * 120 + 2 * 60 + 6 * 120 + 4 * 60,
      [12, 6, 12, 12, 12],
    ],
    ['without a start-up time: what is needed, no more', [SIX, TWO, SIX], 0, 14 * 60, [6, 2, 6]],
  ])('%s', (_, loads, startupSeconds, workerSeconds, sizes) => {
    const plan = oracle(loads, 60_000, startupSeconds * 1000);
    expect(plan.workerSeconds).toBe(workerSeconds);
    expect([...plan.sizes]).toEqual(sizes);
  });

  const traces = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 60 });

  test('always has what is needed, and pays for it', () => {
    fc.assert(
      fc.property(traces, fc.nat(20), (loads, startupSteps) => {
        const plan = oracle(loads, 1000, startupSteps * 1000);
        const needed = loads.map(neededWorkers);
        for (const [i, workers] of needed.entries()) {
          expect(plan.sizes[i]).toBeGreaterThanOrEqual(workers);
        }
        const paid = plan.sizes.reduce((sum, size) => sum + size, 0);
        expect(plan.workerSeconds).toBeCloseTo(paid);
      }),
    );
  });

  test('is the cheapest of all plans: no choice of kept gaps beats it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 5 }),
        (wanted, startupSteps) => {
          // One level, on where 1: try every way to be on at least then.
          const plan = oracle(
            wanted.map((on) => (on ? 0.2 : 0)),
            1000,
            startupSteps * 1000,
          );
          let best = Number.POSITIVE_INFINITY;
          for (let mask = 0; mask < 1 << wanted.length; mask++) {
            const on = wanted.map((_, i) => (mask >> i) & 1);
            if (wanted.some((need, i) => need > (on[i] ?? 0))) continue;
            const starts = on.filter((now, i) => i > 0 && now === 1 && on[i - 1] === 0).length;
            best = Math.min(best, on.reduce((sum, now) => sum + now, 0) + starts * startupSteps);
          }
          // A first use before a start-up could have ended may be had by being on from the begin.
          expect(plan.workerSeconds).toBe(best);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a longer start-up never makes it cheaper', () => {
    fc.assert(
      fc.property(traces, fc.nat(20), (loads, steps) => {
        const short = oracle(loads, 1000, steps * 1000).workerSeconds;
        expect(oracle(loads, 1000, (steps + 1) * 1000).workerSeconds).toBeGreaterThanOrEqual(short);
      }),
    );
  });

  test.each([
    [0, 1000, 'stepMs must be'],
    [1000, -1, 'startupMs must be'],
  ])('steps of %d with a start-up of %d are refused', (stepMs, startupMs, message) => {
    expect(() => oracle([1], stepMs, startupMs)).toThrow(message);
  });
});

test('a score is the cost against the oracle and ten times the late share', () => {
  expect(score({ workerSeconds: 110, oracleWorkerSeconds: 100, lateRatio: 0.005 })).toBeCloseTo(1.15);
});

test('where there was no load, only a run that cost nothing is as good as the oracle', () => {
  expect(score({ workerSeconds: 0, oracleWorkerSeconds: 0, lateRatio: 0 })).toBe(1);
  expect(score({ workerSeconds: 5, oracleWorkerSeconds: 0, lateRatio: 0 })).toBe(Number.POSITIVE_INFINITY);
});
