import type { DashboardPool } from '../../telemetry/dashboard-data.ts';
import { ChartFigure } from './chart-figure.ts';
import { h } from './dom.ts';
import { capacityChart, capacityInWords, queueChart, queueInWords, type Range } from './series-charts.ts';

/** Capacity against demand, and below it the queue; both with a table that says the same. */
export class PoolCharts {
  readonly element: HTMLElement;
  readonly #capacity: ChartFigure;
  readonly #queue: ChartFigure;
  readonly #switch: HTMLElement;
  #range: Range = 'recent';
  #pool: DashboardPool | undefined;

  constructor() {
    this.#capacity = new ChartFigure('Capacity and demand', 'in workers');
    this.#queue = new ChartFigure('Queue', 'jobs that wait, and for how long');
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
