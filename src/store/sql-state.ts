import { InvalidOptionError } from '../errors.ts';
import type { StateStore, Versioned } from '../state-store/state-store.ts';
import type { Database } from './database.ts';

/** State in a table: a row for each document, replaced by one conditional statement. */
export class SqlState implements StateStore {
  readonly #database: Database;
  readonly #writing = new Set<Promise<boolean>>();
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(key: string): Promise<Versioned | undefined> {
    const row = await this.#database.run((db, { state }) =>
      db.selectFrom(state).select(['value', 'version']).where('key', '=', valid(key)).executeTakeFirst(),
    );
    return row && { value: parsed(row.value), version: row.version };
  }

  async replace(key: string, value: unknown, expected: number): Promise<boolean> {
    if (this.#closed) throw new Error('this store is closed');
    const write = this.#replace(valid(key), JSON.stringify(value) ?? 'null', expected);
    this.#writing.add(write);
    try {
      return await write;
    } finally {
      this.#writing.delete(write);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#writing);
  }

  #replace(key: string, value: string, expected: number): Promise<boolean> {
    return this.#database.run(async (db, { state }) => {
      if (expected === 0) {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto(state)
          .values({ key, value, version: 1 })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        return numInsertedOrUpdatedRows === 1n;
      }
      const { numUpdatedRows } = await db
        .updateTable(state)
        .set({ value, version: expected + 1 })
        .where('key', '=', key)
        .where('version', '=', expected)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    });
  }
}

/** PostgreSQL takes no text with a NUL in it, and no long text in an index. */
function valid(key: string): string {
  if (key === '' || key.length > 240 || key.includes('\0')) {
    throw new InvalidOptionError('key', 'must be a text of 1 to 240 characters without NUL', key);
  }
  return key;
}

/** What somebody has broken by hand is no document: it can be replaced. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
