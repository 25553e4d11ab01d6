import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { systemClock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import type { Database } from './database.ts';
import type { TableNames, Tables } from './tables.ts';

/** A step of the schema. May be run again after it was cut off in the middle: SQLite is not rolled back. */
type Step = (db: Kysely<Tables>, names: TableNames) => Promise<void>;

/** By name, in the order of their names. What was published is never changed. */
const STEPS: Readonly<Record<string, Step>> = {
  '0001_history_journal_state': createAll,
};

/** Others may hold the lock for as long. */
const TIMEOUT_MS = 60_000;
/** SQLite has no lock for migrations: of several processes that begin at once, those that lose try again. */
const MOST_TRIES = 10;

/**
 * Brings the tables to the form that this flyball knows.
 *
 * @throws Error when they were made by a newer one, or the database does not answer
 */
export async function migrate(database: Database): Promise<void> {
  // A database that does not answer is found out sooner than others end their migration.
  await database.run((db) => sql`select 1`.execute(db));
  await withDeadline(systemClock, TIMEOUT_MS, 'the migration of the tables', async (signal) => {
    for (let tries = 1; ; tries++) {
      const { error } = await migratorOf(database).migrateToLatest();
      if (error === undefined) return;
      const newer = await unknownSteps(database);
      if (newer.length > 0) {
        const which = `the tables ${database.prefix}* were made by a newer flyball (${newer.join(', ')})`;
        throw new Error(`${which}: update this one, or give it a tablePrefix of its own`);
      }
      if (database.isPostgres || tries === MOST_TRIES) throw error;
      await systemClock.sleep(50 * tries, signal);
    }
  });
}

function migratorOf({ db, names, prefix, schema }: Database): Migrator {
  const migrations = Object.entries(STEPS).map(([name, step]): [string, Migration] => [
    name,
    { up: (each) => step(schema === undefined ? each : each.withSchema(schema), names) },
  ]);
  return new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(migrations) },
    migrationTableName: `${prefix}migration`,
    migrationLockTableName: `${prefix}migration_lock`,
    ...(schema !== undefined && { migrationTableSchema: schema }),
  });
}

/** Steps that the database has behind it and this flyball does not know. */
async function unknownSteps(database: Database): Promise<string[]> {
  const table = database.table(`${database.prefix}migration`);
  try {
    const done = await sql<{ name: string }>`select name from ${table}`.execute(database.db);
    return done.rows.map(({ name }) => name).filter((name) => !(name in STEPS));
  } catch {
    return [];
  }
}

async function createAll(db: Kysely<Tables>, names: TableNames): Promise<void> {
  for (const table of [names.samples, names.samples_coarse]) {
    await db.schema
      .createTable(table)
      .ifNotExists()
      .addColumn('pool', 'text', (column) => column.notNull())
      .addColumn('at', 'double precision', (column) => column.notNull())
      .addColumn('demand', 'double precision', (column) => column.notNull())
      .addColumn('noise', 'double precision')
      .addColumn('utilization', 'double precision')
      .addColumn('queued', 'double precision')
      .addColumn('response_time_ms', 'double precision')
      .addColumn('error_ratio', 'double precision')
      .addColumn('arrivals_per_second', 'double precision')
      .addColumn('context', 'text')
      .addPrimaryKeyConstraint(`${table}_pk`, ['pool', 'at'])
      .execute();
  }
  await db.schema
    .createTable(names.ticks)
    .ifNotExists()
    .addColumn('at', 'double precision', (column) => column.notNull())
    .addColumn('writer', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('pools', 'integer', (column) => column.notNull())
    .addColumn('thinned', 'integer', (column) => column.notNull())
    .addColumn('head', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint(`${names.ticks}_pk`, ['at', 'writer', 'number'])
    .execute();
  await db.schema
    .createIndex(`${names.ticks}_thinned`)
    .ifNotExists()
    .on(names.ticks)
    .columns(['thinned', 'at'])
    .execute();
  await db.schema
    .createTable(names.tick_pools)
    .ifNotExists()
    .addColumn('at', 'double precision', (column) => column.notNull())
    .addColumn('writer', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('pool', 'text', (column) => column.notNull())
    .addColumn('changed', 'integer', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint(`${names.tick_pools}_pk`, ['at', 'writer', 'number', 'position'])
    .execute();
  await db.schema
    .createIndex(`${names.tick_pools}_pool`)
    .ifNotExists()
    .on(names.tick_pools)
    .columns(['pool', 'at'])
    .execute();
  await db.schema
    .createTable(names.state)
    .ifNotExists()
    .addColumn('key', 'text', (column) => column.notNull().primaryKey())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}
