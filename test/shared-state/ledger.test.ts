import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  current,
  type Entry,
  fromDocument,
  type Ledger,
  merge,
  newIn,
  toDocument,
} from '../../src/shared-state/ledger.ts';

const entry = (fields: Partial<Entry> = {}): Entry => ({
  key: 'signal a',
  term: 0,
  at: 1_000,
  by: 'one',
  value: 1,
  ...fields,
});
const ledgerOf = (...entries: Entry[]): Ledger => new Map(entries.map((each) => [each.key, each]));

/** Whoever writes at a time, under a key and in a term, writes one thing. */
const entries = fc
  .record({
    key: fc.constantFrom('signal a', 'signal b', 'schedule c'),
    term: fc.nat(2),
    at: fc.nat(5),
    by: fc.constantFrom('one', 'two', 'three'),
  })
  .map(({ key, term, at, by }): Entry => {
    const value = `${key} ${term} ${at} ${by}`;
    return { key, term, at, by, ...(at % 2 === 0 && { value }), ...(term > 0 && { until: 10 }) };
  });
const ledgers = fc.array(entries, { maxLength: 8 }).map((all) => merge(new Map(), ledgerOf(...all)));

describe('merging ledgers', () => {
  test('gives the same in either order', () => {
    fc.assert(
      fc.property(ledgers, ledgers, (a, b) => {
        expect(merge(a, b)).toEqual(merge(b, a));
      }),
    );
  });

  test('gives the same however it is grouped', () => {
    fc.assert(
      fc.property(ledgers, ledgers, ledgers, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
      }),
    );
  });

  test('changes nothing when it is done again', () => {
    fc.assert(
      fc.property(ledgers, ledgers, (a, b) => {
        expect(merge(merge(a, b), b)).toEqual(merge(a, b));
      }),
    );
  });

  test('is complete: nothing of either is new to it', () => {
    fc.assert(
      fc.property(ledgers, ledgers, (a, b) => {
        expect([...newIn(a, merge(a, b)), ...newIn(b, merge(a, b))]).toEqual([]);
      }),
    );
  });

  test.each<[string, Partial<Entry>, Partial<Entry>]>([
    ['the later one', { at: 2_000 }, { at: 1_000 }],
    ['the one of the higher term, whatever its time', { term: 2, at: 1_000 }, { term: 1, at: 9_000 }],
    ['what was taken back later', { at: 2_000, value: undefined }, { at: 1_000 }],
    ['of one moment the same at all instances', { by: 'two' }, { by: 'one' }],
  ])('keeps %s', (_, winner, loser) => {
    const [a, b] = [ledgerOf(entry(winner)), ledgerOf(entry(loser))];
    expect(merge(a, b)).toEqual(a);
    expect(merge(b, a)).toEqual(a);
  });
});

describe('a ledger', () => {
  test('forgets what is over, also what was taken back', () => {
    const kept = entry({ key: 'schedule c' });
    const ledger = ledgerOf(entry({ until: 2_000 }), entry({ key: 'signal b', until: 2_001 }), kept);
    expect([...current(ledger, 2_000).keys()]).toEqual(['signal b', 'schedule c']);
  });

  test('is read as it was written', () => {
    fc.assert(
      fc.property(ledgers, (ledger) => {
        const document = JSON.parse(JSON.stringify(toDocument(ledger)));
        expect(fromDocument(document)).toEqual({ ledger });
      }),
    );
  });

  test('of a store that has none is empty', () => {
    expect(fromDocument(undefined)).toEqual({ ledger: new Map() });
  });

  test.each([[null], [1], ['text'], [[]], [{}], [{ version: 1 }], [{ version: 1, entries: {} }], [true]])(
    'is not what %j is: that may be replaced',
    (document) => {
      const { ledger, isForeign, complaint } = fromDocument(document);
      expect([ledger.size, isForeign]).toEqual([0, undefined]);
      expect(complaint).toBe('the shared state is not readable');
    },
  );

  test('of another format is left alone', () => {
    const reading = fromDocument({ version: 2, entries: [entry()] });
    expect(reading).toMatchObject({ isForeign: true, complaint: expect.stringContaining('format 2') });
    expect(reading.ledger.size).toBe(0);
  });

  test.each<[string, unknown]>([
    ['no object', 'signal a'],
    ['without a key', { ...entry(), key: undefined }],
    ['with a time that is none', entry({ at: Number.NaN })],
    ['with a time beyond all times, after which nothing could be written', entry({ at: 1e16 })],
    ['with a term that is none', entry({ term: -1 })],
    ['with an end that is none', { ...entry(), until: 'soon' }],
    ['by nobody', { ...entry(), by: 7 }],
  ])('is read without an entry that is %s', (_, broken) => {
    const sound = entry({ key: 'signal b' });
    const { ledger, complaint } = fromDocument({ version: 1, entries: [broken, sound] });
    expect([...ledger.values()]).toEqual([sound]);
    expect(complaint).toBe('1 entries of the shared state are not readable');
  });

  test('can be anything, and is read without harm', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        expect(fromDocument(document).ledger).toBeInstanceOf(Map);
        expect(fromDocument({ version: 1, entries: document }).ledger.size).toBe(0);
      }),
    );
  });
});
