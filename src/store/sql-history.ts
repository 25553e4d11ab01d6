import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { LoadSample } from '../core/forecast.ts';
import type { PoolId } from '../core/observation.ts';
import { InvalidOptionError, messageOf } from '../errors.ts';
import type { HistoryRange, HistoryStore } from '../history-store/history-store.ts';
import type { Database } from './database.ts';
import { toRow, toSample } from './sample-row.ts';
import type { SampleRow } from './tables.ts';
import { type Ages, dayOf, edge, tidyHistory } from './tidy-history.ts';

/** Samples that wait to be written, and who wants to know. */
interface Waiting {
  readonly pool: PoolId;
  readonly samples: readonly LoadSample[];
  /** Of these, how many are written. */
  done: number;
  readonly kept: () => void;
  readonly failed: (error: unknown) => void;
}

/** Rows of one statement. Ten parameters each: PostgreSQL takes 65,535, SQLite 32,766, and holds up its thread for each. */
const MOST_ROWS = 500;

/**
 * A history in two tables: samples as they came, and the means of the days that are no longer recent. What several
 * pools append at once goes into one statement. A pool's first sample of a day sees to its old days: step by step, and
 * not before all that waits is written.
 */
export class SqlHistory implements HistoryStore {
  readonly #database: Database;
  readonly #ages: Ages;
  readonly #waiting: Waiting[] = [];
  /** Pools whose old days are to be seen to, and the appends that wait for that. */
  readonly #untidy = new Map<PoolId, Waiting[]>();
  /** The last day for which that was done. */
  readonly #tidyDay = new Map<PoolId, number>();
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(database: Database, ages: Ages) {
    this.#database = database;
    this.#ages = ages;
  }

  append(pool: PoolId, samples: readonly LoadSample[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('this history is closed'));
    const flaw = flawOf(pool, samples);
    if (flaw !== undefined) return Promise.reject(flaw);
    if (samples.length === 0) return Promise.resolve();
    return new Promise((kept, failed) => {
      this.#waiting.push({ pool, samples, done: 0, kept, failed });
      this.#working ??= this.#work();
    });
  }

  async read(pool: PoolId, range: HistoryRange = {}): Promise<LoadSample[]> {
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range;
    const rows = await this.#database.run(async (db, { samples, samples_coarse }) => {
      const newest = await edge(db, samples, pool, 'desc');
      if (newest === undefined) return [];
      const since = Math.max(from, dayOf(newest) - this.#ages.retentionMs);
      // In one statement: a day that is thinned meanwhile is there once.
      return db
        .selectFrom(samples_coarse)
        .selectAll()
        .where('pool', '=', pool)
        .where('at', '>=', since)
        .where('at', '<=', to)
        .unionAll(
          db
            .selectFrom(samples)
            .selectAll()
            .where('pool', '=', pool)
            .where('at', '>=', since)
            .where('at', '<=', to),
        )
        .orderBy('at')
        .execute();
    });
    return rows.map(toSample);
  }

  async pools(): Promise<PoolId[]> {
    const { rows } = await this.#database.run((db, names) => {
      const samples = this.#database.table(names.samples);
      // From each pool to the next one in the index, and not through all their samples.
      return sql<{ pool: PoolId }>`
        with recursive known(pool) as (
          select min(pool) from ${samples}
          union all
          select (select min(pool) from ${samples} where pool > known.pool) from known where known.pool is not null
        )
        select pool from known where pool is not null`.execute(db);
    });
    return rows.map(({ pool }) => pool);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }

  /** Writes all that waits, then tidies, until neither is left. */
  async #work(): Promise<void> {
    for (;;) {
      await nextTurn(); // a driver that never waits leaves no turn to others by itself
      if (this.#waiting.length > 0) await this.#write();
      else if (this.#untidy.size > 0) await this.#tidy();
      else break;
    }
    this.#working = undefined;
  }

  async #write(): Promise<void> {
    const rows: SampleRow[] = [];
    const touched: Waiting[] = [];
    for (const each of this.#waiting) {
      const { pool, samples, done } = each;
      const more = samples.slice(done, done + MOST_ROWS - rows.length);
      for (const sample of more) rows.push(toRow(pool, sample));
      each.done += more.length;
      touched.push(each);
      if (rows.length === MOST_ROWS) break;
    }
    try {
      await this.#database.run((db, { samples }) =>
        db
          .insertInto(samples)
          .values(rows)
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    } catch (error) {
      // Who appended has them still, and tries again: here they would wait twice.
      for (const { failed } of this.#waiting.splice(0)) failed(error);
      return;
    }
    const ended = touched.filter(({ samples, done }) => done === samples.length);
    this.#waiting.splice(0, ended.length);
    for (const each of ended) this.#written(each);
  }

  #written(each: Waiting): void {
    const { pool, samples, kept } = each;
    if (newestDay(samples) <= (this.#tidyDay.get(pool) ?? Number.NEGATIVE_INFINITY)) {
      kept();
      return;
    }
    const others = this.#untidy.get(pool);
    if (others === undefined) this.#untidy.set(pool, [each]);
    else others.push(each);
  }

  async #tidy(): Promise<void> {
    const [pool, appends] = this.#untidy.entries().next().value as [PoolId, Waiting[]];
    try {
      const more = await this.#database.run((db, names) => tidyHistory(db, names, pool, this.#ages));
      if (more && !this.#closed) return;
      this.#tidyDay.set(pool, Math.max(...appends.map(({ samples }) => newestDay(samples))));
      for (const { kept } of appends) kept();
    } catch (error) {
      const told = new Error(`old samples could not be thinned: ${messageOf(error)}`, { cause: error });
      for (const { failed } of appends) failed(told);
    }
    this.#untidy.delete(pool);
  }
}

function newestDay(samples: readonly LoadSample[]): number {
  return samples.reduce((latest, { at }) => Math.max(latest, dayOf(at)), Number.NEGATIVE_INFINITY);
}

/** What a database would refuse, and with it the whole statement. */
function flawOf(pool: PoolId, samples: readonly LoadSample[]): InvalidOptionError | undefined {
  if (pool === '' || pool.length > 240 || pool.includes('\0')) {
    return new InvalidOptionError('pool', 'must be a name of 1 to 240 characters without NUL', pool);
  }
  const index = samples.findIndex(({ at, demand }) => !Number.isFinite(at) || !Number.isFinite(demand));
  if (index === -1) return undefined;
  return new InvalidOptionError(
    `samples[${index}]`,
    'must have a time and a demand that are numbers',
    samples[index],
  );
}
