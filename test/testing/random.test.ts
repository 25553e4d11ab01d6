import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  constant,
  type Distribution,
  exponential,
  gamma,
  lognormal,
  uniform,
} from '../../src/testing/distributions.ts';
import { Random } from '../../src/testing/random.ts';

function moments(count: number, draw: () => number): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const x = draw();
    sum += x;
    squares += x * x;
  }
  const mean = sum / count;
  return { mean, variance: squares / count - mean * mean };
}

const draws = (random: Random, count = 20): number[] => Array.from({ length: count }, () => random.next());

describe('Random', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(draws(new Random(seed))).toEqual(draws(new Random(seed)));
        expect(draws(new Random(seed))).not.toEqual(draws(new Random(seed + 1)));
      }),
    );
  });

  test('the numbers of a seed are fixed for ever', () => {
    expect(draws(new Random(1), 4).map((x) => Number(x.toFixed(6)))).toMatchInlineSnapshot(`
      [
        0.09157,
        0.506198,
        0.888193,
        0.487255,
      ]
    `);
  });

  test('streams differ from each other and do not touch their source', () => {
    const source = new Random(7);
    const before = draws(new Random(7));
    const streams = [0, 1, 2].map((index) => draws(source.stream(index)).join());
    expect(new Set(streams).size).toBe(3);
    expect(draws(source)).toEqual(before);
  });

  test('next is uniform in [0, 1)', () => {
    const random = new Random(3);
    const buckets = new Array<number>(20).fill(0);
    for (let i = 0; i < 200_000; i++) {
      const x = random.next();
      if (!(x >= 0 && x < 1)) throw new Error(`${x} is not within [0, 1)`);
      const at = Math.floor(x * 20);
      buckets[at] = (buckets[at] ?? 0) + 1;
    }
    // χ² with 19 degrees of freedom stays below 43.8 with probability 0.999.
    const chiSquare = buckets.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(43.8);
  });

  test.each([0.1, 1, 9.9, 10, 40, 1000])('poisson(%d) has its mean as mean and as variance', (mean) => {
    const random = new Random(11);
    const seen = moments(60_000, () => random.poisson(mean));
    expect(seen.mean / mean).toBeCloseTo(1, 1);
    expect(Math.abs(seen.mean - mean)).toBeLessThan(4 * Math.sqrt(mean / 60_000));
    expect(seen.variance / mean).toBeGreaterThan(0.96);
    expect(seen.variance / mean).toBeLessThan(1.04);
  });

  test('poisson by rejection has the very probabilities, not only the moments', () => {
    const random = new Random(5);
    const mean = 12;
    const counts = new Map<number, number>();
    const draws = 200_000;
    for (let i = 0; i < draws; i++) {
      const k = random.poisson(mean);
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    let probability = Math.exp(-mean);
    for (let k = 0; k <= 25; k++) {
      const expected = draws * probability;
      expect(Math.abs((counts.get(k) ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected) + 5);
      probability *= mean / (k + 1);
    }
  });

  test.each([0, -1, Number.NaN])('poisson(%d) is 0', (mean) => {
    expect(new Random().poisson(mean)).toBe(0);
  });

  test.each([
    [10, 0.3],
    [10, 0.9],
    [1000, 0.01],
    [1000, 0.5],
    [100_000, 0.2],
  ])('binomial(%d, %d) has the right moments and stays within its range', (n, p) => {
    const random = new Random(13);
    const seen = moments(30_000, () => {
      const k = random.binomial(n, p);
      if (!(Number.isInteger(k) && k >= 0 && k <= n)) throw new Error(`${k} is not within 0..${n}`);
      return k;
    });
    expect(Math.abs(seen.mean - n * p)).toBeLessThan(4 * Math.sqrt((n * p * (1 - p)) / 30_000));
    expect(seen.variance / (n * p * (1 - p))).toBeGreaterThan(0.95);
    expect(seen.variance / (n * p * (1 - p))).toBeLessThan(1.05);
  });

  test('a binomial at its ends is certain', () => {
    const random = new Random();
    expect([random.binomial(5, 0), random.binomial(5, 1), random.binomial(0, 0.5)]).toEqual([0, 5, 0]);
  });
});

describe('distributions', () => {
  const table: Distribution[] = [
    constant(500),
    exponential(500),
    uniform(100, 900),
    gamma(500, 0.25),
    gamma(500, 3),
    lognormal(500, 0.5),
    lognormal(500, 2),
  ];

  test.each(table.map((d) => [d.name, d] as const))(
    '%s keeps its stated mean and variation',
    (_, distribution) => {
      const random = new Random(17);
      const { mean, variance } = moments(200_000, () => distribution.sample(random));
      expect(Math.abs(mean / distribution.meanMs - 1)).toBeLessThan(0.015);
      const variation = variance / mean ** 2;
      expect(Math.abs(variation - distribution.variation)).toBeLessThan(0.02 + 0.12 * distribution.variation);
    },
  );

  test('durations are never negative', () => {
    const random = new Random(19);
    for (const distribution of table) {
      for (let i = 0; i < 2000; i++) expect(distribution.sample(random)).toBeGreaterThanOrEqual(0);
    }
  });

  test.each([
    [() => constant(-1), 'ms must be'],
    [() => exponential(0), 'meanMs must be'],
    [() => uniform(5, 5), 'highMs must be above lowMs (5)'],
    [() => gamma(5, 0), 'variation must be'],
    [() => lognormal(Number.NaN, 1), 'meanMs must be'],
  ])('%s is refused', (make, message) => {
    expect(make).toThrow(message);
  });
});
