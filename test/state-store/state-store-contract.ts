import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/state-store/state-store.ts';

/**
 * What every `StateStore` must do.
 *
 * @param open opens the store of this place. All that are opened at one place show the same, as those of several
 *   instances do; what one keeps outlives its `close()`. Places of other names have nothing in common.
 */
export function describeStateStore(
  name: string,
  open: (place: string) => StateStore | Promise<StateStore>,
): void {
  describe(`${name}, as a state store`, () => {
    const opened: StateStore[] = [];
    let count = 0;

    const openAt = async (place: string): Promise<StateStore> => {
      const store = await open(place);
      opened.push(store);
      return store;
    };
    const openNew = (): Promise<StateStore> => openAt(`place-${count++}`);

    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });

    test('has nothing under a key that nobody wrote', async () => {
      const store = await openNew();
      expect(await store.read('signals')).toBeUndefined();
    });

    test('numbers the editions of a document: 1, 2, 3', async () => {
      const store = await openNew();
      for (const version of [1, 2, 3]) {
        expect(await store.replace('signals', { edition: version }, version - 1)).toBe(true);
        expect(await store.read('signals')).toEqual({ value: { edition: version }, version });
      }
    });

    test.each([
      ['one that is there as new', 1, 0],
      ['an older edition', 2, 1],
      ['an edition that is not there yet', 1, 2],
      ['one that is not there', 0, 1],
    ])('does not replace %s', async (_, present, expected) => {
      const store = await openNew();
      for (let version = 0; version < present; version++) await store.replace('key', version, version);
      const before = await store.read('key');
      expect(await store.replace('key', 'wrong', expected)).toBe(false);
      expect(await store.read('key')).toEqual(before);
    });

    test('keeps documents of different keys apart, whatever the keys are', async () => {
      const store = await openNew();
      const keys = [
        'a',
        'A',
        'a/b',
        'a:b',
        '..',
        '../a',
        'ä ö',
        'a%2Fb',
        'a.1',
        'a.1.json',
        '{a}',
        '日本',
        '*',
      ];
      for (const key of keys) expect(await store.replace(key, { key }, 0)).toBe(true);
      for (const key of keys) expect(await store.read(key)).toEqual({ value: { key }, version: 1 });
    });

    test('gives back what is plain JSON as it was', async () => {
      const store = await openNew();
      let version = 0;
      const strings = fc.constantFrom(
        '',
        'a',
        'ä',
        '日本',
        '😀',
        '\ud800',
        '\0',
        '"',
        "'",
        '\\',
        '__proto__',
        '\n',
      );
      const leaves = fc.oneof(strings, fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
      const document = fc.oneof(leaves, fc.array(fc.array(leaves)), fc.dictionary(strings, leaves));
      await fc.assert(
        fc.asyncProperty(document, async (value) => {
          expect(await store.replace('document', value, version)).toBe(true);
          version += 1;
          const kept = JSON.parse(JSON.stringify(value));
          expect(await store.read('document')).toEqual({ value: kept, version });
        }),
        { numRuns: 20 },
      );
    });

    test('takes documents of a megabyte', async () => {
      const store = await openNew();
      const value = { numbers: Array.from({ length: 60_000 }, (_, i) => i / 7) };
      await store.replace('large', value, 0);
      expect((await store.read('large'))?.value).toEqual(value);
    });

    test('keeps what was written, not what its owner made of it later', async () => {
      const store = await openNew();
      const value = { list: [1] };
      await store.replace('key', value, 0);
      value.list.push(2);
      const read = (await store.read('key'))?.value as { list: number[] };
      expect(read).toEqual({ list: [1] });
      read.list.push(3);
      expect((await store.read('key'))?.value).toEqual({ list: [1] });
    });

    test('of several that replace the same edition at once, one succeeds', async () => {
      const place = `place-${count++}`;
      const stores = await Promise.all(Array.from({ length: 4 }, () => openAt(place)));
      for (let version = 0; version < 5; version++) {
        const won = await Promise.all(stores.map((store, i) => store.replace('key', i, version)));
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(await stores[0]?.read('key')).toEqual({ value: won.indexOf(true), version: version + 1 });
      }
    });

    test('loses nothing of what several add, each on top of what it has read', async () => {
      const place = `place-${count++}`;
      const stores = await Promise.all(Array.from({ length: 4 }, () => openAt(place)));
      const add = async (store: StateStore, what: string): Promise<void> => {
        for (;;) {
          const { value = [], version = 0 } = (await store.read('list')) ?? {};
          if (await store.replace('list', [...(value as string[]), what], version)) return;
        }
      };
      await Promise.all(
        stores.map(async (store, i) => {
          for (let n = 0; n < 5; n++) await add(store, `${i}.${n}`);
        }),
      );
      const { value = [], version } = (await stores[0]?.read('list')) ?? {};
      const expected = stores.flatMap((_, i) => [0, 1, 2, 3, 4].map((n) => `${i}.${n}`));
      expect((value as string[]).toSorted()).toEqual(expected.sort());
      expect(version).toBe(20);
    });

    test('is there for the next one that opens it, once it is closed', async () => {
      const place = `place-${count++}`;
      const store = await openAt(place);
      await store.replace('key', 'kept', 0);
      await store.close();
      expect(await (await openAt(place)).read('key')).toEqual({ value: 'kept', version: 1 });
    });

    test('takes nothing once it is closed, and may be closed twice', async () => {
      const store = await openNew();
      await store.replace('key', 1, 0);
      await store.close();
      await store.close();
      await expect(store.replace('key', 2, 1)).rejects.toThrow();
    });
  });
}
