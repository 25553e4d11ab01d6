import { describe, expect, it } from 'vitest';
import { pace } from '../../src/constraints/pace.ts';
import type { PaceRules } from '../../src/policies/policy.ts';
import { createView } from '../../src/testing/create-view.ts';

const periodMs = 60_000;

describe('pace', () => {
  const trim = (from: number, to: number, rules: PaceRules, memory = {}) => {
    const plan = { size: to, adjustments: [] };
    pace(plan, createView({ size: from, ready: from, pace: memory }), rules);
    return plan;
  };

  it.each<[string, number, number, PaceRules, object, number]>([
    ['4 workers a minute', 10, 20, { up: { workers: 4, periodMs } }, {}, 14],
    [
      '4 workers a minute, 3 of them used',
      13,
      20,
      { up: { workers: 4, periodMs } },
      { addedInPeriod: 3 },
      14,
    ],
    ['4 workers a minute, all used', 14, 20, { up: { workers: 4, periodMs } }, { addedInPeriod: 4 }, 14],
    ['50% a minute', 10, 20, { up: { ratio: 0.5, periodMs } }, {}, 15],
    [
      '50% of the size at the begin of the minute',
      12,
      20,
      { up: { ratio: 0.5, periodMs } },
      { addedInPeriod: 2 },
      15,
    ],
    ['the larger of 2 workers and 100%', 10, 30, { up: { workers: 2, ratio: 1, periodMs } }, {}, 20],
    ['at least one worker, whatever the ratio', 1, 5, { up: { ratio: 0.1, periodMs } }, {}, 2],
    ['downwards apart', 10, 2, { up: { workers: 1, periodMs }, down: { workers: 3, periodMs } }, {}, 7],
    ['downwards, 2 used', 8, 2, { down: { workers: 3, periodMs } }, { removedInPeriod: 2 }, 7],
    ['no limit where none is set', 1, 40, {}, {}, 40],
    ['a limit without figures limits nothing', 1, 40, { up: { periodMs } }, {}, 40],
  ])('allows %s', (_, from, to, rules, memory, expected) => {
    expect(trim(from, to, rules, memory).size).toBe(expected);
  });

  it('says what was allowed and used', () => {
    expect(trim(13, 20, { up: { workers: 4, periodMs } }, { addedInPeriod: 3 }).adjustments).toMatchObject([
      {
        by: 'pace',
        code: 'step-limited',
        from: 20,
        to: 14,
        reason: 'pace allows 1 more up in 60 s, 3 of them used',
      },
    ]);
  });
});
