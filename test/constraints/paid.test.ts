import { describe, expect, it } from 'vitest';
import { paid } from '../../src/constraints/paid.ts';
import { beginPlan } from '../../src/core/plan.ts';
import { createView } from '../../src/testing/create-view.ts';

describe('paid', () => {
  it.each([
    ['keeps those whose hour has not ended', 4, 2, 8],
    ['lets those go whose hour ends', 8, 2, 8],
    ['lets all go where time is paid as used', 0, 10, 0],
    ['does not hinder growth', 14, 0, 14],
    ['keeps nobody who is not there', 4, 25, 4],
  ])('%s', (_, wanted, releasable, size) => {
    const plan = beginPlan({ kind: 'target', size: wanted, reason: 'a wish' });
    paid(plan, createView({ size: 10 }), releasable);
    expect(plan.size).toBe(size);
  });

  it('says so', () => {
    const plan = beginPlan({ kind: 'target', size: 4, reason: 'a wish' });
    paid(plan, createView({ size: 10 }), 2);
    expect(plan.adjustments).toEqual([
      {
        by: 'hold',
        code: 'paid',
        from: 4,
        to: 8,
        reason: '4 workers more could go, but their time is paid for',
      },
    ]);
  });
});
