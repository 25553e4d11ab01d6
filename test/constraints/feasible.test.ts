import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { account } from '../../src/constraints/account.ts';
import { bounds } from '../../src/constraints/bounds.ts';
import { budget } from '../../src/constraints/budget.ts';
import { type Claim, claimOf, type PoolTerms } from '../../src/constraints/claim.ts';
import { feasible } from '../../src/constraints/feasible.ts';
import { beginPlan, type Plan } from '../../src/core/plan.ts';
import { needOf, type ResourceGuard, type Supply } from '../../src/core/resources.ts';
import type { PoolView } from '../../src/core/view.ts';
import { evaluateFeasibility } from '../../src/guards/evaluate-feasibility.ts';
import { quotaGuard, unlimited } from '../../src/guards/guards.ts';
import { createView } from '../../src/testing/create-view.ts';

const wish = (size: number): Plan => beginPlan({ kind: 'target', size, reason: 'a wish' });
const quota = quotaGuard({ maxMemoryBytes: 1000, emergencyReserveRatio: 0.1 });
const memory = (used: number): { supplies: Supply[] } => ({
  supplies: [{ resource: 'memory', total: 1000, used, reserve: 100, by: 'maxMemoryBytes' }],
});
const terms: PoolTerms = { needs: { memoryBytes: 100 } };

describe('feasible', () => {
  it('cuts a growth to what fits and says why', () => {
    const plan = wish(9);
    const answer = feasible(plan, createView({ size: 4 }), quota, memory(700), terms, false);
    expect(answer).toMatchObject({ feasible: false, limiting: 'memory', alternative: { to: 6 } });
    expect(plan).toEqual({
      size: 6,
      adjustments: [
        {
          by: 'feasible',
          code: 'resources',
          from: 9,
          to: 6,
          reason:
            '5 more need 500 B of memory (100 B each), 200 B free of 1000 B (maxMemoryBytes), 100 B kept for emergencies: 2 fit',
        },
      ],
    });
  });

  it('leaves alone what shrinks or stays: there is no question to the guard', () => {
    const plan = wish(2);
    expect(feasible(plan, createView({ size: 4 }), quota, memory(5000), terms, false)).toBeUndefined();
    expect(plan.size).toBe(2);
  });

  it('never cuts below what runs, whatever a guard answers', () => {
    const odd = (to: number): ResourceGuard => ({
      sense: () => ({ supplies: [] }),
      judge: (request) => ({
        feasible: false,
        request,
        resources: [],
        limiting: 'cpu',
        alternative: { kind: 'fewer', to },
        reason: 'odd',
      }),
    });
    for (const to of [-3, 0, Number.NaN, 4, 5.5, 99]) {
      const plan = wish(9);
      feasible(plan, createView({ size: 4 }), odd(to), memory(0), terms, false);
      expect(plan.size).toBe(to === 5.5 ? 5 : to === 99 ? 9 : 4);
    }
  });

  it('asks with the needs, and with what an optimisation may win', () => {
    const view = createView({ size: 4 });
    const answer = feasible(wish(5), view, quota, memory(950), { ...terms, expectedGainRatio: 0.25 }, false);
    expect(answer).toMatchObject({
      alternative: { kind: 'optimize', resource: 'memory', expectedGain: 100 },
    });
    expect(feasible(wish(500), view, unlimited, memory(0), {}, false)).toMatchObject({ feasible: true });
  });
});

describe('account', () => {
  const claim = (given: Partial<Claim>): Claim => ({
    ...claimOf(wish(4), createView({ size: 4 }), terms, false),
    ...given,
  });

  it('counts all workers where nothing is measured, and those on their way where it is', () => {
    const claims = [claim({ current: 4, starting: 1, draining: 2 }), claim({ current: 1, starting: 0 })];
    const supplies: Supply[] = [
      { resource: 'memory', total: 1000, by: 'maxMemoryBytes' },
      { resource: 'memory', total: 1000, used: 500, by: 'cgroup' },
      { resource: 'workers', total: 10, by: 'maxTotalWorkers' },
    ];
    expect(account({ supplies }, claims).supplies.map(({ used }) => used)).toEqual([700, 600, 7]);
  });
});

