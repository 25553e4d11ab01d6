import type { Kysely } from 'kysely';
import type { TableNames, Tables } from './tables.ts';

const HOUR_MS = 3_600_000;
/** Rows that one step deletes, or somewhat more: SQLite holds up its thread meanwhile. */
const STEP_ROWS = 1_000;
/** Ticks that one step looks at. */
const STEP_TICKS = 60;

/** How long records are kept whole, and how long what changed a size. Ms, counted from the newest record. */
export interface JournalAges {
  readonly wholeMs: number;
  readonly retentionMs: number;
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/**
 * One small step: deletes or thins some ticks, in one transaction. Of several instances that do the same at once the
 * later one finds nothing left to do.
 *
 * @returns whether there may be more to do
 */
export async function tidyJournal(
  db: Kysely<Tables>,
  names: TableNames,
  { wholeMs, retentionMs }: JournalAges,
): Promise<boolean> {
  const newest = await db
    .selectFrom(names.ticks)
    .select('at')
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined) return false;
  const now = hourOf(newest.at);
  const old = await stretch(db, names, now - retentionMs);
  if (old !== undefined) {
    await db.transaction().execute(async (each) => {
      // From the beginning of time, and so with what a killed writer left of a tick.
      await each.deleteFrom(names.tick_pools).where('at', '<=', old.to).execute();
      await each.deleteFrom(names.ticks).where('at', '<=', old.to).execute();
    });
    return true;
  }
  const whole = await stretch(db, names, now - wholeMs, 0);
  if (whole === undefined) return false;
  await db.transaction().execute(async (each) => {
    const { tick_pools, ticks } = names;
    await each
      .deleteFrom(tick_pools)
      .where('at', '>=', whole.from)
      .where('at', '<=', whole.to)
      .where('changed', '=', 0)
      .execute();
    await each
      .deleteFrom(ticks)
      .where('at', '>=', whole.from)
      .where('at', '<=', whole.to)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom(tick_pools)
              .select('position')
              .whereRef(`${tick_pools}.at`, '=', `${ticks}.at`)
              .whereRef(`${tick_pools}.writer`, '=', `${ticks}.writer`)
              .whereRef(`${tick_pools}.number`, '=', `${ticks}.number`),
          ),
        ),
      )
      .execute();
    await each
      .updateTable(ticks)
      .set({ thinned: 1 })
      .where('at', '>=', whole.from)
      .where('at', '<=', whole.to)
      .execute();
  });
  return true;
}

/** The oldest ticks before a time, as many as one step takes. */
async function stretch(
  db: Kysely<Tables>,
  { ticks }: TableNames,
  before: number,
  thinned?: 0,
): Promise<{ from: number; to: number } | undefined> {
  let query = db.selectFrom(ticks).select(['at', 'pools']).where('at', '<', before);
  if (thinned !== undefined) query = query.where('thinned', '=', thinned);
  const oldest = await query.orderBy('at').limit(STEP_TICKS).execute();
  const [first] = oldest;
  if (first === undefined) return undefined;
  let to = first.at;
  let rows = 0;
  for (const { at, pools } of oldest) {
    to = at;
    rows += pools;
    if (rows >= STEP_ROWS) break;
  }
  return { from: first.at, to };
}
