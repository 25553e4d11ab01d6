import type { Decision } from '../core/decision.ts';
import type { DashboardPool, DashboardSeries } from '../telemetry/dashboard-data.ts';

/** Decisions that a page keeps. */
const MOST_DECISIONS = 200;
/** Points of the recent series: as many as the controller keeps. */
const MOST_RECENT = 720;
const MOST_DAY = 1_440;

/** A pool with what is new of it added. */
export function mergePool(known: DashboardPool | undefined, news: DashboardPool): DashboardPool {
  if (known === undefined) return news;
  return {
    ...news,
    ...(news.recent && { recent: mergeSeries(known.recent, news.recent, MOST_RECENT) }),
    ...(news.day && { day: mergeSeries(known.day, news.day, MOST_DAY) }),
    history: mergeDecisions(known.history, news.history),
    held: mergeDecisions(known.held, news.held),
  };
}

/** A point of the same moment replaces the one before: the running minute of the day goes on changing. */
export function mergeSeries(
  known: DashboardSeries | undefined,
  news: DashboardSeries,
  most: number,
): DashboardSeries {
  const first = news.at[0];
  if (known === undefined || first === undefined) return known ?? news;
  let keep = known.at.length;
  while (keep > 0 && (known.at[keep - 1] as number) >= first) keep--;
  const join = <T>(before: readonly T[], after: readonly T[]): T[] =>
    [...before.slice(0, keep), ...after].slice(-most);
  const columns = Object.entries(news).map(([name, value]) =>
    Array.isArray(value) ? [name, join(known[name as 'demand'], value as (number | null)[])] : [name, value],
  );
  return Object.fromEntries(columns) as DashboardSeries;
}

export function decisionKey({ at, from, to, trigger, reason }: Decision): string {
  return JSON.stringify([at, from, to, trigger, reason]);
}

/** Newest first; what is there already is not added again. */
function mergeDecisions(known: readonly Decision[], news: readonly Decision[]): readonly Decision[] {
  const keys = new Set(known.map(decisionKey));
  const fresh = news.filter((decision) => !keys.has(decisionKey(decision)));
  return fresh.length === 0 ? known : [...fresh, ...known].slice(0, MOST_DECISIONS);
}
