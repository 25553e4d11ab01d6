import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Allotment, allot } from '../../src/constraints/allot.ts';
import type { Claim } from '../../src/constraints/claim.ts';
import { needOf, type Supply } from '../../src/core/resources.ts';

const claim = (given: Partial<Claim> = {}): Claim => ({
  pool: 'pool',
  current: 0,
  starting: 0,
  draining: 0,
  wanted: 0,
  guaranteed: 1,
  priority: 0,
  weight: 1,
  emergency: false,
  held: false,
  needs: {},
  costPerHour: 0,
  demand: given.wanted ?? 0,
  spread: 0,
  ...given,
});

const seats = (total: number, more: Partial<Supply> = {}): Supply => ({
  resource: 'workers',
  total,
  by: 'budget.maxWorkers',
  ...more,
});

const sizes = (claims: readonly Claim[], ...supplies: Supply[]): number[] =>
  allot(claims, supplies).map(({ size }) => size);

/** The same pools a tick later: what was granted runs, what was told to leave has gone. */
const later = (claims: readonly Claim[], granted: readonly Allotment[]): Claim[] =>
  claims.map((one, i) => ({ ...one, current: granted[i]?.size ?? 0, draining: 0, starting: 0 }));

describe('allot', () => {
  it('gives everybody everything where it fits', () => {
    const claims = [claim({ current: 2, wanted: 6 }), claim({ current: 9, wanted: 4 })];
    expect(sizes(claims, seats(15))).toEqual([6, 4]);
  });

  it('serves the higher priority first, and never throws running workers out for it', () => {
    const claims = [claim({ current: 6, wanted: 8 }), claim({ current: 1, wanted: 8, priority: 1 })];
    expect(sizes(claims, seats(10))).toEqual([6, 4]);
  });

  it('gives the next worker to the pool in which it prevents more late work', () => {
    const short = claim({ current: 4, wanted: 12, demand: 12 });
    const comfortable = claim({ current: 4, wanted: 12, demand: 4 });
    expect(sizes([comfortable, short], seats(14))).toEqual([4, 10]);
  });

  it('shares by weight among equals', () => {
    const equal = { wanted: 90, demand: 90, guaranteed: 0 };
    const claims = [claim(equal), claim({ ...equal, weight: 2 }), claim(equal)];
    expect(sizes(claims, seats(40))).toEqual([10, 20, 10]);
  });

  it('lends a guaranteed share that is not needed, and calls it back when it is', () => {
    const lent = [
      claim({ current: 9, wanted: 10, priority: 5 }),
      claim({ current: 1, wanted: 1, guaranteed: 4 }),
    ];
    expect(sizes(lent, seats(10))).toEqual([9, 1]);

    const needed = [lent[0] as Claim, claim({ current: 1, wanted: 6, guaranteed: 4 })];
    const first = allot(needed, [seats(10)]);
    expect(first.map(({ size }) => size)).toEqual([6, 1]); // the seats are free when their workers have gone
    expect(sizes(later(needed, first), seats(10))).toEqual([6, 4]);
  });

  it('hands a seat on when its worker has gone, not when it is told to go', () => {
    const claims = [claim({ current: 8, wanted: 4, draining: 0 }), claim({ current: 2, wanted: 6 })];
    expect(sizes(claims, seats(10))).toEqual([4, 2]);
    const draining = [claim({ current: 4, wanted: 4, draining: 3 }), claim({ current: 2, wanted: 6 })];
    expect(sizes(draining, seats(10))).toEqual([4, 3]);
  });

  it('cuts what runs where the budget was cut: not guaranteed, low priority and worth least first', () => {
    const claims = [
      claim({ current: 8, wanted: 8, guaranteed: 3 }),
      claim({ current: 8, wanted: 8, guaranteed: 3, priority: 1 }),
    ];
    expect(sizes(claims, seats(12))).toEqual([4, 8]);
    expect(sizes(claims, seats(8))).toEqual([3, 5]);
  });

  it('takes nothing from a pool that is not seen', () => {
    const claims = [
      claim({ current: 8, wanted: 8, held: true }),
      claim({ current: 8, wanted: 8, priority: 1 }),
    ];
    expect(sizes(claims, seats(12))).toEqual([8, 4]);
  });

  it('lets emergencies, and only them, into the reserve', () => {
    const supply = seats(20, { reserve: 2 });
    const calm = claim({ current: 9, wanted: 20, demand: 20 });
    const alarmed = claim({ current: 8, wanted: 20, emergency: true });
    expect(sizes([calm, claim({ current: 8, wanted: 8 })], supply)).toEqual([10, 8]);
    expect(sizes([calm, alarmed], supply)).toEqual([9, 11]);
  });

  it('leaves the reserve to emergencies, also where guaranteed workers wait in vain', () => {
    const memory: Supply = { resource: 'memory', total: 1000, used: 900, reserve: 100, by: 'cgroup' };
    const needs = { memoryBytes: 50 };
    const waiting = claim({ current: 1, wanted: 6, guaranteed: 6, needs });
    expect(sizes([waiting, claim({ current: 1, wanted: 9, emergency: true, needs })], memory)).toEqual([
      1, 3,
    ]);
  });

  it('meets a guarantee although the seats beyond the reserve are lent out', () => {
    let claims = [claim({ current: 90, wanted: 95 }), claim({ current: 0, wanted: 10, guaranteed: 10 })];
    for (let tick = 0; tick < 3; tick++) claims = later(claims, allot(claims, [seats(100, { reserve: 10 })]));
    expect(claims.map(({ current }) => current)).toEqual([80, 10]);
  });

  it('does not let one short resource stop a pool that does not need it', () => {
    const claims = [
      claim({ current: 1, wanted: 9, needs: { memoryBytes: 100 } }),
      claim({ current: 1, wanted: 4, needs: { cpuCores: 1 } }),
    ];
    const memory: Supply = { resource: 'memory', total: 300, by: 'maxMemoryBytes' };
    const cpu: Supply = { resource: 'cpu', total: 8, by: 'maxCpuCores' };
    expect(sizes(claims, memory, cpu)).toEqual([3, 4]);
  });

  it('lets a pool whose worker can never fit stand in nobody’s way', () => {
    const claims = [
      claim({ current: 0, wanted: 9, needs: { memoryBytes: 900 }, priority: 1 }),
      claim({ current: 0, wanted: 9, needs: { memoryBytes: 100 } }),
    ];
    expect(sizes(claims, { resource: 'memory', total: 500, by: 'maxMemoryBytes' })).toEqual([0, 5]);
  });

  it('counts starting workers against measured memory, which does not show them yet', () => {
    const memory: Supply = { resource: 'memory', total: 1000, used: 500, by: 'cgroup' };
    const needs = { memoryBytes: 100 };
    expect(sizes([claim({ current: 4, wanted: 9, needs })], memory)).toEqual([9]);
    expect(sizes([claim({ current: 4, starting: 3, wanted: 9, needs })], memory)).toEqual([6]);
  });

  it('sends workers away before the kernel does, once for one shortage', () => {
    const memory: Supply = { resource: 'memory', total: 1000, used: 960, by: 'cgroup' };
    const needs = { memoryBytes: 50 };
    const [cut] = allot([claim({ current: 10, wanted: 12, needs })], [memory]);
    expect(cut).toMatchObject({ size: 8, pressure: expect.stringContaining('96% of the memory (cgroup)') });
    expect(sizes([claim({ current: 8, draining: 2, wanted: 12, needs })], memory)).toEqual([8]);
    expect(sizes([claim({ current: 10, wanted: 12, guaranteed: 10, needs })], memory)).toEqual([10]);
  });

  it('lets no pool of unknown needs grow while memory runs out, unless it is known to need none here', () => {
    const memory: Supply = { resource: 'memory', total: 1000, used: 960, by: 'cgroup' };
    expect(sizes([claim({ current: 3, wanted: 9 })], memory)).toEqual([3]);
    expect(sizes([claim({ current: 3, wanted: 9, needs: { memoryBytes: 0 } })], memory)).toEqual([9]);
    expect(sizes([claim({ current: 3, wanted: 9 })], { ...memory, used: 900 })).toEqual([9]);
  });
});

