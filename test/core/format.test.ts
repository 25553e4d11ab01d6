import { expect, it } from 'vitest';
import { duration, figure, percent, workers } from '../../src/core/format.ts';

it.each([
  [figure(6.24), '6.2'],
  [figure(8), '8'],
  [figure(0.04), '0'],
  [percent(0.8), '80%'],
  [percent(1.549), '155%'],
  [percent(0.015), '1.5%'],
  [percent(0), '0%'],
  [duration(250), '250 ms'],
  [duration(1500), '1.5 s'],
  [duration(90_000), '90 s'],
  [duration(600_000), '10 min'],
  [duration(7_200_000), '2 h'],
  [workers(1), '1 worker'],
  [workers(8), '8 workers'],
  [workers(0), '0 workers'],
])('%s is written %s', (written, expected) => {
  expect(written).toBe(expected);
});
