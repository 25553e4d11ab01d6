import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  joinChanges,
  type Learned,
  parseLearned,
  parseRecentPast,
  savedPredictor,
} from '../../src/shared-state/pool-documents.ts';

const learned: Learned = {
  rehearsal: { seenMs: 7_200_000, work: 144_000, inForce: 'tight', costs: { tight: [150_000, 12] } },
  version: 1,
  term: 3,
  at: 1_000,
  startupsMs: [20_000, 30_000],
  predictor: savedPredictor('ensemble', 400, { level: [1, 2, 3] }),
};

describe('what a leader did lately', () => {
  test('is read as it was written', () => {
    const past = {
      changes: [
        [1_000, 3],
        [2_000, -1],
      ],
      emergency: { sizeBefore: 4, since: 500 },
    };
    expect(parseRecentPast(JSON.parse(JSON.stringify(past)))).toEqual(past);
  });

  test('is put in order', () => {
    const changes = [
      [2_000, -1],
      [1_000, 3],
    ];
    expect(parseRecentPast({ changes })?.changes).toEqual(changes.toReversed());
  });

  test.each([
    [null],
    [{}],
    [{ changes: {} }],
    [{ changes: [1] }],
    [{ changes: [[1_000, 0]] }],
    [{ changes: [[1_000, 1.5]] }],
    [{ changes: [[1_000, 1e9]] }],
    [{ changes: [[-1, 1]] }],
    [{ changes: [], emergency: true }],
    [{ changes: [], emergency: { sizeBefore: 'four', since: 1 } }],
    [{ changes: Array.from({ length: 200 }, () => [1, 1]) }],
  ])('is not %j', (value) => expect(parseRecentPast(value)).toBeUndefined());

  test('comes before what its successor did', () => {
    const before = [
      [1_000, 2],
      [60_000, 1],
    ] as const;
    expect(joinChanges(before, [])).toEqual(before);
    expect(joinChanges(before, [[90_000, 4]])).toEqual([...before, [90_000, 4]]);
    // The last one is the first of its own, told again by a clock that ticks a little apart.
    expect(joinChanges(before, [[60_002, 1]])).toEqual([
      [1_000, 2],
      [60_002, 1],
    ]);
  });
});

describe('what a pool has learned', () => {
  test('is read as it was written', () => {
    expect(parseLearned(JSON.parse(JSON.stringify(learned)))).toEqual(learned);
  });

  test.each<[string, object, string]>([
    ['of another format', { version: 2 }, 'is of format 2, and 1 is known here: it is left alone'],
    ['without a version', { version: undefined }, 'is not readable'],
    ['with a start that took no time', { startupsMs: [-1] }, 'is not readable'],
    ['with more starts than are remembered', { startupsMs: Array(33).fill(1) }, 'is not readable'],
    [
      'with a rehearsal that is none',
      { rehearsal: { seenMs: 1, work: 1, inForce: 'usual', costs: { usual: [1] } } },
      'is not readable',
    ],
    ['with a predictor that is none', { predictor: 'ensemble' }, 'is not readable'],
    [
      'with a predictor that was changed by hand',
      { predictor: { ...learned.predictor, state: '{"level":[9,2,3]}' } },
      'was changed by hand or is damaged',
    ],
  ])('is not one %s', (_, change, complaint) => {
    expect(parseLearned({ ...learned, ...change })).toMatchObject({ complaint });
  });

  test('can be anything, and is read without harm', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseLearned(value)).toHaveProperty('complaint');
      }),
    );
  });
});
