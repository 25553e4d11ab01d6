import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, candidateOf, coordinate } from '../../src/fleet/coordinate.ts';
import { weights } from '../../src/fleet/weights.ts';
import { createView } from '../../src/testing/create-view.ts';

const pool = (id: string, given: Partial<Candidate> = {}): Candidate => ({
  pool: id,
  size: 10,
  demand: 4,
  maxWorkers: 20,
  ...given,
});
const placed = (demand: number, candidates: Candidate[], options = {}): unknown => {
  const { assignments, unplaced } = coordinate(demand, candidates, options);
  const parts = assignments.map(({ pool: id, demand: part, size }) => [
    id,
    Math.round(part * 100) / 100,
    size,
  ]);
  return unplaced === 0 ? parts : [...parts, ['unplaced', Math.round(unplaced * 100) / 100]];
};

describe('coordinate', () => {
  it('divides a demand over the workers that idle, by what is left of them', () => {
    // 10 × 0.8 − 4 = 4 and 10 × 0.8 − 6 = 2 are free.
    expect(placed(3, [pool('a'), pool('b', { demand: 6 })])).toEqual([
      ['a', 2, 10],
      ['b', 1, 10],
    ]);
  });

  it('takes new workers for the rest, where they are cheapest', () => {
    expect(placed(10, [pool('a', { costPerHour: 2 }), pool('b', { costPerHour: 1 })])).toEqual([
      ['a', 4, 10],
      ['b', 6, 13],
    ]);
  });

  it('prefers the specialist, and falls back when it is full', () => {
    const candidates = [pool('jack', { specialization: 0.5 }), pool('specialist', { maxWorkers: 12 })];
    expect(placed(5, candidates)).toEqual([['specialist', 5, 12]]);
    expect(placed(8, candidates)).toEqual([
      ['jack', 2.4, 10],
      ['specialist', 5.6, 12],
    ]);
    expect(placed(1, [pool('unable', { specialization: 0 })])).toEqual([['unplaced', 1]]);
  });

  it('keeps within limits and resources, and says what has no place', () => {
    expect(placed(100, [pool('a', { size: 0, demand: 0, maxWorkers: 10 })])).toEqual([
      ['a', 8, 10],
      ['unplaced', 92],
    ]);
    const memory = { resource: 'memory', total: 1000, used: 700, by: 'cgroup' } as const;
    const needs = { memoryBytes: 100 };
    expect(placed(100, [pool('a', { size: 0, demand: 0, needs })], { supplies: [memory] })).toEqual([
      ['a', 2.4, 3],
      ['unplaced', 97.6],
    ]);
  });

  it('lets an overloaded pool grow for itself first', () => {
    expect(placed(4, [pool('a', { demand: 12 })])).toEqual([['a', 4, 20]]);
  });

  it('reads a candidate from a view', () => {
    expect(
      candidateOf(createView({ pool: 'a', size: 4, demand: 3, maxWorkers: 9 }), { specialization: 0.3 }),
    ).toEqual({
      pool: 'a',
      size: 4,
      demand: 3,
      maxWorkers: 9,
      specialization: 0.3,
    });
  });

  it('loses nothing, exceeds nothing, and fills no pool beyond its target', () => {
    const candidate = fc.record({
      pool: fc.uuid(),
      size: fc.nat(10),
      demand: fc.nat(15),
      maxWorkers: fc.integer({ min: 10, max: 20 }),
      specialization: fc.constantFrom(0, 0.5, 1),
      needs: fc.record({ memoryBytes: fc.nat(5) }),
      costPerHour: fc.nat(2),
    });
    fc.assert(
      fc.property(
        fc.array(candidate, { maxLength: 6 }),
        fc.nat(60),
        fc.nat(80),
        (candidates, demand, total) => {
          const { assignments, unplaced } = coordinate(demand, candidates, {
            supplies: [{ resource: 'memory', total, by: 'quota' }],
          });
          expect(assignments.reduce((sum, part) => sum + part.demand, unplaced)).toBeCloseTo(demand, 6);
          let memory = 0;
          for (const part of assignments) {
            const from = candidates.find((one) => one.pool === part.pool) as (typeof candidates)[number];
            expect(part.size).toBeLessThanOrEqual(from.maxWorkers);
            expect(from.demand + part.demand).toBeLessThanOrEqual(part.size * 0.8 + 1e-6);
            memory += (part.size - from.size) * from.needs.memoryBytes;
          }
          expect(memory).toBeLessThanOrEqual(total);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('weights', () => {
  const flow = { serviceTimeMs: 1000, errorRatio: 0 };
  const weightsOf = (...views: Parameters<typeof createView>[0][]): number[] => [
    ...weights(views.map((view, i) => createView({ pool: `p${i}`, flow, ...view }))).values(),
  ];

  it.each([
    ['ready workers and slots', [{ size: 6 }, { size: 1, slotsPerWorker: 2 }], [0.75, 0.25]],
    ['speed', [{ size: 4 }, { size: 4, flow: { ...flow, serviceTimeMs: 3000 } }], [0.75, 0.25]],
    ['success', [{ size: 4 }, { size: 4, flow: { ...flow, errorRatio: 0.5 } }], [2 / 3, 1 / 3]],
    ['sight', [{ size: 4 }, { size: 4, ageMs: 600_000 }], [2 / 3, 1 / 3]],
    ['readiness', [{ size: 4 }, { ready: 0, starting: 4 }], [1, 0]],
    ['nothing, where none is ready', [{ ready: 0 }, { ready: 0 }], [0.5, 0.5]],
  ])('weigh by %s', (_, views, expected) => {
    for (const [i, weight] of weightsOf(...views).entries())
      expect(weight).toBeCloseTo(expected[i] as number, 10);
  });

  it('compare workers alone where one pool does not know its service time', () => {
    expect(weightsOf({ size: 4 }, { size: 4, flow: null })).toEqual([0.5, 0.5]);
  });
});
