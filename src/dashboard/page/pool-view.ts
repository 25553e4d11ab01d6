import type { DashboardPool, DashboardStatus } from '../../telemetry/dashboard-data.ts';
import type { Fleet } from '../feed-message.ts';
import { stateOf } from '../pool-state.ts';
import { isAdvice, verdictOf } from '../sentences.ts';
import { duration, figure, fromNow, percent } from '../words.ts';
import { DecisionList } from './decisions.ts';
import { h, setText, whenChanged } from './dom.ts';
import { FactsView } from './facts.ts';
import { PoolCharts } from './pool-charts.ts';

/** One pool in full. */
export class PoolView {
  readonly element: HTMLElement;
  readonly charts: PoolCharts = new PoolCharts();
  readonly #name: HTMLElement;
  readonly #chips: HTMLElement;
  readonly #verdict: HTMLElement;
  readonly #tiles: HTMLElement;
  readonly #facts: FactsView = new FactsView();
  readonly #changes: DecisionList;
  readonly #held: DecisionList;
  #id: string | undefined;

  /** @param controls where actions are offered; empty on a page that only shows */
  constructor(controls: HTMLElement) {
    const point = (at: number | undefined): void => this.charts.point(at);
    this.#changes = new DecisionList({ empty: 'The size has not been changed in the last 24 h.', point });
    this.#held = new DecisionList({ empty: 'Nothing that was wanted has been held back.', point });
    this.#name = h('h2', { id: 'pool-name', tabindex: '-1' });
    this.#chips = h('div', { class: 'chips' });
    this.#verdict = h('p', { class: 'verdict' });
    this.#tiles = h('dl', { class: 'tiles' });
    this.element = h(
      'section',
      { id: 'pool', 'aria-labelledby': 'pool-name', hidden: true },
      h('div', { class: 'pool-head' }, this.#name, this.#chips),
      this.#verdict,
      this.#tiles,
      this.charts.element,
      h('div', { class: 'columns' }, h('div', {}, controls, this.#decisionCard()), this.#facts.element),
    );
  }

  update(pool: DashboardPool, fleet: Fleet): void {
    this.element.hidden = false;
    if (pool.id !== this.#id) {
      this.#id = pool.id;
      this.#changes.clear();
      this.#held.clear();
    }
    setText(this.#name, pool.id);
    const { leadership } = fleet;
    this.#drawChips({ ...pool.status, follows: leadership?.leader === false });
    this.#drawVerdict({ decision: pool.status.decision, advises: isAdvice(pool.status, fleet) });
    this.#drawTiles(pool);
    this.charts.update(pool);
    this.#changes.update(pool.history);
    this.#held.update(pool.held);
    this.#facts.update(pool, fleet);
  }

  focus(): void {
    this.#name.focus();
  }

  #decisionCard(): HTMLElement {
    const show = (shown: DecisionList): void => {
      this.#changes.element.hidden = shown !== this.#changes;
      this.#held.element.hidden = shown !== this.#held;
    };
    const button = (label: string, list: DecisionList, pressed: boolean): HTMLElement => {
      const element = h('button', { type: 'button', 'aria-pressed': String(pressed), text: label });
      element.addEventListener('click', () => {
        for (const each of segments.children) each.setAttribute('aria-pressed', String(each === element));
        show(list);
      });
      return element;
    };
    const segments = h(
      'div',
      { class: 'segments', role: 'group', 'aria-label': 'Decisions shown' },
      button('Changes', this.#changes, true),
      button('Held back', this.#held, false),
    );
    show(this.#changes);
    return h(
      'section',
      { class: 'card', 'aria-labelledby': 'decisions-name' },
      h('div', { class: 'card-head' }, h('h3', { id: 'decisions-name', text: 'Decisions' }), segments),
      this.#changes.element,
      this.#held.element,
    );
  }

  readonly #drawChips = whenChanged((status: DashboardStatus & { follows: boolean }): void => {
    const { policy, minWorkers, maxWorkers, mode, follows } = status;
    const state = stateOf({ ...status, emergency: status.emergency !== undefined });
    this.#chips.replaceChildren(
      h('span', { class: 'chip', text: policy }),
      h('span', { class: 'chip', text: `${minWorkers}–${maxWorkers} workers` }),
      mode === 'recommend' && !status.paused ? h('span', { class: 'chip', text: 'recommends only' }) : '',
      follows ? h('span', { class: 'chip', text: 'follows' }) : '',
      h('span', { class: `chip state state-${state.kind}`, text: state.text }),
    );
  });

  readonly #drawVerdict = whenChanged(({ decision, advises }: Verdict): void => {
    if (decision === undefined) {
      this.#verdict.replaceChildren('Not evaluated yet.');
      return;
    }
    this.#verdict.replaceChildren(
      h('strong', { text: verdictOf(decision, advises) }),
      ` ${decision.reason}.`,
    );
  });

  #drawTiles({ status, ahead }: DashboardPool): void {
    const { ready, starting, draining, size, target, demand, utilization, targetUtilization } = status;
    const moving = [
      starting > 0 ? `${starting} starting` : '',
      draining > 0 ? `${draining} draining` : '',
      size === target ? '' : `${target} decided`,
    ].filter(Boolean);
    const tiles: readonly Tile[] = [
      {
        name: 'Workers ready',
        value: figure(ready),
        note: moving.join(', ') || `room for ${figure(status.headroomWorkers)} more`,
      },
      {
        name: 'Demand',
        value: figure(demand),
        note:
          ahead === undefined
            ? 'workers that would be busy'
            : `${figure(ahead.mean)} expected ${fromNow(ahead.at, this.#now(status))}`,
      },
      {
        name: 'Utilisation',
        value: percent(utilization),
        note: `${percent(targetUtilization)} at the decided size`,
      },
      {
        name: 'Waiting',
        value: figure(status.queued),
        note:
          status.waitTimeMs === undefined
            ? 'jobs'
            : `${status.queued === 1 ? 'job' : 'jobs'}, wait ${duration(status.waitTimeMs)}`,
      },
      {
        name: 'Idle',
        value: figure(status.idleWorkers),
        note:
          status.responseTimeMs === undefined
            ? 'ready workers'
            : `answers in ${duration(status.responseTimeMs)}`,
      },
    ];
    while (this.#tiles.childElementCount < tiles.length) {
      this.#tiles.append(
        h('div', {}, h('dt'), h('dd', { class: 'tile-value' }), h('dd', { class: 'tile-note' })),
      );
    }
    for (const [index, { name, value, note }] of tiles.entries()) {
      const [term, figures, small] = this.#tiles.children[index]?.children ?? [];
      if (term === undefined || figures === undefined || small === undefined) continue;
      setText(term, name);
      setText(figures, value);
      setText(small, note);
    }
  }

  /** The moment of the newest evaluation. */
  #now({ decision }: DashboardStatus): number {
    return decision?.at ?? 0;
  }
}

interface Verdict {
  readonly decision: DashboardStatus['decision'];
  readonly advises: boolean;
}

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}
