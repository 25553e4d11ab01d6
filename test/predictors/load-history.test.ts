import { expect, test } from 'vitest';
import { LoadHistory } from '../../src/predictors/load-history.ts';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const daysBefore = (time: number, days: number): number => time - days * DAY;

/** One sample every 15 s from `from` to `to`. */
function fill(history: LoadHistory, from: number, to: number, load: (time: number) => number): void {
  for (let time = from; time < to; time += 15_000) history.add(time, load(time));
}

test('gives back what was, between the middles of minutes', () => {
  const history = new LoadHistory();
  fill(history, 0, 60 * MINUTE, (time) => time / MINUTE);
  expect(history.recent(30 * MINUTE)).toBeCloseTo(30, 0);
  expect(history.past(30 * MINUTE)).toBeCloseTo(30, 0);
  expect(history.recent(59.9 * MINUTE)).toBeNaN();
  expect(history.recent(-MINUTE)).toBeNaN();
});

test('any load keeps four digits', () => {
  const history = new LoadHistory();
  const loads = [0, 0.01, 0.5, 1, 7.123, 40, 812.3, 1e6];
  loads.forEach((load, i) => {
    for (const half of [0, 1]) history.add((2 * i + half) * MINUTE, load);
  });
  history.add(2 * loads.length * MINUTE, 0);
  loads.forEach((load, i) => {
    const kept = history.recent((2 * i + 1) * MINUTE);
    expect(Math.abs(kept - load)).toBeLessThanOrEqual(0.0005 * load + 0.0001);
  });
});

test('a gap is not known, and what is older than the ring is forgotten', () => {
  const history = new LoadHistory();
  fill(history, 0, 10 * MINUTE, () => 5);
  fill(history, 20 * MINUTE, 50 * MINUTE, () => 7);
  expect(history.recent(5 * MINUTE)).toBeCloseTo(5, 2);
  expect(history.recent(15 * MINUTE)).toBeNaN();
  expect(history.recent(25 * MINUTE)).toBeCloseTo(7, 2);
  fill(history, 9 * DAY, 9 * DAY + 10 * MINUTE, () => 1);
  expect(history.recent(25 * MINUTE)).toBeNaN();
  expect(history.past(35 * MINUTE)).toBeCloseTo(7, 2);
});

test('values of every five minutes, as imports have them, are joined by lines', () => {
  const history = new LoadHistory();
  for (let time = 0; time <= 2 * DAY; time += 5 * MINUTE) history.add(time, 10 + time / DAY);
  expect(history.recent(1.5 * DAY)).toBeCloseTo(11.5, 2);
  expect(history.minute(1.5 * DAY + 2 * MINUTE)).toBeCloseTo(11.5, 2);
});

test('a clock that runs back tears no hole', () => {
  const history = new LoadHistory();
  fill(history, 0, 20 * MINUTE, () => 5);
  fill(history, 10 * MINUTE, 30 * MINUTE, () => 5);
  expect(history.recent(15 * MINUTE)).toBeCloseTo(5, 2);
  expect(history.recent(25 * MINUTE)).toBeCloseTo(5, 2);
});

test('a rise counts as usual when most of the last days had it', () => {
  const jumpsAt9 = (time: number): number =>
    time % DAY >= 540 * MINUTE && time % DAY < 560 * MINUTE ? 30 : 10;
  const history = new LoadHistory();
  fill(history, 0, 4 * DAY + 537 * MINUTE, jumpsAt9);
  const rises = new Float32Array(6);
  history.usualRises(rises, 4 * DAY + 537 * MINUTE, daysBefore);
  expect([...rises].map(Math.round)).toEqual([0, 0, 10, 20, 20, 20]);
  history.usualRises(rises, 4 * DAY + 500 * MINUTE, daysBefore);
  expect(rises[5]).toBeCloseTo(0, 1);

  const once = new LoadHistory();
  fill(once, 0, 4 * DAY + 537 * MINUTE, (time) => (time < DAY ? jumpsAt9(time) : 10));
  once.usualRises(rises, 4 * DAY + 537 * MINUTE, daysBefore);
  expect(rises[5]).toBeCloseTo(0, 1);
});

test('is the same after it was saved and restored', () => {
  const history = new LoadHistory();
  fill(history, 0, 2 * DAY, (time) => 10 + 5 * Math.sin(time / DAY));
  const restored = new LoadHistory();
  restored.restore(JSON.parse(JSON.stringify(history.save())));
  for (const time of [0.3 * DAY, DAY, 1.9 * DAY]) {
    expect(restored.recent(time)).toBe(history.recent(time));
    expect(restored.past(time)).toBe(history.past(time));
  }
});
