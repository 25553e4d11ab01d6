import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { Pool } from 'pg';
import { type SqlStore, type SqlStoreOptions, sqlStore } from '../../src/store/sql-store.ts';
import { hasPostgres, PostgresServer } from '../postgres-server.ts';

/** A database for the tests of one file, with places in it that know nothing of each other. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  readonly isMissing: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** All that are opened at one place share its tables. */
  open(place: string, options?: SqlStoreOptions): Promise<SqlStore>;
}

/** A file for each place. */
export function sqlite(): TestDatabase & { file(place: string): SQLite.Database } {
  const folder = mkdtempSync(join(tmpdir(), 'flyball-sqlite-'));
  const file = (place: string): SQLite.Database => {
    const database = new SQLite(join(folder, `${place}.db`));
    database.pragma('journal_mode = WAL');
    return database;
  };
  return {
    name: 'SQLite',
    isMissing: false,
    start: async () => {},
    stop: async () => rmSync(folder, { recursive: true }),
    file,
    open: (place, options) => sqlStore(file(place), options),
  };
}

/** A server of its own, in it a schema for each place. */
export function postgres(): TestDatabase & { readonly server: PostgresServer; pool(): Pool } {
  let server: PostgresServer | undefined;
  const pools: Pool[] = [];
  const pool = (): Pool => {
    const { url } = server as PostgresServer;
    // Many stores are opened, and the server takes 50 connections.
    const opened = new Pool({ connectionString: url, max: 3, idleTimeoutMillis: 200 });
    pools.push(opened);
    return opened;
  };
  return {
    name: 'PostgreSQL',
    isMissing: !hasPostgres,
    get server() {
      return server as PostgresServer;
    },
    pool,
    start: async () => {
      server = await PostgresServer.start();
    },
    stop: async () => {
      await Promise.all(pools.map((each) => each.end()));
      await server?.stop();
    },
    open: (place, options) => sqlStore(pool(), { schema: place.replaceAll('-', '_'), ...options }),
  };
}