const anyClaim = fc.record({
  pool: fc.constant('pool'),
  current: fc.nat(12),
  starting: fc.constant(0),
  draining: fc.nat(3),
  wanted: fc.nat(20),
  guaranteed: fc.nat(4),
  priority: fc.nat(2),
  weight: fc.constantFrom(0.5, 1, 3),
  emergency: fc.boolean(),
  held: fc.constant(false),
  needs: fc.record({ memoryBytes: fc.nat(6), cpuCores: fc.constantFrom(0, 0.1, 0.3, 1) }),
  costPerHour: fc.constantFrom(0, 0.12, 0.4),
  demand: fc.nat(25),
  spread: fc.nat(5),
}) satisfies fc.Arbitrary<Claim>;

const claimList = fc.array(anyClaim, { minLength: 1, maxLength: 6 });
const totals = fc.record({ workers: fc.nat(70), memory: fc.nat(200), cpu: fc.nat(30), cost: fc.nat(12) });

type Totals = { workers: number; memory: number; cpu: number; cost: number };
const RESOURCES = ['workers', 'memory', 'cpu', 'cost'] as const;
/** At least one worker of each kind fits, see `allot`. */
const LEAST = { workers: 1, memory: 6, cpu: 1, cost: 1 };

const suppliesOf = (given: Totals, reserveRatio = 0): Supply[] =>
  RESOURCES.map((resource) => {
    const total = given[resource] + LEAST[resource];
    return { resource, total, reserve: reserveRatio * total, by: resource };
  });

const taken = (
  supply: Supply,
  claims: readonly Claim[],
  count: (claim: Claim, i: number) => number,
): number =>
  claims.reduce(
    (sum, one, i) => sum + needOf(supply.resource, one.needs, one.costPerHour) * count(one, i),
    0,
  );

const CASES = { numRuns: 10_000 };