describe('budget', () => {
  it('cuts plans, and tells a budget from a resource that is short', () => {
    const views = [createView({ size: 4 }), createView({ size: 4 })];
    const plans = [wish(9), wish(4)];
    const claims = plans.map((plan, i) => claimOf(plan, views[i] as PoolView, terms, false));
    budget(plans, claims, {
      guard: [],
      budget: [{ resource: 'workers', total: 10, by: 'budget.maxWorkers' }],
    });
    expect(plans.map(({ size }) => size)).toEqual([6, 4]);
    expect(plans[0]?.adjustments).toEqual([
      {
        by: 'budget',
        code: 'budget',
        from: 9,
        to: 6,
        reason: '2 of 5 more fit: 10 workers in all (budget.maxWorkers), shared by all pools',
      },
    ]);

    const again = [wish(9), wish(4)];
    budget(again, claims, {
      guard: [{ resource: 'memory', total: 1000, used: 700, by: 'cgroup' }],
      budget: [],
    });
    expect(again[0]?.adjustments).toMatchObject([
      {
        code: 'resources',
        to: 7,
        reason: '3 of 5 more fit at 100 B each: 1000 B of memory in all (cgroup), shared by all pools',
      },
    ]);
  });

  it('says that running workers are called back, and for whom', () => {
    const plans = [wish(9), wish(3)];
    const views = [createView({ size: 9 }), createView({ size: 1 })];
    const claims = plans.map((plan, i) =>
      claimOf(plan, views[i] as PoolView, { share: { guaranteedWorkers: 3 } }, false),
    );
    budget(plans, claims, {
      guard: [],
      budget: [{ resource: 'workers', total: 10, by: 'budget.maxWorkers' }],
    });
    expect(plans.map(({ size }) => size)).toEqual([7, 1]);
    expect(plans[0]?.adjustments[0]?.reason).toBe(
      '10 workers in all (budget.maxWorkers): 2 workers are called back for pools that come first',
    );
  });
});

const fleet = fc.array(
  fc.record({
    size: fc.nat(10),
    starting: fc.nat(3),
    draining: fc.nat(3),
    minWorkers: fc.nat(2),
    maxWorkers: fc.integer({ min: 2, max: 20 }),
    wished: fc.nat(40),
    emergency: fc.boolean(),
    memoryBytes: fc.integer({ min: 1, max: 20 }),
    priority: fc.nat(2),
    quality: fc.constantFrom('full' as const, 'stale' as const),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('an emergency', () => {
  it('breaks neither bounds, nor guard, nor budget', () => {
    fc.assert(
      fc.property(fleet, fc.nat(400), fc.nat(60), fc.nat(60), (pools, measured, used, seats) => {
        const guard: ResourceGuard = { sense: () => ({ supplies: [] }), judge: evaluateFeasibility };
        const sensed: Supply[] = [
          { resource: 'memory', total: measured + 20, used, reserve: measured / 10, by: 'cgroup' },
          { resource: 'memory', total: 300, reserve: 30, by: 'maxMemoryBytes' },
        ];
        const seatsInAll: Supply = { resource: 'workers', total: seats + 1, by: 'budget.maxWorkers' };
        const views = pools.map(({ size, starting, draining, minWorkers, maxWorkers, quality }) =>
          createView({ size, starting: Math.min(size, starting), draining, minWorkers, maxWorkers, quality }),
        );
        const plans = pools.map(({ wished }) => wish(wished));
        const needs = pools.map(({ memoryBytes, priority }) => ({
          needs: { memoryBytes },
          share: { priority },
        }));
        const claim = (i: number): Claim =>
          claimOf(plans[i] as Plan, views[i] as PoolView, needs[i] ?? {}, pools[i]?.emergency === true);

        for (const [i, plan] of plans.entries()) bounds(plan, views[i] as PoolView);
        const capacity = account(
          { supplies: sensed },
          pools.map((_, i) => claim(i)),
        );
        for (const [i, plan] of plans.entries()) {
          feasible(plan, views[i] as PoolView, guard, capacity, needs[i] ?? {}, pools[i]?.emergency === true);
        }
        const claims = pools.map((_, i) => claim(i));
        budget(plans, claims, { guard: sensed, budget: [seatsInAll] });

        const grown = (i: number): number =>
          Math.max(0, (plans[i] as Plan).size - (claims[i] as Claim).current);
        for (const [i, plan] of plans.entries()) {
          const { maxWorkers, size } = views[i] as PoolView;
          expect(plan.size).toBeLessThanOrEqual(Math.max(maxWorkers, size));
        }
        for (const supply of [...sensed, seatsInAll]) {
          const need = (i: number): number => needOf(supply.resource, (claims[i] as Claim).needs);
          const added = claims.reduce((sum, _, i) => sum + need(i) * grown(i), 0);
          if (added === 0) continue;
          const there = account({ supplies: [supply] }, claims).supplies[0]?.used ?? 0;
          expect(there + added).toBeLessThanOrEqual(supply.total + 1e-6);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
