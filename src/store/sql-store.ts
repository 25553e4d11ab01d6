import type { Journal } from '../core/journal.ts';
import { InvalidOptionError } from '../errors.ts';
import type { HistoryStore } from '../history-store/history-store.ts';
import type { StateStore } from '../state-store/state-store.ts';
import { Database, type SqlSource } from './database.ts';
import { migrate } from './migrations.ts';
import { SqlHistory } from './sql-history.ts';
import { SqlJournal } from './sql-journal.ts';
import { SqlState } from './sql-state.ts';

export interface SqlStoreOptions {
  /** Begins the names of all tables. Lower-case letters, digits and `_`, at most 40; default `flyball_`. */
  readonly tablePrefix?: string;
  /** PostgreSQL's schema for the tables; it is made when it is missing. Default: that of the connection. */
  readonly schema?: string;
  /** Samples of the history are kept as they came for this long; then they are thinned to five minutes. Days; default 2. */
  readonly fineDays?: number;
  /**
   * What is older than this is deleted: samples counted from a pool's newest one, records from the newest record. Days;
   * default 60.
   */
  readonly retentionDays?: number;
  /**
   * Records of the journal are kept whole for this long; then only of pools whose sizes changed. 0: only these are
   * written. Hours; default 24.
   */
  readonly journalHours?: number;
  /**
   * How many records of the journal may wait in memory for a database that is slow or away, in pools × ticks. An integer, 1
   * or more; default 20,000: some 60 MB.
   */
  readonly maxBuffered?: number;
  /** A statement that has not ended after this long has failed. Ms; default 10,000. */
  readonly timeoutMs?: number;
}

/** What a controller keeps, in one database. */
export interface SqlStore {
  /** Of what was measured: for `recordHistory`. */
  readonly history: HistoryStore;
  /** Of what was decided: for the controller's option `journal`. */
  readonly journal: Journal;
  /** What instances share. */
  readonly state: StateStore;
  /**
   * Writes what waits; rejects when it cannot be written. A pool, database or `Kysely` that was given stays open; what a
   * dialect has opened is ended.
   */
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * History, journal and state in PostgreSQL or SQLite. Makes the tables that are missing.
 *
 * ```ts
 * import SQLite from 'better-sqlite3';
 * import { recordHistory, ScalingController } from 'flyball';
 * import { sqlStore } from 'flyball/store/sql';
 *
 * const store = await sqlStore(new SQLite(':memory:')); // or new pg.Pool({ connectionString })
 * const controller = new ScalingController({ pools: [], journal: store.journal });
 * const stop = recordHistory(controller, store.history);
 * ```
 *
 * @param db a `Pool` of pg, a database of better-sqlite3, a `Kysely`, or a dialect of kysely's
 * @throws InvalidOptionError
 * @throws Error when the database cannot be reached, or its tables are of a newer flyball
 */
export async function sqlStore(db: SqlSource, options: SqlStoreOptions = {}): Promise<SqlStore> {
  const { tablePrefix = 'flyball_', schema, maxBuffered = 20_000 } = options;
  if (!/^[a-z0-9_]{0,40}$/.test(tablePrefix)) {
    throw new InvalidOptionError(
      'tablePrefix',
      'must be lower-case letters, digits and _, at most 40',
      tablePrefix,
    );
  }
  if (!Number.isInteger(maxBuffered) || maxBuffered < 1) {
    throw new InvalidOptionError('maxBuffered', 'must be an integer, 1 or more', maxBuffered);
  }
  const fineMs = atLeast('fineDays', options.fineDays ?? 2, 1) * DAY_MS;
  const retentionMs = above('retentionDays', options.retentionDays ?? 60) * DAY_MS;
  const wholeMs = atLeast('journalHours', options.journalHours ?? 24, 0) * HOUR_MS;
  const timeoutMs = above('timeoutMs', options.timeoutMs ?? 10_000);

  const database = new Database(db, tablePrefix, schema, timeoutMs);
  try {
    await migrate(database);
  } catch (error) {
    await database.close().catch(() => {});
    throw error;
  }
  const history = new SqlHistory(database, { fineMs, retentionMs });
  const journal = new SqlJournal(database, { wholeMs, retentionMs }, maxBuffered);
  const state = new SqlState(database);
  return {
    history,
    journal,
    state,
    async close() {
      const ends = await Promise.allSettled([history.close(), journal.close(), state.close()]);
      await database.close();
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
}

function atLeast(field: string, value: number, least: number): number {
  if (!(value >= least && value < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(field, `must be at least ${least}`, value);
  }
  return value;
}

function above(field: string, value: number): number {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new InvalidOptionError(field, 'must be above 0', value);
  return value;
}
