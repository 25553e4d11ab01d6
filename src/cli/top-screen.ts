import type { Decision } from '../core/decision.ts';
import type { PoolRow } from '../dashboard/feed-message.ts';
import { stateOf } from '../dashboard/pool-state.ts';
import { fleetInWords, isAdvice, verdictOf } from '../dashboard/sentences.ts';
import { amount, clockTime, count, duration, figure, percent } from '../dashboard/words.ts';
import type { DashboardPool } from '../telemetry/dashboard-data.ts';
import type { TopState } from './top-feed.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const BARS = '▁▂▃▄▅▆▇█';
const LONGEST_TREND = 20;
const SHORTEST_TREND = 6;
/** Columns of the list besides the name and the trend; `waiting` is left out where it does not fit. */
const FIGURES = 58;
const WAITING = 12;
const MOST_NAME = 28;
/** Lines besides the pools and the decisions. */
const FRAME = 13;

/** Everything as lines that fit. */
export function topLines({ fleet, pools, pool }: TopState, { columns, rows }: ScreenSize): string[] {
  const shown = Math.max(1, Math.min(pools.length, rows - FRAME - 4));
  const selected = pools.findIndex(({ id }) => id === pool?.id);
  // The watched pool is always among those shown.
  const first = Math.max(0, Math.min(selected - shown + 1, pools.length - shown));
  const lines = [
    fleetInWords(fleet),
    '',
    ...poolTable(pools.slice(first, first + shown), pool?.id, columns),
    ...(pools.length > shown ? [`  … ${pools.length - shown} more`] : []),
    '',
    ...(pool === undefined ? [] : poolLines(pool, isAdvice(pool.status, fleet), columns)),
    ...fleet.faults
      .slice(0, 3)
      .map(({ pool: id, message }) => `! ${id === undefined ? '' : `${id}: `}${message}`),
  ];
  const room = Math.max(1, rows - lines.length - 1);
  const decisions = pool === undefined ? [] : decisionLines(pool.history.slice(0, room), fleet.at);
  return [...lines, ...decisions].map((line) => cut(line, columns));
}

function poolTable(pools: readonly PoolRow[], watched: string | undefined, columns: number): string[] {
  const width = Math.min(MOST_NAME, Math.max(4, ...pools.map(({ id }) => id.length)));
  const room = columns - width - FIGURES;
  const hasWaiting = room >= WAITING + SHORTEST_TREND;
  const trendWidth = Math.max(SHORTEST_TREND, Math.min(LONGEST_TREND, hasWaiting ? room - WAITING : room));
  const figures = (workers: string, utilization: string, queued: string, waiting: string): string =>
    `${workers.padStart(9)} ${utilization.padStart(6)} ${queued.padStart(9)}${hasWaiting ? waiting.padStart(WAITING) : ''}`;
  const head = `  ${'pool'.padEnd(width)} ${'demand'.padEnd(trendWidth + 6)} ${figures('workers', 'util', 'queue', 'waiting')}  state`;
  return [
    head,
    ...pools.map((row) => {
      const { id, demand, size, target, utilization, queued, waitTimeMs, trend = [] } = row;
      const name = id.length > width ? `${id.slice(0, width - 1)}…` : id;
      const cells = figures(
        size === target ? String(size) : `${size} → ${target}`,
        percent(utilization),
        amount(queued),
        waitTimeMs === undefined ? '' : duration(waitTimeMs),
      );
      const marker = id === watched ? '▸' : ' ';
      return `${marker} ${name.padEnd(width)} ${spark(trend, trendWidth)} ${figure(demand).padStart(5)} ${cells}  ${stateOf(row).text}`;
    }),
  ];
}

function poolLines(
  { id, status, recent, ahead }: DashboardPool,
  advises: boolean,
  columns: number,
): string[] {
  const { decision, policy, minWorkers, maxWorkers } = status;
  const width = Math.max(10, Math.min(100, columns - 30));
  const ready = recent?.ready.slice(-width) ?? [];
  const demand = recent?.demand.slice(-width) ?? [];
  const queued = recent?.queued.slice(-width) ?? [];
  // One scale for both, so that they can be compared.
  const most = Math.max(0, ...[...ready, ...demand].map((value) => value ?? 0));
  const expected = ahead === undefined ? '' : `, ${figure(ahead.mean)} expected`;
  return [
    `${id}  ${policy}, ${minWorkers} to ${maxWorkers} workers`,
    decision === undefined ? 'Not evaluated yet.' : `${verdictOf(decision, advises)} ${decision.reason}.`,
    '',
    `demand   ${spark(demand, width, most)} ${figure(status.demand)}${expected}`,
    `ready    ${spark(ready, width, most)} ${figure(status.ready)}${status.starting > 0 ? `, ${status.starting} starting` : ''}`,
    `queue    ${spark(queued, width)} ${count(status.queued, 'job')}`,
    '',
  ];
}

function decisionLines(decisions: readonly Decision[], now: number): string[] {
  return decisions.map((decision) => decisionLine(decision, now));
}

export function decisionLine({ at, from, to, reason }: Decision, now: number): string {
  return `${clockTime(at, now)}  ${`${from} → ${to}`.padEnd(9)} ${reason}`;
}

/** One pool in one plain line. */
export function plainLine(row: PoolRow, now: number): string {
  const { id, ready, starting, target, demand, utilization, queued, waitTimeMs } = row;
  const parts = [
    `ready ${ready}${starting > 0 ? ` (+${starting})` : ''}`,
    `target ${target}`,
    `demand ${figure(demand)}`,
    `utilisation ${percent(utilization)}`,
    `queue ${queued}`,
    ...(waitTimeMs === undefined ? [] : [`wait ${duration(waitTimeMs)}`]),
    stateOf(row).text,
  ];
  return `${clockTime(now, now)}  ${id}  ${parts.join('  ')}`;
}

/** The newest values to the right. */
export function spark(values: readonly (number | null)[], width: number, most?: number): string {
  const shown = values.slice(-width);
  const top = most ?? Math.max(0, ...shown.map((value) => value ?? 0));
  const bars = shown.map((value) => {
    if (value === null) return ' ';
    const level = top > 0 ? Math.round((value / top) * (BARS.length - 1)) : 0;
    return BARS[Math.max(0, Math.min(BARS.length - 1, level))];
  });
  return bars.join('').padStart(width);
}

/** What comes over the network must not steer the terminal. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}

function cut(line: string, columns: number): string {
  const clean = harmless(line);
  return clean.length <= columns ? clean : `${clean.slice(0, Math.max(0, columns - 1))}…`;
}
