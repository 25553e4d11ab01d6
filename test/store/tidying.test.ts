import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadSample } from '../../src/core/forecast.ts';
import type { PoolRecord, TickRecord } from '../../src/core/record.ts';
import { fileHistory } from '../../src/history-store/file-history.ts';
import type { HistoryStore } from '../../src/history-store/history-store.ts';
import { demands, minutes, START } from '../history-store/history-store-contract.ts';
import { postgres, sqlite } from './databases.ts';
import { all } from './journal-contract.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'flyball-tidying-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A sample every ten seconds of one hour a day, with all that a sample may have. */
function busyHour(day: number): LoadSample[] {
  return Array.from({ length: 360 }, (_, i) => ({
    at: START + day * DAY_MS + 9 * HOUR_MS + i * 10_000,
    demand: day + (i % 7) / 3,
    queued: i % 3,
    ...(i % 5 > 0 && { utilization: (i % 10) / 10, context: { lag: i } }),
  }));
}

/** Pools `changed` have changed their sizes, `same` have not. */
function record(at: number, changed: string[], same: string[]): TickRecord {
  const pool = (id: string, to: number): PoolRecord =>
    ({
      view: { pool: id },
      policy: 'adaptive',
      decision: { from: 1, to },
      acted: true,
    }) as unknown as PoolRecord;
  const pools = [...same.map((id) => pool(id, 1)), ...changed.map((id) => pool(id, 2))];
  return { version: 1, at, trigger: 'interval', pools };
}

const shown = (records: TickRecord[]): [number, string][] =>
  records.map(({ at, pools }) => [(at - START) / MINUTE_MS, pools.map(({ view }) => view.pool).join('')]);

describe.each([sqlite(), postgres()])('what is old, in $name', (database) => {
  describe.skipIf(database.isMissing)('', () => {
    beforeAll(() => database.start());
    afterAll(() => database.stop());

    it('is thinned and deleted as it is in files', async () => {
      const options = { fineDays: 1, retentionDays: 4 };
      const store = await database.open('as-files', options);
      const files = await fileHistory(join(folder, database.name), options);
      const both = async (work: (history: HistoryStore) => Promise<unknown>): Promise<void> => {
        expect(await work(store.history)).toEqual(await work(files));
      };
      for (let day = 0; day < 8; day++) {
        await both((history) => history.append('a', busyHour(day)));
        await both((history) => history.read('a'));
      }
      // Late, for a day that is thinned.
      await both((history) => history.append('a', [{ at: START + 5 * DAY_MS, demand: 99 }]));
      await both((history) => history.read('a'));
      await both((history) => history.read('a', { from: START + 5 * DAY_MS, to: START + 7 * DAY_MS }));
      expect((await store.history.read('a')).length).toBeLessThan(3 * 12 + 2 * 360 + 10);
      await store.close();
    });

    it('is thinned after a bulk import, day by day, and writes go first', async () => {
      const store = await database.open('bulk', { fineDays: 1 });
      const order: string[] = [];
      await store.history.append('b', minutes(0, 1));
      const imported = store.history.append('a', minutes(0, 10 * 1440)).then(() => order.push('import'));
      // Of a day that is known: waits for no days to be thinned.
      const other = store.history.append('b', minutes(1, 1)).then(() => order.push('sample'));
      await Promise.all([imported, other]);
      expect(order).toEqual(['sample', 'import']);
      const samples = await store.history.read('a');
      expect(samples).toHaveLength(8 * 288 + 2 * 1440);
      expect(demands(samples.slice(0, 2))).toEqual([2, 7]);
      await store.close();
    });

    it('in the journal keeps what changed a size, and then nothing', async () => {
      const store = await database.open('journal', { journalHours: 1, retentionDays: 1 });
      const at = (hour: number, minute = 0): number => START + hour * HOUR_MS + minute * MINUTE_MS;
      await store.journal.append(record(at(0), ['c'], ['a', 'b']));
      await store.journal.append(record(at(0, 30), [], ['a', 'b']));
      await store.journal.append(record(at(0, 45), ['a', 'b'], []));
      await store.journal.append(record(at(1, 59), [], ['a', 'b']));
      expect(shown(await all(store.journal.read()))).toEqual([
        [0, 'abc'],
        [30, 'ab'],
        [45, 'ab'],
        [119, 'ab'],
      ]);
      await store.journal.append(record(at(2, 10), [], ['a']));
      expect(shown(await all(store.journal.read()))).toEqual([
        [0, 'c'],
        [45, 'ab'],
        [119, 'ab'],
        [130, 'a'],
      ]);
      await store.journal.append(record(at(24), ['a'], []));
      expect(shown(await all(store.journal.read()))).toEqual([
        [0, 'c'],
        [45, 'ab'],
        [1440, 'a'],
      ]);
      await store.journal.append(record(at(25), [], []));
      expect(shown(await all(store.journal.read()))).toEqual([
        [1440, 'a'],
        [1500, ''],
      ]);
      await store.close();
    });

    it('in the journal is never written where journalHours is 0', async () => {
      const store = await database.open('changes', { journalHours: 0 });
      await store.journal.append(record(START, [], ['a', 'b']));
      await store.journal.append(record(START + 1, ['b'], ['a']));
      expect(shown(await all(store.journal.read())).map(([, pools]) => pools)).toEqual(['b']);
      await store.close();
    });

    it('in the journal is many ticks: step by step', async () => {
      const store = await database.open('steps', { journalHours: 1 });
      const pools = Array.from({ length: 30 }, (_, i) => `p${i}`);
      const appended = Array.from({ length: 240 }, (_, i) =>
        store.journal.append(record(START + i * 15_000, i % 60 === 0 ? ['x'] : [], pools)),
      );
      await Promise.all(appended);
      await store.journal.append(record(START + 3 * HOUR_MS, [], ['a']));
      expect(shown(await all(store.journal.read()))).toEqual([
        [0, 'x'],
        [15, 'x'],
        [30, 'x'],
        [45, 'x'],
        [180, 'a'],
      ]);
      await store.close();
    });
  });
});

const server = postgres();
describe.skipIf(server.isMissing)('several instances', () => {
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  it('thin the same days at once, and each day once', async () => {
    const options = { fineDays: 1 };
    const stores = await Promise.all([1, 2, 3].map(() => server.open('many', options)));
    const pools = ['a', 'b', 'c', 'd', 'e'];
    // Each of them writes what all have seen.
    const write = (samples: LoadSample[]): Promise<unknown> =>
      Promise.all(stores.flatMap(({ history }) => pools.map((pool) => history.append(pool, samples))));
    for (let day = 0; day < 6; day++) await write(busyHour(day));
    for (const pool of pools) {
      const samples = await stores[0]?.history.read(pool);
      expect(samples).toHaveLength(4 * 12 + 2 * 360);
    }
    await Promise.all(stores.map((store) => store.close()));
  });

  it('write one journal, each its own records', async () => {
    const options = { journalHours: 1 };
    const stores = await Promise.all([1, 2].map(() => server.open('journals', options)));
    for (let hour = 0; hour < 4; hour++) {
      await Promise.all(
        stores.map(({ journal }, i) =>
          journal.append(record(START + hour * HOUR_MS, i === 0 ? ['leader'] : [], [`follower${i}`])),
        ),
      );
    }
    const records = await all((stores[1] as (typeof stores)[number]).journal.read());
    expect(records.filter(({ at }) => at === START).map(({ pools }) => pools.length)).toEqual([1]);
    expect(records.filter(({ at }) => at === START + 3 * HOUR_MS)).toHaveLength(2);
    await Promise.all(stores.map((store) => store.close()));
  });
});
