import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PaceMeter } from '../../src/constraints/pace-meter.ts';
import { WindowExtreme } from '../../src/constraints/window-extreme.ts';
import type { HoldRules, PaceRules } from '../../src/policies/policy.ts';

const MINUTE = 60_000;
const hold: HoldRules = {
  upToleranceRatio: 0,
  downToleranceRatio: 0,
  upCooldownMs: 0,
  downCooldownMs: 0,
  upStabilizationMs: 0,
  downStabilizationMs: 10 * MINUTE,
  reversalsPerHour: 6,
};
const pace: PaceRules = { up: { workers: 4, periodMs: MINUTE }, down: { workers: 2, periodMs: 5 * MINUTE } };

describe('PaceMeter', () => {
  it('remembers nothing at first', () => {
    expect(new PaceMeter(pace, hold).recall(0, 0)).toEqual({
      watchedMs: 0,
      reversalsLastHour: 0,
      addedInPeriod: 0,
      removedInPeriod: 0,
      ineffectiveUps: 0,
    });
  });

  it('counts what the running periods used, up and down apart', () => {
    const meter = new PaceMeter(pace, hold);
    meter.change(10, 8, 0);
    meter.change(8, 11, 30_000);
    expect(meter.recall(40_000, 0)).toMatchObject({
      addedInPeriod: 3,
      removedInPeriod: 2,
      sinceUpMs: 10_000,
    });
    expect(meter.recall(95_000, 0)).toMatchObject({
      addedInPeriod: 0,
      removedInPeriod: 2,
      sinceDownMs: 95_000,
    });
    expect(meter.recall(6 * MINUTE, 0)).toMatchObject({ addedInPeriod: 0, removedInPeriod: 0 });
  });

  it('counts reversals of the last hour, not steps in one direction', () => {
    const meter = new PaceMeter(pace, hold);
    meter.change(1, 2, 0);
    meter.change(2, 3, MINUTE);
    meter.change(3, 2, 2 * MINUTE);
    meter.change(2, 4, 3 * MINUTE);
    expect(meter.recall(4 * MINUTE, 0).reversalsLastHour).toBe(2);
    expect(meter.recall(62.5 * MINUTE, 0).reversalsLastHour).toBe(1);
    expect(meter.recall(64 * MINUTE, 0).reversalsLastHour).toBe(0);
  });

  it('remembers since when the pool was watched', () => {
    const meter = new PaceMeter(pace, hold);
    meter.want(4, MINUTE);
    meter.want(4, 2 * MINUTE);
    expect(meter.recall(5 * MINUTE, 0).watchedMs).toBe(4 * MINUTE);
  });

  it('remembers the most that was wanted within the window', () => {
    const meter = new PaceMeter(pace, hold);
    meter.want(9, 0);
    meter.want(4, 5 * MINUTE);
    expect(meter.recall(9 * MINUTE, 0).wantedMax).toBe(9);
    expect(meter.recall(11 * MINUTE, 0).wantedMax).toBe(4);
    expect(meter.recall(30 * MINUTE, 0).wantedMax).toBeUndefined();
  });
});

describe('what is past', () => {
  const changes = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 40 * MINUTE }), fc.integer({ min: -5, max: 5 })),
    { maxLength: 40 },
  );

  it('leaves another meter with the same memory', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: 90 * MINUTE }), (sequence, later) => {
        const meter = new PaceMeter(pace, hold);
        let now = 0;
        for (const [gap, by] of sequence) {
          now += gap;
          meter.change(10, 10 + by, now);
        }
        now += later;
        const other = new PaceMeter(pace, hold);
        other.change(1, 9, -5_000);
        // Its clock has another origin.
        other.restore(meter.past(now), now + 123_456);
        expect(other.recall(now + 123_456, 0)).toEqual(meter.recall(now, 0));
        expect(other.past(now + 123_456)).toEqual(meter.past(now));
      }),
    );
  });

  it('reaches back an hour and one change, and to the last one of either direction', () => {
    const meter = new PaceMeter(pace, hold);
    const sizes = [10, 8, 9, 10, 11, 12];
    sizes.forEach((size, i) => {
      if (i > 0) meter.change(Number(sizes[i - 1]), size, i * 30 * MINUTE);
    });
    expect(meter.past(150 * MINUTE)).toEqual([
      { agoMs: 120 * MINUTE, by: -1 },
      { agoMs: 60 * MINUTE, by: 1 },
      { agoMs: 30 * MINUTE, by: 1 },
      { agoMs: 0, by: 1 },
    ]);
  });
});

describe('WindowExtreme', () => {
  it('never forgets a value within the window, nor keeps one for more than a thirty-second longer', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 100 })), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (sequence) => {
        const window = new WindowExtreme(1_000, Math.max);
        let now = 0;
        const seen: { at: number; value: number }[] = [];
        for (const [gap, value] of sequence) {
          now += gap;
          window.add(value, now);
          seen.push({ at: now, value });
          const largest = (ms: number): number =>
            Math.max(...seen.filter(({ at }) => now - at <= ms).map((entry) => entry.value));
          expect(window.get(now)).toBeGreaterThanOrEqual(largest(1_000));
          expect(window.get(now)).toBeLessThanOrEqual(largest(1_000 + 1_000 / 32));
        }
      }),
    );
  });
});
