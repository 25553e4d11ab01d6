import { expect, test } from 'vitest';
import { RecursiveLeastSquares } from '../../src/predictors/recursive-least-squares.ts';
import { Random } from '../../src/testing/random.ts';

test('finds the weights of a linear rule through noise', () => {
  const source = new Random(1);
  const random = (): number => source.next();
  const fit = new RecursiveLeastSquares(3, 1, 0.9999);
  for (let i = 0; i < 2_000; i++) {
    const x = Float64Array.of(random() - 0.5, random() - 0.5, 1);
    fit.update(x, 2 * (x[0] as number) - (x[1] as number) + 0.5 + 0.1 * (random() - 0.5));
  }
  expect([...fit.weights].map((weight) => Math.round(weight * 50) / 50)).toEqual([2, -1, 0.5]);
});

test('follows when the rule changes', () => {
  const source = new Random(2);
  const random = (): number => source.next();
  const fit = new RecursiveLeastSquares(1, 1, 0.99);
  for (let i = 0; i < 3_000; i++) {
    const x = Float64Array.of(random());
    fit.update(x, (i < 2_000 ? 3 : -3) * (x[0] as number));
  }
  expect(fit.weights[0]).toBeCloseTo(-3, 1);
});

test('stays finite when there is nothing to learn', () => {
  const fit = new RecursiveLeastSquares(2, 1, 0.9);
  for (let i = 0; i < 100_000; i++) fit.update(Float64Array.of(0, 0.001), 1);
  expect([...fit.weights].every(Number.isFinite)).toBe(true);
});
