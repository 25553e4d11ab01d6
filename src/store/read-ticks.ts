import { sql } from 'kysely';
import type { PoolRecord, TickRecord } from '../core/record.ts';
import type { Database } from './database.ts';
import type { TickKey, TickRow } from './tables.ts';

/** Ticks, and their pools, that are read at once. */
const MOST_TICKS = 100;
const MOST_POOLS = 1_000;

/** Records of all writers with `from` ≤ at ≤ `to`, oldest first. Those of another version are passed over. */
export async function* readTicks(database: Database, from: number, to: number): AsyncGenerator<TickRecord> {
  let after: TickKey | undefined;
  do {
    const ticks = await nextTicks(database, from, to, after);
    for (const some of inPortions(ticks)) {
      const pools = await poolsOf(database, some);
      for (const tick of some) {
        const head = JSON.parse(tick.head) as Omit<TickRecord, 'pools'>;
        if (head.version === 1) yield { ...head, pools: pools.get(nameOf(tick)) ?? [] };
      }
    }
    after = ticks.length === MOST_TICKS ? ticks.at(-1) : undefined;
  } while (after !== undefined);
}

function nextTicks(
  database: Database,
  from: number,
  to: number,
  after: TickKey | undefined,
): Promise<TickRow[]> {
  return database.run((db, { ticks }) => {
    const some = db
      .selectFrom(ticks)
      .selectAll()
      .where('at', '>=', from)
      .where('at', '<=', to)
      .orderBy('at')
      .orderBy('writer')
      .orderBy('number')
      .limit(MOST_TICKS);
    if (after === undefined) return some.execute();
    const { at, writer, number } = after;
    return some.where(sql<boolean>`(at, writer, number) > (${at}, ${writer}, ${number})`).execute();
  });
}

/** By tick; the ticks follow each other. */
async function poolsOf(database: Database, ticks: readonly TickRow[]): Promise<Map<string, PoolRecord[]>> {
  const [first, last] = [ticks[0], ticks.at(-1)] as [TickRow, TickRow];
  const rows = await database.run((db, { tick_pools }) =>
    db
      .selectFrom(tick_pools)
      .select(['at', 'writer', 'number', 'record'])
      .where('at', '>=', first.at)
      .where('at', '<=', last.at)
      .orderBy('at')
      .orderBy('writer')
      .orderBy('number')
      .orderBy('position')
      .execute(),
  );
  const byTick = new Map<string, PoolRecord[]>();
  for (const row of rows) {
    const pools = byTick.get(nameOf(row)) ?? [];
    pools.push(JSON.parse(row.record) as PoolRecord);
    byTick.set(nameOf(row), pools);
  }
  return byTick;
}

function nameOf({ at, writer, number }: TickKey): string {
  return `${at} ${writer} ${number}`;
}

/** Ticks in a row, as many as have a thousand pools or somewhat more. */
function* inPortions(ticks: readonly TickRow[]): Generator<TickRow[]> {
  let some: TickRow[] = [];
  let pools = 0;
  for (const tick of ticks) {
    some.push(tick);
    pools += tick.pools;
    if (pools < MOST_POOLS) continue;
    yield some;
    some = [];
    pools = 0;
  }
  if (some.length > 0) yield some;
}
