import { clockTime, figure } from '../words.ts';
import { type DrawnChart, drawChart } from './chart.ts';
import type { Chart } from './chart-model.ts';
import { h } from './dom.ts';

const TABLE_ROWS = 60;

/** A chart with its heading, and the same as a table. */
export class ChartFigure {
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
