import type { DashboardPool, DashboardSeries } from '../../telemetry/dashboard-data.ts';
import { count, duration, figure } from '../words.ts';
import type { Chart } from './chart-model.ts';

export type Range = 'recent' | 'day';

/** Forecasts are met at some ticks and not at others: what lies between two of them is drawn as a line. */
const LONGEST_BRIDGE = 12;

/** The forecast that stands now goes on to the right of now, from the last measured demand. */
function goesOnTo({ ahead }: DashboardPool, { at }: DashboardSeries, range: Range): number | undefined {
  const last = at.at(-1);
  return range === 'recent' && ahead !== undefined && last !== undefined && ahead.at > last
    ? ahead.at
    : undefined;
}

/** Capacity against demand, with what was and is forecast. */
export function capacityChart(pool: DashboardPool, series: DashboardSeries, range: Range): Chart {
  const { ahead } = pool;
  const end = goesOnTo(pool, series, range);
  const goesOn = end !== undefined;
  const extended = <T>(values: readonly T[], last: T): readonly T[] => (goesOn ? [...values, last] : values);
  const forecast = extended(bridged(series.forecast), ahead?.mean ?? null);
  const low = extended(bridged(series.forecastLow), ahead?.low ?? null);
  const high = extended(bridged(series.forecastHigh), ahead?.high ?? null);
  const demand = series.demand.at(-1) ?? null;
  const anchor = (values: readonly (number | null)[]): readonly (number | null)[] =>
    goesOn ? values.map((value, index) => (index === values.length - 2 ? (value ?? demand) : value)) : values;
  const capacity = series.ready.map((ready, index) =>
    ready === null ? null : ready + (series.starting[index] ?? 0),
  );
  return {
    title: 'Capacity and demand',
    times: extended(series.at, end ?? 0).map((at) => at / 1_000),
    zone: 'local',
    aligned: true,
    height: innerWidth < 640 ? 220 : 300,
    marks: pool.history.map(({ at }) => at / 1_000),
    ...(goesOn && { now: (series.at.at(-1) as number) / 1_000 }),
    lines: [
      { label: 'forecast’s band', values: anchor(high), low: anchor(low), kind: 'band', color: '--forecast' },
      { label: 'ready', values: extended(series.ready, null), kind: 'step-area', color: '--capacity' },
      {
        label: 'with starting',
        values: extended(capacity, null),
        kind: 'dashes',
        color: '--capacity',
        width: 1.25,
      },
      { label: 'forecast', values: anchor(forecast), color: '--forecast', width: 1.25 },
      { label: 'demand', values: extended(series.demand, null), color: '--demand', width: 2 },
    ],
  };
}

/** Jobs that wait, and for how long. */
export function queueChart(pool: DashboardPool, series: DashboardSeries, range: Range): Chart {
  const end = goesOnTo(pool, series, range);
  const extended = <T>(values: readonly T[], last: T): readonly T[] =>
    end === undefined ? values : [...values, last];
  return {
    title: 'Queue',
    // Ends where the chart above it ends.
    times: extended(series.at, end ?? 0).map((at) => at / 1_000),
    ...(end !== undefined && { now: (series.at.at(-1) as number) / 1_000 }),
    zone: 'local',
    height: innerWidth < 640 ? 150 : 170,
    lines: [
      { label: 'jobs waiting', values: extended(series.queued, null), kind: 'step-area', color: '--queue' },
      {
        label: 'waiting time',
        values: extended(series.waitMs, null),
        axis: 'right',
        color: '--wait',
        format: 'duration',
      },
    ],
  };
}

/** Fills short gaps between two values by a straight line. */
function bridged(values: readonly (number | null)[]): (number | null)[] {
  const filled = [...values];
  let last = -1;
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const gap = index - last;
    if (last >= 0 && gap > 1 && gap <= LONGEST_BRIDGE) {
      const from = values[last] as number;
      for (let i = 1; i < gap; i++) filled[last + i] = from + ((value - from) * i) / gap;
    }
    last = index;
  }
  return filled;
}

/** What the chart shows, for those who do not see it. */
export function capacityInWords({ status, ahead }: DashboardPool): string {
  const expected =
    ahead === undefined
      ? ''
      : `; ${figure(ahead.mean)} expected, between ${figure(ahead.low)} and ${figure(ahead.high)}`;
  return `Chart over time. Now ${count(status.ready, 'worker')} ready for a demand of ${figure(status.demand)}${expected}.`;
}

/** What the chart shows, for those who do not see it. */
export function queueInWords({ status }: DashboardPool): string {
  const wait = status.waitTimeMs === undefined ? '' : `, for ${duration(status.waitTimeMs)}`;
  return `Chart over time. Now ${count(status.queued, 'job')} waiting${wait}.`;
}
