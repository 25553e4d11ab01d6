import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CountWindow } from '../../src/core/count-window.ts';

describe('a window of counts', () => {
  test('spans as much as was asked for, and no whole interval more', () => {
    const interval = fc.record({ ms: fc.integer({ min: 1, max: 500 }), count: fc.nat(20) });
    fc.assert(
      fc.property(
        fc.array(interval, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 5_000 }),
        (all, asked) => {
          const window = new CountWindow();
          for (const { ms, count } of all) window.add(ms, count, asked);
          let ms = 0;
          let count = 0;
          let taken = 0;
          while (taken < all.length && ms < asked) {
            taken++;
            ms += all[all.length - taken]?.ms ?? 0;
            count += all[all.length - taken]?.count ?? 0;
          }
          expect([window.spanMs, window.count, window.hasMoved]).toEqual([ms, count, taken < all.length]);
        },
      ),
    );
  });

  test('is empty after it was cleared', () => {
    const window = new CountWindow();
    window.add(100, 3, 1_000);
    expect(window.isEmpty).toBe(false);
    window.clear();
    expect([window.isEmpty, window.spanMs, window.count]).toEqual([true, 0, 0]);
  });
});
