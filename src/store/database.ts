import type { EventEmitter } from 'node:events';
import {
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPool,
  type RawBuilder,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  sql,
} from 'kysely';
import { systemClock } from '../clock.ts';
import { withDeadline } from '../deadline.ts';
import { DeadlineError, InvalidOptionError } from '../errors.ts';
import { type TableNames, type Tables, tableNames } from './tables.ts';

// biome-ignore lint/suspicious/noExplicitAny: a host's own tables are no concern of the store
export type AnyKysely = Kysely<any>;

/** A pool of `pg`. */
export interface PgPool extends PostgresPool {
  on(event: 'error' | 'acquire', listener: (...about: unknown[]) => void): unknown;
}

/** Where the tables are. */
export type SqlSource = PgPool | SqliteDatabase | AnyKysely | Dialect;

/** Once so many connections hang, no more are taken: the rest of the pool is the host's. */
const MOST_HUNG = 2;

/** What is asked of the database: work on it that settles. */
export type Work<T> = (db: Kysely<Tables>, names: TableNames) => Promise<T>;

/** A database that answers in time, or fails. */
export class Database {
  readonly db: Kysely<Tables>;
  readonly names: TableNames;
  readonly prefix: string;
  readonly schema: string | undefined;
  readonly isPostgres: boolean;
  readonly timeoutMs: number;
  readonly #isOurs: boolean;
  #hung = 0;

  /** @throws InvalidOptionError */
  constructor(source: SqlSource, prefix: string, schema: string | undefined, timeoutMs: number) {
    const kysely = kyselyOf(source);
    // A dialect is no use to others, and nobody else can end what it has opened.
    this.#isOurs = 'createDriver' in source;
    const { adapter } = kysely.getExecutor();
    this.isPostgres = adapter instanceof PostgresAdapter;
    if (!this.isPostgres && !(adapter instanceof SqliteAdapter)) {
      throw new InvalidOptionError('db', 'must be PostgreSQL or SQLite', adapter.constructor.name);
    }
    if (schema !== undefined && !this.isPostgres) {
      throw new InvalidOptionError('schema', 'is for PostgreSQL only', schema);
    }
    // Plugins of the host, which may change the names of columns, are not for these tables.
    const plain = kysely.withoutPlugins() as Kysely<Tables>;
    this.db = schema === undefined ? plain : plain.withSchema(schema);
    this.names = tableNames(prefix);
    this.prefix = prefix;
    this.schema = schema;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Rejects with what `work` does, or when it has not settled in time. Its connection is lost to the pool until it
   * settles after all, so once two calls are that late the next ones fail at once.
   */
  async run<T>(work: Work<T>): Promise<T> {
    if (this.#hung >= MOST_HUNG)
      throw new Error(`the database does not answer: ${this.#hung} statements hang`);
    const call = work(this.db, this.names);
    try {
      return await withDeadline(systemClock, this.timeoutMs, 'a statement', () => call);
    } catch (error) {
      if (error instanceof DeadlineError) {
        this.#hung++;
        const settled = (): void => {
          this.#hung--;
        };
        call.then(settled, settled);
      }
      throw error;
    }
  }

  /** A table's name for SQL that is written by hand. */
  table(name: string): RawBuilder<unknown> {
    return this.schema === undefined ? sql.id(name) : sql.id(this.schema, name);
  }

  /** Ends the connections, where they are not the host's. */
  async close(): Promise<void> {
    if (this.#isOurs) await withDeadline(systemClock, this.timeoutMs, 'destroy()', () => this.db.destroy());
  }
}

function kyselyOf(source: SqlSource): AnyKysely {
  if (typeof source === 'object' && source !== null) {
    if ('getExecutor' in source) return source;
    if ('createDriver' in source) return new Kysely({ dialect: source });
    if ('prepare' in source) return new Kysely({ dialect: new SqliteDialect({ database: source }) });
    if ('connect' in source) return new Kysely({ dialect: new PostgresDialect({ pool: surviving(source) }) });
  }
  throw new InvalidOptionError(
    'db',
    'must be a pool of pg, a better-sqlite3 database, a Kysely or a dialect',
    source,
  );
}

const survivors = new WeakSet<object>();

/** A server that goes away is an `error` of each connection: without a listener it would end the process. */
function surviving(pool: PgPool): PgPool {
  if (survivors.has(pool)) return pool;
  survivors.add(pool);
  pool.on('error', () => {});
  pool.on('acquire', (connection) => {
    const client = connection as EventEmitter;
    if (survivors.has(client)) return;
    survivors.add(client);
    client.on('error', () => {});
  });
  return pool;
}
