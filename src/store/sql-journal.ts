import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Journal, JournalRange } from '../core/journal.ts';
import type { PoolId } from '../core/observation.ts';
import type { PoolRecord, TickRecord } from '../core/record.ts';
import { messageOf } from '../errors.ts';
import type { Database } from './database.ts';
import { isChange, JournalBacklog, thin, type Waiting } from './journal-backlog.ts';
import { readTicks } from './read-ticks.ts';
import type { TickPoolRow, TickRow } from './tables.ts';
import { hourOf, type JournalAges, tidyJournal } from './tidy-journal.ts';

/** One statement: about this much text, and no more rows than that. Seven parameters each. */
const STATEMENT_CHARS = 64 * 1024;
const STATEMENT_ROWS = 500;

/**
 * Records in two tables: a row for each pool, and one for the tick, which is written last and says that it is whole. A
 * tick costs it a push to a list; all else is done after it, statement by statement. What cannot be written waits, up to
 * a limit, and is written with the next record that is appended.
 */
export class SqlJournal implements Journal {
  readonly #database: Database;
  readonly #ages: JournalAges;
  readonly #backlog: JournalBacklog;
  /** Keeps the records of several instances apart. */
  readonly #writer = randomUUID().slice(0, 8);
  #appended = 0;
  /** The last hour for which old records were seen to. */
  #tidyHour = Number.NEGATIVE_INFINITY;
  /** Records of a newer hour, which wait for that. */
  readonly #untidy: Waiting[] = [];
  #working: Promise<unknown> | undefined;
  #closed = false;

  constructor(database: Database, ages: JournalAges, maxBuffered: number) {
    this.#database = database;
    this.#ages = ages;
    this.#backlog = new JournalBacklog(maxBuffered);
  }

  append(record: TickRecord): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('this journal is closed'));
    const { pools, ...head } = record;
    return new Promise((kept, failed) => {
      const number = this.#appended++;
      const entry: Waiting = { at: record.at, number, head, pools, done: 0, begun: false, kept, failed };
      if (this.#ages.wholeMs === 0) thin(entry);
      const isNothing = this.#ages.wholeMs === 0 && entry.pools.length === 0;
      if (!isNothing) this.#backlog.push(entry);
      else if (this.#backlog.waiting.length === 0) return kept();
      const worked = this.#work();
      // It has nothing to write, but it is told whether the database is there.
      if (isNothing) void worked.then((failure) => (failure === undefined ? kept() : failed(failure)));
    });
  }

  async flush(): Promise<void> {
    while (this.#backlog.waiting.length > 0) {
      const failure = await this.#work();
      if (failure !== undefined) throw failure;
    }
  }

  async *read({
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
  }: JournalRange = {}): AsyncGenerator<TickRecord> {
    await this.flush();
    yield* readTicks(this.#database, from, to);
  }

  /** Writes what waits; rejects when it cannot be written. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    await this.#working;
  }

  /** Writes all that waits, then tidies; gives what went wrong. One at a time. */
  #work(): Promise<unknown> {
    this.#working ??= this.#drain();
    return this.#working;
  }

  async #drain(): Promise<unknown> {
    let failure: unknown;
    try {
      for (;;) {
        await nextTurn(); // after the tick; and a driver that never waits leaves no turn to others by itself
        if (this.#backlog.waiting.length > 0) await this.#write();
        else if (this.#untidy.length > 0) await this.#tidy();
        else break;
      }
    } catch (error) {
      failure = error;
    }
    this.#working = undefined;
    return failure;
  }

  async #write(): Promise<void> {
    const pools: TickPoolRow[] = [];
    const ticks: TickRow[] = [];
    const touched: Waiting[] = [];
    let chars = 0;
    for (const each of this.#backlog.waiting) {
      each.begun = true;
      touched.push(each);
      let next = each.done;
      for (; next < each.pools.length && pools.length < STATEMENT_ROWS && chars < STATEMENT_CHARS; next++) {
        const row = this.#poolRow(each, next);
        pools.push(row);
        chars += row.record.length;
      }
      if (next < each.pools.length || ticks.length === STATEMENT_ROWS) break;
      ticks.push(this.#tickRow(each));
    }
    try {
      if (pools.length > 0) {
        await this.#database.run((db, { tick_pools }) =>
          db
            .insertInto(tick_pools)
            .values(pools)
            .onConflict((conflict) => conflict.doNothing())
            .execute(),
        );
      }
      if (ticks.length > 0) {
        await this.#database.run((db, names) =>
          db
            .insertInto(names.ticks)
            .values(ticks)
            .onConflict((conflict) => conflict.doNothing())
            .execute(),
        );
      }
    } catch (error) {
      throw this.#backlog.fail(error, messageOf(error));
    }
    const rest = touched[ticks.length];
    if (rest !== undefined) rest.done += pools.filter(({ number }) => number === rest.number).length;
    for (const each of this.#backlog.shift(ticks.length)) {
      if (hourOf(each.at) > this.#tidyHour) this.#untidy.push(each);
      else each.kept();
    }
  }

  async #tidy(): Promise<void> {
    try {
      const more = await this.#database.run((db, names) => tidyJournal(db, names, this.#ages));
      if (more && !this.#closed) return;
    } catch (error) {
      const told = new Error(`old records could not be thinned: ${messageOf(error)}`, { cause: error });
      for (const { failed } of this.#untidy.splice(0)) failed(told);
      return;
    }
    for (const { at, kept } of this.#untidy.splice(0)) {
      this.#tidyHour = Math.max(this.#tidyHour, hourOf(at));
      kept();
    }
  }

  #poolRow(each: Waiting, index: number): TickPoolRow {
    const pool = each.pools[index] as PoolRecord;
    return {
      at: each.at,
      writer: this.#writer,
      number: each.number,
      position: each.positions?.[index] ?? index,
      pool: columnOf(pool.view.pool),
      changed: isChange(pool) ? 1 : 0,
      record: JSON.stringify(pool),
    };
  }

  #tickRow({ at, number, head, pools, positions }: Waiting): TickRow {
    return {
      at,
      writer: this.#writer,
      number,
      pools: pools.length,
      thinned: positions === undefined ? 0 : 1,
      head: JSON.stringify(head),
    };
  }
}

/** For the index, which takes no long text, and PostgreSQL, which takes no NUL. The record has the whole name. */
function columnOf(pool: PoolId): string {
  return pool.slice(0, 240).replaceAll('\0', ' ');
}
