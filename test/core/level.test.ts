import { expect, test } from 'vitest';
import { Level } from '../../src/core/level.ts';
import { Random } from '../../src/testing/random.ts';

/** Standard normal noise, the same in every run. */
function noise(seed: number): () => number {
  const source = new Random(seed);
  const random = (): number => source.next();
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function errorOf(level: Level, noiseOf: number, loadAt: (tick: number) => number, seed = 1): number {
  const draw = noise(seed);
  let error = 0;
  for (let tick = 0; tick < 2_000; tick++) {
    level.add(loadAt(tick) + noiseOf * draw(), 15_000);
    if (tick >= 1_000) error += Math.abs(level.value - loadAt(tick)) / 1_000;
  }
  return error;
}

test('noise around a steady load is smoothed to a fraction', () => {
  expect(errorOf(new Level(), 6, () => 40)).toBeLessThan(1.2);
});

test('a load that moves with little noise is followed closely', () => {
  expect(errorOf(new Level(), 0.5, (tick) => 40 + 20 * Math.sin(tick / 20))).toBeLessThan(0.9);
});

test('a jump is followed at once, whatever was smoothed before', () => {
  const level = new Level();
  const draw = noise(2);
  for (let tick = 0; tick < 500; tick++) level.add(40 + 3 * draw(), 15_000);
  expect(level.add(100, 15_000)).toBe(100);
});