describe('allot, whatever the pools and the budget', () => {
  it('exceeds nothing: neither in what it leaves running nor, while it adds, in what is there', () => {
    fc.assert(
      fc.property(claimList, totals, (claims, given) => {
        const supplies = suppliesOf(given);
        const granted = sizes(claims, ...supplies);
        for (const supply of supplies) {
          const limit = supply.total + 1e-6;
          expect(taken(supply, claims, (_, i) => granted[i] as number)).toBeLessThanOrEqual(limit);
          const before = taken(supply, claims, (one) => one.current + one.draining);
          const grown = taken(supply, claims, (one, i) => Math.max(0, (granted[i] as number) - one.current));
          if (grown > 0) expect(before + grown).toBeLessThanOrEqual(limit);
        }
      }),
      CASES,
    );
  });

  it('never gives more than is wanted, and cuts nobody while what runs and what is guaranteed fits', () => {
    fc.assert(
      fc.property(claimList, totals, (claims, given) => {
        const supplies = suppliesOf(given);
        const granted = sizes(claims, ...supplies);
        const roomy = supplies.every(
          (supply) => taken(supply, claims, (one) => Math.max(one.current, one.guaranteed)) <= supply.total,
        );
        for (const [i, one] of claims.entries()) {
          expect(granted[i]).toBeLessThanOrEqual(one.wanted);
          if (roomy) expect(granted[i]).toBeGreaterThanOrEqual(Math.min(one.current, one.wanted));
        }
      }),
      CASES,
    );
  });

  it('never gives a pool less when there is more', () => {
    fc.assert(
      fc.property(claimList, totals, totals, fc.constantFrom(0, 0.1), (claims, given, more, ratio) => {
        const larger: Totals = { ...given };
        for (const resource of RESOURCES) larger[resource] += more[resource];
        const less = sizes(claims, ...suppliesOf(given, ratio));
        const richer = sizes(claims, ...suppliesOf(larger, ratio));
        for (const i of claims.keys()) expect(richer[i]).toBeGreaterThanOrEqual(less[i] as number);
      }),
      CASES,
    );
  });

  it('meets every guaranteed share that is needed, as soon as those who borrowed it have gone', () => {
    fc.assert(
      fc.property(claimList, totals, (claims, given) => {
        const supplies = suppliesOf(given);
        const promised = (supply: Supply): number => taken(supply, claims, ({ guaranteed }) => guaranteed);
        fc.pre(supplies.every((supply) => promised(supply) <= supply.total));
        let now: Claim[] = claims;
        for (let tick = 0; tick < 2; tick++) now = later(now, allot(now, supplies));
        for (const one of now)
          expect(one.current).toBeGreaterThanOrEqual(Math.min(one.wanted, one.guaranteed));
      }),
      CASES,
    );
  });

  it('settles: with nothing new to be wanted, the third tick changes nothing', () => {
    fc.assert(
      fc.property(claimList, totals, (claims, given) => {
        const supplies = suppliesOf(given);
        let now: Claim[] = claims;
        for (let tick = 0; tick < 2; tick++) now = later(now, allot(now, supplies));
        expect(sizes(now, ...supplies)).toEqual(now.map(({ current }) => current));
      }),
      CASES,
    );
  });

  it('takes nothing from a pool that is not seen, and gives nobody its place', () => {
    fc.assert(
      fc.property(
        claimList,
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        totals,
        (all, held, given) => {
          const claims = all.map((one, i) => ({ ...one, held: held[i] as boolean }));
          const supplies = suppliesOf(given);
          const granted = sizes(claims, ...supplies);
          for (const [i, one] of claims.entries()) {
            if (one.held) expect(granted[i]).toBeGreaterThanOrEqual(Math.min(one.current, one.wanted));
          }
          for (const supply of supplies) {
            const before = taken(supply, claims, (one) => one.current + one.draining);
            const grown = taken(supply, claims, (one, i) =>
              Math.max(0, (granted[i] as number) - one.current),
            );
            if (grown > 0) expect(before + grown).toBeLessThanOrEqual(supply.total + 1e-6);
          }
        },
      ),
      CASES,
    );
  });

  it('lets an emergency exceed nothing, and nobody else into the reserve', () => {
    fc.assert(
      fc.property(claimList, totals, (claims, given) => {
        const supplies = suppliesOf(given, 0.1);
        const granted = sizes(claims, ...supplies);
        for (const supply of supplies) {
          const before = taken(supply, claims, (one) => one.current + one.draining);
          const added = (emergency: boolean): number =>
            taken(supply, claims, (one, i) =>
              one.emergency === emergency ? Math.max(0, (granted[i] as number) - one.current) : 0,
            );
          if (added(true) > 0)
            expect(before + added(true) + added(false)).toBeLessThanOrEqual(supply.total + 1e-6);
          if (added(false) > 0) {
            expect(before + added(false)).toBeLessThanOrEqual(supply.total - (supply.reserve ?? 0) + 1e-6);
          }
        }
      }),
      CASES,
    );
  });
});
