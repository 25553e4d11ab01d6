import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ring, SlidingMax } from '../../src/core/history.ts';

test('a ring keeps the newest values, oldest first', () => {
  const ring = new Ring(3);
  for (const value of [1, 2, 3, 4]) ring.push(value);
  expect(ring.toArray()).toEqual([2, 3, 4]);
  expect(ring.ago(0)).toBe(4);
  expect(ring.ago(2)).toBe(2);
  expect(ring.ago(3)).toBeUndefined();
});

test('a sliding maximum equals the maximum of the window, whatever comes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gap: fc.integer({ min: 0, max: 40 }), value: fc.integer({ min: 0, max: 99 }) })),
      (steps) => {
        const max = new SlidingMax();
        const seen: { time: number; value: number }[] = [];
        let time = 0;
        for (const { gap, value } of steps) {
          time += gap;
          seen.push({ time, value });
          const window = seen.filter((s) => s.time >= time - 100).map((s) => s.value);
          expect(max.push(time, value, 100)).toBe(Math.max(...window));
        }
      },
    ),
  );
});

test('a sliding maximum keeps to its memory and forgets no maximum early', () => {
  const max = new SlidingMax(4);
  for (let i = 0; i < 10; i++) expect(max.push(i, 100 - i, 1_000)).toBe(100);
  // 97 stands for all that came after it: known for a little longer than it should be, never shorter.
  expect(max.push(1_004, 1, 1_000)).toBe(97);
  expect(max.push(2_005, 1, 1_000)).toBe(1);
});
