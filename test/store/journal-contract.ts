import { afterEach, describe, expect, it } from 'vitest';
import type { Journal } from '../../src/core/journal.ts';
import type { PoolRecord, TickRecord } from '../../src/core/record.ts';
import { memoryJournal } from '../../src/telemetry/memory-journal.ts';
import { watched } from '../telemetry/watched.ts';

export async function all(records: AsyncIterable<TickRecord>): Promise<TickRecord[]> {
  const read: TickRecord[] = [];
  for await (const each of records) read.push(each);
  return read;
}

/** A record without pools. */
export const emptyRecord = (at: number): TickRecord => ({ version: 1, at, trigger: 'interval', pools: [] });

/**
 * What every `Journal` must do.
 *
 * @param create makes an empty one, and says how it is closed
 */
export function describeJournal(
  name: string,
  create: () => Promise<{ journal: Journal; close?: () => Promise<void> }>,
): void {
  describe(`${name}, as a journal`, () => {
    const closes: (() => Promise<void>)[] = [];
    const open = async (): Promise<Journal> => {
      const { journal, close } = await create();
      if (close !== undefined) closes.push(close);
      return journal;
    };
    afterEach(async () => {
      for (const close of closes.splice(0)) await close();
    });
    const times = async (records: AsyncIterable<TickRecord>): Promise<number[]> =>
      (await all(records)).map(({ at }) => at);

    it('is empty before anything was appended', async () => {
      expect(await all((await open()).read())).toEqual([]);
    });

    it('keeps what a controller did, to the letter', async () => {
      const journal = await open();
      const memory = memoryJournal();
      const { controller, run, stop } = watched({ shadows: { calm: 'conservative' } }, { journal });
      controller.on('tick', (tick) => memory.append(tick));
      controller.addPool({
        id: 'it\'s "ü"',
        adapter: { observe: () => ({ ready: 2, busy: 1, queued: 0 }), scaleTo: async () => {} },
      });
      await run(40 * 15_000);
      await stop();
      const read = await all(journal.read());
      expect(read).toHaveLength(40);
      expect(read).toEqual(JSON.parse(JSON.stringify(memory.records)));
    });

    it('takes pools of any name', async () => {
      const journal = await open();
      const pools = ['', 'a\0b', 'x'.repeat(5_000), '\ud800'].map(
        (pool) => ({ view: { pool }, decision: { from: 1, to: 1 } }) as unknown as PoolRecord,
      );
      await journal.append({ ...emptyRecord(1), pools });
      expect((await all(journal.read()))[0]?.pools).toEqual(pools);
    });

    it('reads a range, both ends included, in order', async () => {
      const journal = await open();
      const appended = Array.from({ length: 250 }, (_, at) => journal.append(emptyRecord(at)));
      await Promise.all(appended);
      expect(await times(journal.read())).toEqual(Array.from({ length: 250 }, (_, at) => at));
      expect(await times(journal.read({ from: 99, to: 101 }))).toEqual([99, 100, 101]);
      expect(await times(journal.read({ from: 248 }))).toEqual([248, 249]);
      expect(await times(journal.read({ to: 1 }))).toEqual([0, 1]);
    });

    it('keeps ticks of the same moment apart, in their order', async () => {
      const journal = await open();
      const causes = ['first', 'second', 'third'];
      for (const cause of causes) await journal.append({ ...emptyRecord(7), cause });
      expect((await all(journal.read())).map(({ cause }) => cause)).toEqual(causes);
    });

    it('reads what was appended just before', async () => {
      const journal = await open();
      for (let at = 0; at < 3; at++) void journal.append(emptyRecord(at));
      expect(await times(journal.read())).toEqual([0, 1, 2]);
      void journal.append(emptyRecord(3));
      await journal.flush?.();
      expect(await times(journal.read({ from: 3 }))).toEqual([3]);
    });
  });
}
