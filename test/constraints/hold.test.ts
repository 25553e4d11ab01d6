import { describe, expect, it } from 'vitest';
import { hold } from '../../src/constraints/hold.ts';
import type { HoldRules } from '../../src/policies/policy.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';

const none: HoldRules = {
  upToleranceRatio: 0,
  downToleranceRatio: 0,
  upCooldownMs: 0,
  downCooldownMs: 0,
  upStabilizationMs: 0,
  downStabilizationMs: 0,
  reversalsPerHour: 6,
};

const trim = (from: number, to: number, rules: Partial<HoldRules>, view: ViewOptions = {}) => {
  const plan = { size: to, adjustments: [] as { code: string; reason: string }[] };
  hold(plan as never, createView({ size: from, ready: from, ...view }), { ...none, ...rules });
  return {
    size: plan.size,
    codes: plan.adjustments.map(({ code }) => code),
    reasons: plan.adjustments.map((a) => a.reason),
  };
};

describe('hold: tolerance', () => {
  it.each([
    ['up', 20, 21, 20],
    ['up', 20, 22, 22],
    ['down', 20, 19, 20],
    ['down', 20, 18, 18],
    ['down, the last worker', 1, 0, 0],
  ])('%s: 10% of %i does not move to %i at once', (_, from, to, expected) => {
    expect(trim(from, to, { upToleranceRatio: 0.1, downToleranceRatio: 0.1 }).size).toBe(expected);
  });
});

describe('hold: cooldowns', () => {
  it('lets no scale-up follow a scale-up too soon', () => {
    const held = trim(4, 6, { upCooldownMs: 60_000 }, { pace: { sinceUpMs: 20_000 } });
    expect(held).toMatchObject({ size: 4, codes: ['cooldown'] });
    expect(held.reasons).toEqual(['cooldown: no scale-up for another 40 s of 60 s']);
    expect(trim(4, 6, { upCooldownMs: 60_000 }, { pace: { sinceUpMs: 60_000 } }).size).toBe(6);
  });

  it('lets a scale-up follow a scale-down at once', () => {
    expect(trim(4, 6, { upCooldownMs: 60_000 }, { pace: { sinceDownMs: 1_000 } }).size).toBe(6);
  });

  it('lets no scale-down follow any change too soon', () => {
    const rules = { downCooldownMs: 60_000 };
    expect(trim(6, 4, rules, { pace: { sinceUpMs: 20_000, sinceDownMs: 500_000 } }).size).toBe(6);
    expect(trim(6, 4, rules, { pace: { sinceUpMs: 500_000, sinceDownMs: 20_000 } }).size).toBe(6);
    expect(trim(6, 4, rules, { pace: { sinceUpMs: 500_000, sinceDownMs: 61_000 } }).size).toBe(4);
  });

  it('does not hold a pool at zero while work waits', () => {
    const view = { queued: 3, busy: 0, pace: { sinceUpMs: 1_000, wantedMin: 0 } };
    expect(trim(0, 2, { upCooldownMs: 60_000, upStabilizationMs: 60_000 }, view).size).toBe(2);
  });
});

describe('hold: stabilisation', () => {
  it('goes down only to the most that was wanted lately', () => {
    const view = { pace: { wantedMax: 7 } };
    expect(trim(10, 3, { downStabilizationMs: 300_000 }, view)).toEqual({
      size: 7,
      codes: ['stabilizing'],
      reasons: ['7 was needed within the last 300 s'],
    });
  });

  it('does not turn a wish to shrink into growth', () => {
    expect(trim(10, 3, { downStabilizationMs: 300_000 }, { pace: { wantedMax: 14 } }).size).toBe(10);
  });

  it('goes up only to the least that was wanted lately', () => {
    expect(trim(4, 9, { upStabilizationMs: 30_000 }, { pace: { wantedMin: 6 } }).size).toBe(6);
    expect(trim(4, 9, { upStabilizationMs: 30_000 }, { pace: { wantedMin: 2 } }).size).toBe(4);
  });
});

describe('hold: the flap budget', () => {
  const after = (reversalsLastHour: number, sinceUpMs: number, lastDirection: 'up' | 'down' = 'up') =>
    trim(6, 4, { reversalsPerHour: 6 }, { pace: { reversalsLastHour, sinceUpMs, lastDirection } });

  it('is free at first', () => {
    expect(after(0, 0).size).toBe(4);
  });

  it('damps a scale-down after a scale-up more and more: 2 minutes for each reversal spent', () => {
    expect(after(1, 110_000)).toMatchObject({ size: 6, codes: ['flap-damped'] });
    expect(after(1, 120_000).size).toBe(4);
    expect(after(4, 470_000).size).toBe(6);
    expect(after(4, 480_000).size).toBe(4);
  });

  it('damps less where workers start fast: 2 s a start, ticks of 1 s, 2 of 5 reversals spent: 12 s', () => {
    const quick = (sinceUpMs: number) =>
      trim(
        6,
        4,
        { reversalsPerHour: 6 },
        {
          intervalMs: 1_000,
          startup: { p50Ms: 1_000, p90Ms: 2_000 },
          pace: { reversalsLastHour: 2, sinceUpMs, lastDirection: 'up' },
        },
      ).size;
    expect([quick(11_000), quick(12_000)]).toEqual([6, 4]);
  });

  it('leaves the last reversal to the scale-up that may have to follow', () => {
    expect(after(5, 3_000_000)).toMatchObject({ size: 6, codes: ['flap-damped'] });
  });

  it('does not count a further step down', () => {
    expect(after(5, 60_000, 'down').size).toBe(4);
  });

  it('never damps a scale-up', () => {
    expect(trim(4, 6, {}, { pace: { reversalsLastHour: 6, lastDirection: 'down' } }).size).toBe(6);
  });
});

describe('hold: what is not seen is not shrunk', () => {
  it.each([
    ['partial', 4, 'partial-reading'],
    ['stale', 4, 'unobserved'],
    ['none', 4, 'unobserved'],
  ] as const)('%s readings', (quality, to, code) => {
    expect(trim(10, to, {}, { quality, ageMs: 30_000 })).toMatchObject({ size: 10, codes: [code] });
  });

  it('a partial reading may grow the pool', () => {
    expect(trim(10, 14, {}, { quality: 'partial' }).size).toBe(14);
  });

  it.each([
    [0, 15],
    [15 * 60_000, 13],
    [30 * 60_000, 10],
    [5 * 3_600_000, 10],
  ])('after %i ms without an observation, 10 workers grow to %i at most', (ageMs, most) => {
    expect(trim(10, 40, {}, { quality: 'stale', ageMs }).size).toBe(most);
  });

  it('a pool that was never seen does not grow', () => {
    expect(trim(0, 5, {}, { quality: 'none' }).size).toBe(0);
  });
});

describe('hold: scale-ups without effect', () => {
  it('stops after two in a row', () => {
    expect(trim(10, 14, {}, { pace: { ineffectiveUps: 1 } }).size).toBe(14);
    expect(trim(10, 14, {}, { pace: { ineffectiveUps: 2 } })).toMatchObject({
      size: 10,
      codes: ['ineffective'],
    });
  });
});
