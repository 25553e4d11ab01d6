import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { type Dialect, PostgresDialect, SqliteDialect } from 'kysely';
import { Pool } from 'pg';
import { type SqlStore, type SqlStoreOptions, sqlStore } from '../../src/store/sql-store.ts';
import { hasPostgres, PostgresServer } from '../postgres-server.ts';

/** A database for the tests of one file, with places in it that know nothing of each other. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  readonly isMissing: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
  dialect(place: string): Dialect;
  /** All that are opened at one place share its tables. */
  open(place: string, options?: SqlStoreOptions): Promise<SqlStore>;
}

/** A file for each place. */
export function sqlite(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'flyball-sqlite-'));
  const dialect = (place: string): Dialect => {
    const database = new SQLite(join(folder, `${place}.db`));
    database.pragma('journal_mode = WAL');
    return new SqliteDialect({ database });
  };
  return {
    name: 'SQLite',
    isMissing: false,
    start: async () => {},
    stop: async () => rmSync(folder, { recursive: true }),
    dialect,
    open: (place, options) => sqlStore(dialect(place), options),
  };
}

/** A server of its own, in it a schema for each place. */
export function postgres(): TestDatabase & { readonly server: PostgresServer } {
  let server: PostgresServer | undefined;
  const dialect = (): Dialect => {
    const pool = new Pool({ connectionString: (server as PostgresServer).url, max: 5 });
    pool.on('error', () => {}); // an idle connection that is cut
    return new PostgresDialect({ pool });
  };
  return {
    name: 'PostgreSQL',
    isMissing: !hasPostgres,
    get server() {
      return server as PostgresServer;
    },
    start: async () => {
      server = await PostgresServer.start();
    },
    stop: async () => server?.stop(),
    dialect,
    open: (place, options) => sqlStore(dialect(), { schema: place.replaceAll('-', '_'), ...options }),
  };
}
