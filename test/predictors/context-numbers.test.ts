import { describe, expect, it, test } from 'vitest';
import type { LoadSample } from '../../src/core/forecast.ts';
import { ContextNumbers } from '../../src/predictors/context-numbers.ts';
import { createPredictor, type EnsemblePredictor } from '../../src/predictors/predictor.ts';
import { Random } from '../../src/testing/random.ts';

const TICK = 15_000;
const MINUTE = 60_000;
const LAG = 10 * MINUTE;
const START = Date.UTC(2026, 0, 5);

/** Orders that are opened come and go in waves without a pattern; each keeps workers busy ten minutes later. */
function orders(ticks: number): { readonly opened: number[]; readonly demand: number[] } {
  const random = new Random(3);
  const opened: number[] = [];
  let wave = 0;
  for (let i = 0; i < ticks; i++) {
    if (random.next() < 1 / 60) wave = 40 * random.next();
    opened.push(100 + 0.9 * ((opened[i - 1] ?? 100) - 100) + 0.1 * (10 * wave - 100));
  }
  const lag = LAG / TICK;
  const demand = opened.map((_, i) =>
    Math.max(0, 5 + (opened[Math.max(0, i - lag)] as number) / 20 + random.next() - 0.5),
  );
  return { opened, demand };
}

/** Mean absolute error ten minutes ahead on the last of three days. */
function errorOf(predictor: EnsemblePredictor, sampleOf: (i: number) => Partial<LoadSample>): number {
  const ticks = (3 * 1_440 * MINUTE) / TICK;
  const { demand } = orders(ticks);
  let error = 0;
  let forecasts = 0;
  for (let i = 0; i < ticks; i++) {
    const at = START + i * TICK;
    predictor.observe({ at, demand: demand[i] as number, ...sampleOf(i) });
    const mean = predictor.forecast(at, LAG)?.mean ?? 0;
    const outcome = demand[i + LAG / TICK];
    if (i < (2 / 3) * ticks || outcome === undefined) continue;
    error += Math.abs(mean - outcome);
    forecasts++;
  }
  return error / forecasts;
}

const { opened } = orders((3 * 1_440 * MINUTE) / TICK);

describe('a number of the host that goes before the load', () => {
  it('makes forecasts better, and can be read as the reason', () => {
    const informed = createPredictor();
    const without = errorOf(createPredictor(), () => ({}));
    const within = errorOf(informed, (i) => ({ context: { ordersOpened: opened[i] as number } }));
    expect(within).toBeLessThan(0.5 * without);
    const named = informed.features(LAG).filter(({ name }) => name.startsWith('ordersOpened'));
    expect(named).toHaveLength(3);
    expect(Math.max(...named.map(({ effect }) => Math.abs(effect)))).toBeGreaterThan(0);
  });

  it('that tells nothing does little harm', () => {
    const random = new Random(8);
    const without = errorOf(createPredictor(), () => ({}));
    const within = errorOf(createPredictor(), () => ({
      context: { dice: random.next(), coin: random.next() },
    }));
    expect(within).toBeLessThan(1.05 * without);
  });

  it('is remembered over a restart', () => {
    const predictor = createPredictor();
    errorOf(predictor, (i) => ({ context: { ordersOpened: opened[i] as number } }));
    const restored = createPredictor();
    restored.restore(JSON.parse(JSON.stringify(predictor.save())));
    const known = predictor.features(LAG);
    expect(known).toHaveLength(16);
    for (const [i, { name, value, effect }] of restored.features(LAG).entries()) {
      expect(name).toBe(known[i]?.name);
      expect(value).toBeCloseTo(known[i]?.value ?? 0, 1);
      expect(effect).toBeCloseTo(known[i]?.effect ?? 0, 1);
    }
  });
});

test('what was learned without context is kept when the first number comes', () => {
  const predictor = createPredictor();
  for (let i = 0; i < 2_000; i++)
    predictor.observe({ at: START + i * TICK, demand: 10 + 5 * Math.sin(i / 50) });
  const before = predictor.accuracy();
  const at = START + 2_000 * TICK;
  const effects = predictor.features(5 * MINUTE).map(({ name }) => name);
  predictor.observe({ at, demand: 10 + 5 * Math.sin(40), context: { latencyMs: 3 } });
  expect(predictor.accuracy()).toEqual(before);
  expect(predictor.features(5 * MINUTE).map(({ name }) => name)).toEqual([
    ...effects,
    'latencyMs, within 10 minutes',
    'latencyMs, 10 minutes to an hour',
    'latencyMs, 1 to 12 hours',
  ]);
});

test('eight numbers are looked at, and only finite ones', () => {
  const numbers = new ContextNumbers();
  numbers.add({ broken: Number.NaN, endless: Number.POSITIVE_INFINITY }, 0);
  expect(numbers.names).toEqual([]);
  numbers.add(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`n${i}`, i])), 0);
  expect(numbers.names).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7']);
});

test('distances are in standard deviations, and 0 where a number is not known', () => {
  const random = new Random(1);
  const numbers = new ContextNumbers();
  for (let i = 0; i < 20_000; i++) numbers.add({ big: 1e6 + 1e5 * random.next(), still: 7 }, TICK);
  numbers.add({ big: 1.1e6, still: 7 }, TICK);
  const features = new Float32Array(6);
  numbers.write(features, 0);
  // The highest of even numbers from 0 to 1 is √3 deviations above the middle.
  expect((features[0] as number) + (features[1] as number) + (features[2] as number)).toBeCloseTo(1.73, 0);
  expect([...features.slice(3)]).toEqual([0, 0, 0]);
  numbers.forget();
  numbers.write(features, 0);
  expect([...features].slice(0, 1)).toEqual([0]);
});
