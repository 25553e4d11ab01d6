import { describe, expect, it } from 'vitest';
import type { PoolTerms } from '../../src/constraints/claim.ts';
import { type Shared, type Sharer, shareOut } from '../../src/constraints/share-out.ts';
import { beginPlan } from '../../src/core/plan.ts';
import type { ResourceGuard } from '../../src/core/resources.ts';
import { quotaGuard } from '../../src/guards/guards.ts';
import { createView } from '../../src/testing/create-view.ts';

const MB = 2 ** 20;
const sharer = (size: number, wish: number, terms: PoolTerms = {}, emergency = false): Sharer => ({
  plan: beginPlan({ kind: 'target', size: wish, reason: 'a wish' }),
  view: createView({ size }),
  terms,
  emergency,
});
const sizes = (pools: readonly Sharer[], shared: Shared): number[] => {
  shareOut(pools, shared);
  return pools.map(({ plan }) => plan.size);
};

describe('shareOut', () => {
  const guard = quotaGuard({ maxMemoryBytes: 512 * MB, emergencyReserveRatio: 0 });
  const capacity = { supplies: [{ resource: 'memory' as const, total: 512 * MB, by: 'maxMemoryBytes' }] };
  const terms: PoolTerms = { needs: { memoryBytes: 64 * MB } };

  it('does nothing where nothing is shared', () => {
    expect(sizes([sharer(4, 400), sharer(4, 0)], { budget: [] })).toEqual([400, 0]);
  });

  it('lets two pools that each would fit alone take no more together', () => {
    const pools = [sharer(1, 6, terms), sharer(1, 6, terms)];
    expect(sizes(pools, { guard, capacity, budget: [] })).toEqual([4, 4]);
    expect(pools[0]?.plan.adjustments.map(({ by, code }) => [by, code])).toEqual([['budget', 'resources']]);
  });

  it('gives the guard’s answer for each pool that wants to grow', () => {
    const verdicts = shareOut([sharer(4, 9, terms), sharer(1, 1, terms)], { guard, capacity, budget: [] });
    expect(verdicts).toMatchObject([{ feasibility: { feasible: false, alternative: { to: 7 } } }, {}]);
  });

  it('lets no pool grow on a guard that fails, and the loop goes on', () => {
    const broken: ResourceGuard = {
      sense: () => capacity,
      judge: () => {
        throw new Error('no answer');
      },
    };
    const pools = [sharer(4, 9, terms), sharer(4, 2, terms)];
    const verdicts = shareOut(pools, { guard: broken, capacity, budget: [] });
    expect(pools.map(({ plan }) => plan.size)).toEqual([4, 2]);
    expect(verdicts).toEqual([{ failure: 'the resource guard failed: no answer' }, {}]);
  });

  it('shares the budget where no guard is set', () => {
    const budget = [{ resource: 'cost' as const, total: 1, by: 'budget.maxCostPerHour' }];
    expect(
      sizes([sharer(4, 9, { costPerHour: 0.1 }), sharer(3, 3, { costPerHour: 0.1 })], { budget }),
    ).toEqual([7, 3]);
  });
});
