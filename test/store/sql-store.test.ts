import { CamelCasePlugin, Kysely, SqliteDialect, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { type SqlStoreOptions, sqlStore } from '../../src/store/sql-store.ts';
import { demands, describeHistoryStore, minutes, START } from '../history-store/history-store-contract.ts';
import { describeStateStore } from '../state-store/state-store-contract.ts';
import { postgres, sqlite } from './databases.ts';
import { all, describeJournal, emptyRecord } from './journal-contract.ts';

describe.each([sqlite(), postgres()])('sqlStore in $name', (database) => {
  describe.skipIf(database.isMissing)('', () => {
    beforeAll(() => database.start());
    afterAll(() => database.stop());
    let count = 0;

    describeHistoryStore('history', async () => {
      const store = await database.open(`history-${count++}`, { retentionDays: 3 });
      return {
        append: (pool, samples) => store.history.append(pool, samples),
        read: (pool, range) => store.history.read(pool, range),
        pools: () => store.history.pools(),
        close: () => store.close(),
      };
    });
    describeStateStore('state', async (place) => {
      const store = await database.open(place);
      return {
        read: (key) => store.state.read(key),
        replace: (key, value, expected) => store.state.replace(key, value, expected),
        close: () => store.close(),
      };
    });
    describeJournal('journal', async () => {
      const store = await database.open(`journal-${count++}`);
      return { journal: store.journal, close: () => store.close() };
    });

    it('is there after a restart', async () => {
      const before = await database.open('restart');
      void before.history.append('a', minutes(0, 2));
      void before.journal.append(emptyRecord(1));
      void before.state.replace('key', 'kept', 0);
      await before.close();
      const after = await database.open('restart');
      expect(await after.history.read('a')).toHaveLength(2);
      expect(await all(after.journal.read())).toEqual([emptyRecord(1)]);
      expect(await after.state.read('key')).toEqual({ value: 'kept', version: 1 });
      await after.close();
    });

    it('takes nothing once it is closed', async () => {
      const store = await database.open('closed');
      await store.close();
      await expect(store.history.append('a', minutes(0, 1))).rejects.toThrow('closed');
      await expect(store.journal.append(emptyRecord(1))).rejects.toThrow('closed');
      await expect(store.state.replace('key', 1, 0)).rejects.toThrow('closed');
    });

    it('takes more samples at once than a statement has parameters', async () => {
      const store = await database.open('large');
      await store.history.append('a', minutes(0, 2_000 * 4));
      expect((await store.history.read('a', { from: START + 4 * 86_400_000 })).length).toBeGreaterThan(2_000);
      await store.close();
    });

    it('keeps a sample once, however often it is written, and as it came first', async () => {
      const [one, other] = await Promise.all([database.open('twice'), database.open('twice')]);
      await Promise.all([one.history.append('a', minutes(0, 3)), other.history.append('a', minutes(0, 3))]);
      await one.history.append('a', [
        ...minutes(2, 1).map(({ at }) => ({ at, demand: 99 })),
        ...minutes(3, 1),
      ]);
      expect(demands(await other.history.read('a'))).toEqual([0, 1, 2, 3]);
      await Promise.all([one.close(), other.close()]);
    });

    it('refuses samples that no database takes, and takes the others', async () => {
      const store = await database.open('flawed');
      const good = store.history.append('a', minutes(0, 1));
      const bad = [
        ['', minutes(0, 1)],
        ['a\0', minutes(0, 1)],
        ['a'.repeat(241), minutes(0, 1)],
        ['a', [{ at: START, demand: Number.NaN }]],
        ['a', [{ at: Number.POSITIVE_INFINITY, demand: 1 }]],
      ] as const;
      for (const [pool, samples] of bad) {
        await expect(store.history.append(pool, samples)).rejects.toThrow(InvalidOptionError);
      }
      await good;
      await store.history.append('a', [{ at: START + 1, demand: 1, queued: Number.NaN }]);
      expect(await store.history.read('a')).toEqual([...minutes(0, 1), { at: START + 1, demand: 1 }]);
      await expect(store.state.read('a\0')).rejects.toThrow(InvalidOptionError);
      await store.close();
    });

    it('has tables of its own for each prefix', async () => {
      const options: SqlStoreOptions = { tablePrefix: 'other_' };
      const [one, other] = [await database.open('prefix'), await database.open('prefix', options)];
      await one.state.replace('key', 1, 0);
      expect(await other.state.read('key')).toBeUndefined();
      await Promise.all([one.close(), other.close()]);
    });

    it('begins at once in several instances', async () => {
      const stores = await Promise.all(Array.from({ length: 5 }, () => database.open('together')));
      await Promise.all(stores.map(({ history }, i) => history.append('a', minutes(i, 1))));
      expect(await stores[0]?.history.read('a')).toEqual(minutes(0, 5));
      await Promise.all(stores.map((store) => store.close()));
    });
  });
});

const files = sqlite();
afterAll(() => files.stop());

describe('sqlStore', () => {
  it('leaves what it was given open: a database …', async () => {
    const file = files.file('given');
    await (await sqlStore(file)).close();
    expect(file.prepare('select count(*) as count from flyball_state').get()).toEqual({ count: 0 });
  });

  it('… or a Kysely, whose plugins do not touch its tables', async () => {
    const db = new Kysely({
      dialect: new SqliteDialect({ database: files.file('plugins') }),
      plugins: [new CamelCasePlugin()],
    });
    const store = await sqlStore(db);
    await store.history.append('a', [{ at: START, demand: 1, responseTimeMs: 5 }]);
    expect(await store.history.read('a')).toEqual([{ at: START, demand: 1, responseTimeMs: 5 }]);
    await store.close();
    expect((await sql`select response_time_ms from flyball_samples`.execute(db)).rows).toEqual([
      { responseTimeMs: 5 },
    ]);
    await db.destroy();
  });

  it('ends what a dialect has opened', async () => {
    const file = files.file('dialect');
    const store = await sqlStore(new SqliteDialect({ database: file }));
    expect(file.open).toBe(true);
    await store.close();
    await store.close();
    expect(file.open).toBe(false);
  });

  it('refuses tables of a newer flyball, and changes nothing', async () => {
    const file = files.file('newer');
    await (await sqlStore(file)).close();
    file.prepare("insert into flyball_migration values ('9000_later', '2030-01-01')").run();
    await expect(sqlStore(file)).rejects.toThrow(
      'the tables flyball_* were made by a newer flyball (9000_later): update this one, or give it a tablePrefix of its own',
    );
    await expect(sqlStore(file, { tablePrefix: 'mine_' })).resolves.toBeDefined();
  });

  it('goes on with a migration that was cut off', async () => {
    const file = files.file('cut');
    await (await sqlStore(file)).close();
    file.exec('delete from flyball_migration; drop table flyball_state; drop table flyball_tick_pools');
    const store = await sqlStore(file);
    expect(await store.state.replace('key', 1, 0)).toBe(true);
  });

  it.each<[SqlStoreOptions, string]>([
    [{ tablePrefix: 'Fly-' }, 'tablePrefix must be lower-case letters, digits and _, at most 40, got "Fly-"'],
    [{ schema: 'x' }, 'schema is for PostgreSQL only, got "x"'],
    [{ fineDays: 0.5 }, 'fineDays must be at least 1, got 0.5'],
    [{ retentionDays: 0 }, 'retentionDays must be above 0, got 0'],
    [{ journalHours: -1 }, 'journalHours must be at least 0, got -1'],
    [{ maxBuffered: 0 }, 'maxBuffered must be an integer, 1 or more, got 0'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs must be above 0, got NaN'],
  ])('refuses %j', async (options, message) => {
    const made = sqlStore(files.file('options'), options);
    await expect(made).rejects.toThrow(InvalidOptionError);
    await expect(made).rejects.toThrow(message);
  });

  it.each([undefined, null, 'postgres://localhost', {}, { query: () => {} }])(
    'refuses %j where a database should be',
    async (source) => {
      await expect(sqlStore(source as never)).rejects.toThrow(
        /^db must be a pool of pg, a better-sqlite3 database/,
      );
    },
  );
});
