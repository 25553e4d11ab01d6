import { describe, expect, it } from 'vitest';
import type { Proposal } from '../../src/core/decision.ts';
import { createEngine } from '../../src/policies/engine.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { createView } from '../../src/testing/create-view.ts';

/** A policy that always says the same. */
function says(name: string, proposal: Partial<Proposal> | undefined): Policy {
  const filled = { kind: 'target', size: 1, reason: `${name} says so`, ...proposal } as Proposal;
  return { name, propose: () => (proposal === undefined ? undefined : filled) };
}

const target = (size: number, name = `target ${size}`): Policy => says(name, { kind: 'target', size });
const floor = (size: number, name = `floor ${size}`): Policy => says(name, { kind: 'floor', size });
const ceiling = (size: number, name = `ceiling ${size}`): Policy => says(name, { kind: 'ceiling', size });

/** What an engine of these policies proposes for a pool of 4. */
const propose = (...policies: Policy[]): Proposal => createEngine(policies).propose(createView({ size: 4 }));
const winners = (proposal: Proposal): string[] =>
  (proposal.voices ?? []).filter((v) => v.won).map((v) => v.by);

describe('createEngine', () => {
  it.each([
    {
      name: 'takes the largest target',
      policies: [target(3), target(7), target(5)],
      size: 7,
      won: ['target 7'],
    },
    {
      name: 'raises it to the highest floor',
      policies: [target(3), floor(6), floor(5)],
      size: 6,
      won: ['floor 6'],
    },
    {
      name: 'cuts it to the lowest ceiling',
      policies: [target(9), ceiling(8), ceiling(5)],
      size: 5,
      won: ['ceiling 5'],
    },
    {
      name: 'lets a ceiling beat a floor',
      policies: [target(3), floor(9), ceiling(6)],
      size: 6,
      won: ['ceiling 6'],
    },
    {
      name: 'leaves a target within the limits alone',
      policies: [floor(2), target(5), ceiling(8)],
      size: 5,
      won: ['target 5'],
    },
    {
      name: 'lets the first of equals win',
      policies: [target(5, 'a'), target(5, 'b'), floor(5), ceiling(5)],
      size: 5,
      won: ['a'],
    },
    { name: 'keeps the present size without a target', policies: [floor(2), ceiling(8)], size: 4, won: [] },
    { name: 'raises the present size to a floor', policies: [floor(6)], size: 6, won: ['floor 6'] },
    { name: 'cuts the present size to a ceiling', policies: [ceiling(3)], size: 3, won: ['ceiling 3'] },
    {
      name: 'keeps the present size without any voice',
      policies: [says('mute', undefined)],
      size: 4,
      won: [],
    },
    { name: 'rounds fractions up', policies: [target(5.2)], size: 6, won: ['target 5.2'] },
    { name: 'rounds a ceiling down', policies: [target(9), ceiling(5.8)], size: 5, won: ['ceiling 5.8'] },
    {
      name: 'takes rounding errors for none',
      policies: [target((0.1 * 3) / 0.1)],
      size: 3,
      won: [`target ${(0.1 * 3) / 0.1}`],
    },
    { name: 'may propose nobody', policies: [target(0)], size: 0, won: ['target 0'] },
  ])('$name', ({ policies, size, won }) => {
    const proposal = propose(...policies);
    expect(proposal.size).toBe(size);
    expect(winners(proposal)).toEqual(won);
  });

  it('keeps the voices that lost, and speaks with the reason of the one that won', () => {
    const proposal = propose(target(3), floor(6));
    expect(proposal.reason).toBe('floor 6 says so');
    expect(proposal.voices).toEqual([
      { by: 'target 3', kind: 'target', size: 3, reason: 'target 3 says so', won: false },
      { by: 'floor 6', kind: 'floor', size: 6, reason: 'floor 6 says so', won: true },
    ]);
  });

  it('says so when nobody has an opinion', () => {
    expect(propose().reason).toBe('no policy asks for a change: 4 stay');
  });

  it('passes the confidence of the winner on', () => {
    expect(propose(target(3), says('sure', { kind: 'floor', size: 6, confidence: 0.9 })).confidence).toBe(
      0.9,
    );
    expect(
      propose(target(7), says('sure', { kind: 'floor', size: 6, confidence: 0.9 })).confidence,
    ).toBeUndefined();
  });

  describe('refuses without breaking the loop', () => {
    it.each([
      { what: 'NaN', size: Number.NaN, reason: 'proposed NaN workers' },
      { what: 'a negative number', size: -3, reason: 'proposed -3 workers' },
      { what: 'infinity', size: Number.POSITIVE_INFINITY, reason: 'proposed Infinity workers' },
      { what: 'more workers than any pool has', size: 2e6, reason: 'proposed 2000000 workers' },
      { what: 'a string', size: '7' as unknown as number, reason: 'proposed a string for a size' },
    ])('$what', ({ size, reason }) => {
      const proposal = propose(target(6), says('broken', { size }));
      expect(proposal.size).toBe(6);
      expect(proposal.refused).toEqual([{ by: 'broken', reason }]);
      expect(proposal.voices).toHaveLength(1);
    });

    it('a kind that there is not', () => {
      const proposal = propose(says('broken', { kind: 'maximum' as never, size: 9 }));
      expect(proposal.size).toBe(4);
      expect(proposal.refused).toEqual([
        { by: 'broken', reason: 'proposed neither target, floor nor ceiling' },
      ]);
    });

    it.each([
      { what: 'an error', thrown: new Error('no data'), reason: 'threw: no data' },
      { what: 'something else', thrown: Object.create(null), reason: 'threw' },
    ])('a policy that throws $what', ({ thrown, reason }) => {
      const broken: Policy = {
        name: 'broken',
        propose: () => {
          throw thrown;
        },
      };
      const proposal = propose(broken, target(6));
      expect(proposal.size).toBe(6);
      expect(proposal.refused).toEqual([{ by: 'broken', reason }]);
    });

    it('and leaves no trace where all is well', () => {
      expect(propose(target(6))).not.toHaveProperty('refused');
    });
  });

  describe('in an emergency', () => {
    const alarm = (size: number): Policy => says('emergency', { kind: 'floor', size, emergency: true });

    it('proposes one, also where a target asks for more', () => {
      expect(propose(target(3), alarm(8))).toMatchObject({ size: 8, emergency: true, emergencySize: 8 });
      expect(propose(target(20), alarm(8))).toMatchObject({ size: 20, emergency: true, emergencySize: 8 });
    });

    it('stays within a ceiling', () => {
      expect(propose(alarm(8), ceiling(6))).toMatchObject({ size: 6, emergency: true, emergencySize: 6 });
    });

    it('overrules a ceiling that yields', () => {
      const yields = says('schedule', { kind: 'ceiling', size: 5, yields: true });
      expect(propose(target(7), yields)).toMatchObject({ size: 5, reason: 'schedule says so' });
      expect(propose(target(7), yields, alarm(8))).toMatchObject({ size: 8 });
      expect(propose(target(7), yields, alarm(8), ceiling(6))).toMatchObject({ size: 6 });
    });

    it('is none otherwise', () => {
      expect(propose(target(6))).not.toHaveProperty('emergency');
      expect(propose(target(6))).not.toHaveProperty('emergencySize');
    });
  });

  it.each([
    { policies: 'demand', field: 'policies' },
    { policies: [target(1), undefined], field: 'policies[1]' },
    { policies: [{ name: '', propose: () => undefined }], field: 'policies[0]' },
    { policies: [{ name: 'no-propose' }], field: 'policies[0]' },
  ])('refuses $policies as a list of policies', ({ policies, field }) => {
    expect(() => createEngine(policies as never)).toThrow(
      expect.objectContaining({ name: 'InvalidOptionError', field }),
    );
  });
});
