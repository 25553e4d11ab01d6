import type { Kysely, Transaction } from 'kysely';
import type { PoolId } from '../core/observation.ts';
import { thinSamples } from '../history-store/thin-samples.ts';
import { toRow, toSample } from './sample-row.ts';
import type { TableNames, Tables } from './tables.ts';

const DAY_MS = 86_400_000;
const COARSE_MS = 5 * 60_000;
/** Parameters of a statement: 288 means of a day, 10 columns each. */
const COLUMNS = 10;
const MOST_ROWS = Math.floor(32_766 / COLUMNS);

/** How long samples are kept as they came, and how long at all. Ms, counted from a pool's newest sample. */
export interface Ages {
  readonly fineMs: number;
  readonly retentionMs: number;
}

export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/**
 * One small step: deletes or thins one day of one pool. Each is one transaction and takes what it finds, so of several
 * instances that do the same at once the later one finds nothing left to do.
 *
 * @returns whether there may be more to do
 */
export async function tidyHistory(
  db: Kysely<Tables>,
  names: TableNames,
  pool: PoolId,
  { fineMs, retentionMs }: Ages,
): Promise<boolean> {
  const newest = await edge(db, names.samples, pool, 'desc');
  if (newest === undefined) return false;
  const today = dayOf(newest);
  for (const table of [names.samples_coarse, names.samples]) {
    const oldest = await edge(db, table, pool, 'asc');
    if (oldest === undefined || dayOf(oldest) >= today - retentionMs) continue;
    await db
      .deleteFrom(table)
      .where('pool', '=', pool)
      .where('at', '<', dayOf(oldest) + DAY_MS)
      .execute();
    return true;
  }
  const oldest = (await edge(db, names.samples, pool, 'asc')) ?? newest;
  if (dayOf(oldest) >= today - fineMs) return false;
  await db.transaction().execute((transaction) => thinDay(transaction, names, pool, dayOf(oldest)));
  return true;
}

/** Time of a pool's first or last sample: one look into the index. */
export async function edge(
  db: Kysely<Tables>,
  table: 'samples' | 'samples_coarse',
  pool: PoolId,
  direction: 'asc' | 'desc',
): Promise<number | undefined> {
  const row = await db
    .selectFrom(table)
    .select('at')
    .where('pool', '=', pool)
    .orderBy('at', direction)
    .limit(1)
    .executeTakeFirst();
  return row?.at;
}

async function thinDay(db: Transaction<Tables>, names: TableNames, pool: PoolId, day: number): Promise<void> {
  // Deleted first: what this gives is this transaction's alone, whoever else is at it.
  const rows = await db
    .deleteFrom(names.samples)
    .where('pool', '=', pool)
    .where('at', '>=', day)
    .where('at', '<', day + DAY_MS)
    .returningAll()
    .execute();
  const samples = rows.map(toSample).sort((a, b) => a.at - b.at);
  const coarse = thinSamples(samples, COARSE_MS).map((sample) => toRow(pool, sample));
  for (let from = 0; from < coarse.length; from += MOST_ROWS) {
    await db
      .insertInto(names.samples_coarse)
      .values(coarse.slice(from, from + MOST_ROWS))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
