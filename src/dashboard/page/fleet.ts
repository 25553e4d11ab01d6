import type { FeedMessage, PoolRow } from '../feed-message.ts';
import { stateOf } from '../pool-state.ts';
import { fleetInWords } from '../sentences.ts';
import { amount, duration, figure, percent } from '../words.ts';
import { h, setText, svg } from './dom.ts';

const TREND_POINTS = 60;
const TREND_WIDTH = 96;
const TREND_HEIGHT = 24;
/** From so many pools on there is a field to find one by its name. */
const FINDER_FROM = 12;

/** What all pools do together, and a table of them where there are several. */
export class FleetView {
  readonly element: HTMLElement;
  readonly #headline: HTMLElement;
  readonly #finder: HTMLInputElement;
  readonly #finderLabel: HTMLElement;
  readonly #table: HTMLElement;
  readonly #body: HTMLElement;
  readonly #rows = new Map<string, RowView>();

  constructor() {
    this.#headline = h('p', { class: 'headline' });
    this.#finder = h('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
    this.#finder.addEventListener('input', () => this.#filter());
    this.#finderLabel = h('label', { class: 'finder', hidden: true }, 'Find a pool ', this.#finder);
    this.#body = h('tbody');
    const heads = ['Pool', 'Demand', 'Workers', 'Utilisation', 'Waiting', 'State'];
    this.#table = h(
      'div',
      { class: 'card scroll', hidden: true },
      h(
        'table',
        { class: 'fleet' },
        h('caption', { class: 'hidden', text: 'All pools' }),
        h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col', text })))),
        this.#body,
      ),
    );
    this.element = h(
      'section',
      { 'aria-label': 'All pools' },
      this.#headline,
      this.#finderLabel,
      this.#table,
    );
  }

  update({ fleet, pools }: FeedMessage, watched: string | undefined): void {
    setText(this.#headline, fleetInWords(fleet));
    this.#table.hidden = pools.length < 2;
    this.#finderLabel.hidden = pools.length < FINDER_FROM;
    for (const row of pools) {
      let view = this.#rows.get(row.id);
      if (view === undefined) {
        view = new RowView(row.id);
        this.#rows.set(row.id, view);
        this.#body.append(view.element);
      }
      view.update(row, row.id === watched);
    }
    const names = new Set(pools.map(({ id }) => id));
    for (const [id, view] of this.#rows) {
      if (names.has(id)) continue;
      view.element.remove();
      this.#rows.delete(id);
    }
    this.#filter();
  }

  #filter(): void {
    const text = this.#finder.value.trim().toLowerCase();
    for (const [id, { element }] of this.#rows) element.hidden = !id.toLowerCase().includes(text);
  }
}

class RowView {
  readonly element: HTMLElement;
  readonly #link: HTMLElement;
  readonly #trend: SVGElement;
  readonly #line: SVGElement;
  readonly #cells: Readonly<Record<'demand' | 'workers' | 'utilization' | 'waiting' | 'state', HTMLElement>>;
  #points: (number | null)[] = [];

  constructor(id: string) {
    this.#link = h('a', { href: poolAddress(id), text: id });
    this.#line = svg('polyline', { fill: 'none', 'stroke-width': 1.5, 'stroke-linejoin': 'round' });
    this.#trend = svg(
      'svg',
      { class: 'trend', width: TREND_WIDTH, height: TREND_HEIGHT, 'aria-hidden': 'true' },
      this.#line,
    );
    this.#cells = {
      demand: h('span', { class: 'number' }),
      workers: h('td'),
      utilization: h('td'),
      waiting: h('td'),
      state: h('td'),
    };
    this.element = h(
      'tr',
      {},
      h('th', { scope: 'row' }, this.#link),
      h('td', {}, this.#trend, this.#cells.demand),
      this.#cells.workers,
      this.#cells.utilization,
      this.#cells.waiting,
      this.#cells.state,
    );
  }

  update(row: PoolRow, isWatched: boolean): void {
    const { demand, size, target, utilization, queued, waitTimeMs } = row;
    if (isWatched) this.#link.setAttribute('aria-current', 'true');
    else this.#link.removeAttribute('aria-current');
    setText(this.#cells.demand, figure(demand));
    setText(this.#cells.workers, size === target ? String(size) : `${size} → ${target}`);
    setText(this.#cells.utilization, percent(utilization));
    const wait = queued > 0 && waitTimeMs !== undefined ? `, ${duration(waitTimeMs)}` : '';
    setText(this.#cells.waiting, `${amount(queued)}${wait}`);
    const state = stateOf(row);
    setText(this.#cells.state, state.text);
    this.#cells.state.className = `state state-${state.kind}`;
    if (row.trend !== undefined) this.#points = [...row.trend];
    else this.#points.push(demand);
    this.#points = this.#points.slice(-TREND_POINTS);
    this.#line.setAttribute('points', polyline(this.#points));
  }
}

function polyline(points: readonly (number | null)[]): string {
  const most = Math.max(1e-9, ...points.map((value) => value ?? 0));
  const step = TREND_WIDTH / (TREND_POINTS - 1);
  return points
    .map((value, index) => {
      const x = TREND_WIDTH - (points.length - 1 - index) * step;
      return value === null
        ? ''
        : `${x.toFixed(1)},${(TREND_HEIGHT - 2 - (value / most) * (TREND_HEIGHT - 4)).toFixed(1)}`;
    })
    .filter(Boolean)
    .join(' ');
}

function poolAddress(id: string): string {
  return `#pool=${encodeURIComponent(id)}`;
}
