import type { DashboardPool, DashboardSeries } from '../../telemetry/dashboard-data.ts';
import { clockTime, count, duration, figure } from '../words.ts';
import { type Chart, type DrawnChart, drawChart } from './chart.ts';
import { h } from './dom.ts';

export type Range = 'recent' | 'day';

const TABLE_ROWS = 60;
/** Forecasts are met at some ticks and not at others: what lies between two of them is drawn as a line. */
const LONGEST_BRIDGE = 12;

/** Capacity against demand, and below it the queue; both with a table that says the same. */
export class PoolCharts {
  readonly element: HTMLElement;
  readonly #capacity: Figure;
  readonly #queue: Figure;
  readonly #switch: HTMLElement;
  #range: Range = 'recent';
  #pool: DashboardPool | undefined;

  constructor() {
    this.#capacity = new Figure('Capacity and demand', 'in workers');
    this.#queue = new Figure('Queue', 'jobs that wait, and for how long');
    this.#switch = h(
      'div',
      { class: 'segments', role: 'group', 'aria-label': 'Time shown' },
      this.#rangeButton('recent', 'Recent'),
      this.#rangeButton('day', '24 h'),
    );
    this.#capacity.head.append(this.#switch);
    this.element = h('div', { class: 'charts' }, this.#capacity.element, this.#queue.element);
  }

  update(pool: DashboardPool): void {
    const isOther = pool.id !== this.#pool?.id;
    this.#pool = pool;
    if (isOther) this.#reset();
    this.#draw();
  }

  repaint(): void {
    this.#capacity.repaint();
    this.#queue.repaint();
  }

  point(at: number | undefined): void {
    this.#capacity.point(at);
  }

  #rangeButton(range: Range, label: string): HTMLElement {
    const pressed = String(range === this.#range);
    const button = h('button', { type: 'button', 'aria-pressed': pressed, text: label });
    button.addEventListener('click', () => {
      this.#range = range;
      for (const each of this.#switch.children) each.setAttribute('aria-pressed', String(each === button));
      this.#reset();
      this.#draw();
    });
    return button;
  }

  #reset(): void {
    this.#capacity.reset();
    this.#queue.reset();
  }

  #draw(): void {
    const pool = this.#pool;
    const series = pool?.[this.#range];
    if (pool === undefined || series === undefined || !this.element.isConnected) return;
    this.#capacity.draw(capacityChart(pool, series, this.#range), capacityInWords(pool));
    this.#queue.draw(queueChart(pool, series, this.#range), queueInWords(pool));
  }
}

/** A chart with its heading, and the same as a table. */
class Figure {
  readonly element: HTMLElement;
  readonly head: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #table: HTMLElement;
  readonly #details: HTMLDetailsElement;
  #drawn: DrawnChart | undefined;
  #chart: Chart | undefined;

  constructor(title: string, unit: string) {
    this.#canvas = h('div', { class: 'chart', role: 'group' });
    this.#table = h('div', {
      class: 'scroll',
      tabindex: '0',
      role: 'region',
      'aria-label': `${title}, as a table`,
    });
    this.#details = h(
      'details',
      { class: 'as-table' },
      h('summary', { text: 'Show as a table' }),
      this.#table,
    );
    this.#details.addEventListener('toggle', () => this.#fillTable());
    this.head = h('figcaption', {}, h('h3', {}, title, h('span', { class: 'unit', text: ` ${unit}` })));
    this.element = h('figure', { class: 'card' }, this.head, this.#canvas, this.#details);
  }

  /** @param words what the chart shows, for those who do not see it */
  draw(chart: Chart, words: string): void {
    this.#chart = chart;
    this.#canvas.setAttribute('aria-label', words);
    if (this.#drawn === undefined) this.#drawn = drawChart(this.#canvas, chart);
    else this.#drawn.update(chart);
    this.#fillTable();
  }

  reset(): void {
    this.#drawn?.destroy();
    this.#drawn = undefined;
  }

  repaint(): void {
    this.#drawn?.repaint();
  }

  point(at: number | undefined): void {
    this.#drawn?.point(at === undefined ? undefined : at / 1_000);
  }

  #fillTable(): void {
    if (!this.#details.open || this.#chart === undefined) return;
    const { times, lines, now = Number.POSITIVE_INFINITY } = this.#chart;
    const seen = Array.from(times, (time, index) => ({ time, index })).filter(({ time }) => time <= now);
    const every = Math.max(1, Math.ceil(seen.length / TABLE_ROWS));
    const rows = seen.reverse().filter((_, index) => index % every === 0);
    const cell = (value: number | null | undefined): string => (value == null ? '–' : figure(value));
    this.#table.replaceChildren(
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ...['Time', ...lines.map(labelWithUnit)].map((text) => h('th', { scope: 'col', text })),
          ),
        ),
        h(
          'tbody',
          {},
          ...rows.map(({ time, index }) =>
            h(
              'tr',
              {},
              h('th', { scope: 'row', text: clockTime(time * 1_000, (times[seen.length - 1] ?? 0) * 1_000) }),
              ...lines.map(({ values, low }) =>
                h('td', {
                  text:
                    low === undefined ? cell(values[index]) : `${cell(low[index])} to ${cell(values[index])}`,
                }),
              ),
            ),
          ),
        ),
      ),
    );
  }
}

function labelWithUnit({ label, format }: Chart['lines'][number]): string {
  return format === 'duration' ? `${label}, ms` : label;
}

/** The forecast that stands now goes on to the right of now, from the last measured demand. */
function goesOnTo({ ahead }: DashboardPool, { at }: DashboardSeries, range: Range): number | undefined {
  const last = at.at(-1);
  return range === 'recent' && ahead !== undefined && last !== undefined && ahead.at > last
    ? ahead.at
    : undefined;
}

function capacityChart(pool: DashboardPool, series: DashboardSeries, range: Range): Chart {
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

function queueChart(pool: DashboardPool, series: DashboardSeries, range: Range): Chart {
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

function capacityInWords({ status, ahead }: DashboardPool): string {
  const expected =
    ahead === undefined
      ? ''
      : `; ${figure(ahead.mean)} expected, between ${figure(ahead.low)} and ${figure(ahead.high)}`;
  return `Chart over time. Now ${count(status.ready, 'worker')} ready for a demand of ${figure(status.demand)}${expected}.`;
}

function queueInWords({ status }: DashboardPool): string {
  const wait = status.waitTimeMs === undefined ? '' : `, for ${duration(status.waitTimeMs)}`;
  return `Chart over time. Now ${count(status.queued, 'job')} waiting${wait}.`;
}
