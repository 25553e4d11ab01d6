import type {
  DashboardBudget,
  DashboardPool,
  DashboardShadow,
  DashboardTrial,
} from '../../telemetry/dashboard-data.ts';
import type { Fleet } from '../feed-message.ts';
import { amount, bytes, count, duration, figure, moment, percent, period } from '../words.ts';
import { h, whenChanged } from './dom.ts';

type Pair = readonly [term: string, value: string, title?: string];

interface Card {
  readonly element: HTMLElement;
  update(pool: DashboardPool, fleet: Fleet): void;
}

/** What stands beside the charts: in force and to come, forecasts, efficiency, cost, shadows, health. */
export class FactsView {
  readonly element: HTMLElement;
  readonly #cards: readonly Card[] = [
    card('In force, and to come', inForce),
    card('Health', health),
    card('Forecasts', forecasts),
    card('Efficiency', efficiency),
    card('Cost', cost),
    card('Budget', (_, fleet) => budget(fleet.budget)),
    card('Shadow policies', ({ shadows, trial }) => [...trialPart(trial), ...shadowPart(shadows)]),
  ];

  constructor() {
    this.element = h('div', { class: 'facts' }, ...this.#cards.map(({ element }) => element));
  }

  update(pool: DashboardPool, fleet: Fleet): void {
    for (const each of this.#cards) each.update(pool, fleet);
  }
}

let cards = 0;

/** Hidden while there is nothing to tell. */
function card(title: string, parts: (pool: DashboardPool, fleet: Fleet) => readonly HTMLElement[]): Card {
  const id = `card-${++cards}`;
  const body = h('div');
  const element = h('section', { class: 'card', 'aria-labelledby': id }, h('h3', { id, text: title }), body);
  const draw = whenChanged(({ pool, fleet }: { pool: DashboardPool; fleet: Fleet }) => {
    const drawn = parts(pool, fleet);
    element.hidden = drawn.length === 0;
    body.replaceChildren(...drawn);
  });
  return {
    element,
    update: (pool, fleet) => {
      // Times are told to the minute: a card need not be drawn again for each second.
      const minute = Math.floor(fleet.at / 60_000) * 60_000;
      const { recent: _, day: __, history: ___, held: ____, ...rest } = pool;
      draw({ pool: { ...rest, history: [], held: [] }, fleet: { ...fleet, at: minute } });
    },
  };
}

function list(pairs: readonly Pair[]): HTMLElement {
  return h(
    'dl',
    { class: 'pairs' },
    ...pairs.map(([term, value, title]) =>
      h('div', { title }, h('dt', { text: term }), h('dd', { text: value })),
    ),
  );
}

function inForce({ id, status }: DashboardPool, { at, upcoming }: Fleet): HTMLElement[] {
  const { emergency, signals, schedules } = status;
  const now = [
    ...(emergency === undefined
      ? []
      : [
          entry(
            'emergency',
            `for ${duration(emergency.sinceMs)}, ${emergency.sizeBefore} workers before it`,
            'bad',
          ),
        ]),
    ...signals.map(({ type, reason, expiresAt }) => entry(type, `${reason}, until ${moment(expiresAt, at)}`)),
    // A schedule's reason begins with its name and says until when.
    ...schedules.map(({ reason }) => h('li', {}, reason)),
  ];
  const next = upcoming
    .filter(({ pools }) => pools === undefined || pools.includes(id))
    .slice(0, 4)
    .map(({ by, from, action }) => entry(moment(from, at), `${by}: ${action}`));
  if (now.length + next.length === 0) return [];
  return [
    ...(now.length > 0 ? [h('ul', { class: 'entries' }, ...now)] : []),
    ...(next.length > 0 ? [h('h4', { text: 'To come' }), h('ul', { class: 'entries' }, ...next)] : []),
  ];
}

function entry(name: string, text: string, kind = 'quiet'): HTMLElement {
  return h('li', {}, h('strong', { class: `entry-${kind}`, text: name }), h('span', { text }));
}

function health({ id, status }: DashboardPool, { at, faults }: Fleet): HTMLElement[] {
  const { startup, operations, breaker, quality, ageMs, lastEvent } = status;
  const standing = faults.filter(({ pool }) => pool === undefined || pool === id);
  const pairs: Pair[] = [
    [
      'observed',
      quality === 'full' ? 'in full' : ageMs < 1_000 ? quality : `${quality}, ${period(ageMs)} old`,
    ],
    [
      'a start takes',
      startup.samples === 0
        ? `${duration(startup.p50Ms)}, assumed`
        : `${duration(startup.p50Ms)}, slow ones ${duration(startup.p90Ms)}`,
      'median and 90th percentile of the pool’s own starts',
    ],
    ['under way', operations === 0 ? 'nothing' : count(operations, 'operation')],
    ...(breaker === 'closed'
      ? []
      : ([['starts', breaker === 'open' ? 'stopped for a while' : 'tried again']] as Pair[])),
  ];
  return [
    ...(standing.length === 0
      ? []
      : [
          h(
            'ul',
            { class: 'entries' },
            ...standing.map(({ source, message, count: times }) =>
              entry(source, times > 1 ? `${message} (${times} times)` : message, 'bad'),
            ),
          ),
        ]),
    list(pairs),
    ...(lastEvent === undefined || lastEvent.kind === 'scaled' || lastEvent.kind === 'held'
      ? []
      : [h('p', { class: 'note', text: `${moment(lastEvent.at, at)}: ${lastEvent.message}` })]),
  ];
}

function forecasts({ status: { headroom }, ahead, accuracy }: DashboardPool, { at }: Fleet): HTMLElement[] {
  const pairs: Pair[] = [];
  if (ahead !== undefined) {
    pairs.push(
      ['expected', `${figure(ahead.mean)}, between ${figure(ahead.low)} and ${figure(ahead.high)}`],
      ['peak', `${figure(ahead.peak)} at ${moment(ahead.peakAt, at)}`],
      ['confidence', percent(ahead.confidence)],
    );
  }
  if (headroom !== undefined) {
    const { name, least, shrink } = headroom;
    pairs.push([
      'headroom',
      `${name}: ${figure(least)} to ${figure(shrink)} errors`,
      'kept above what is expected, in typical errors of the forecast; the one that has cost least on this load',
    ]);
  }
  if (accuracy !== undefined) {
    pairs.push(
      [
        'within the band',
        percent(accuracy.successRatio),
        'share of forecasts whose actual lay within low and high',
      ],
      ['mean error', `${count(accuracy.meanAbsoluteError, 'worker')}, ${percent(accuracy.errorRatio)}`],
      [
        'bias',
        `${accuracy.bias > 0 ? '+' : ''}${figure(accuracy.bias)} workers`,
        'positive: forecasts were too high',
      ],
      ['forecasts met', amount(accuracy.count)],
    );
  }
  if (pairs.length === 0) return [];
  const model = ahead?.model ?? accuracy?.model;
  return [list(pairs), ...(model === undefined ? [] : [h('p', { class: 'note', text: `by ${model}` })])];
}

function efficiency({ efficiency: e }: DashboardPool): HTMLElement[] {
  if (e.periodMs <= 0) return [];
  return [
    list([
      ['utilisation', percent(e.averageUtilization), 'busy share of the ready workers’ time'],
      ['idle', percent(e.wasteRatio), 'idle share of the time paid: ready, starting and draining'],
      ['right size', percent(e.scalingAccuracyRatio), '100%: ready workers always matched the demand'],
      ['late', percent(e.lateRatio), 'share of the demand that found no ready worker when it came'],
      ['changes of size', amount(e.changes)],
    ]),
    h('p', { class: 'note', text: `over the last ${period(e.periodMs)}` }),
  ];
}

function cost({ cost: c }: DashboardPool): HTMLElement[] {
  if (c.periodMs <= 0) return [];
  const share = c.staticPeakWorkerHours > 0 ? c.workerHours / c.staticPeakWorkerHours : 0;
  const saved = c.savedRatio >= 0 ? `${percent(c.savedRatio)} less` : `${percent(-c.savedRatio)} more`;
  return [
    meter(share, `${percent(share)} of a pool sized for the peak`),
    list([
      ['worker-hours', hours(c.workerHours)],
      ['static peak', `${hours(c.staticPeakWorkerHours)}, ${saved} here`],
      ...(c.spend === undefined ? [] : ([['spent', amount(c.spend)]] as Pair[])),
      ...(c.staticPeakSpend === undefined
        ? []
        : ([['spent if static', amount(c.staticPeakSpend)]] as Pair[])),
    ]),
    h('p', { class: 'note', text: `over the last ${period(c.periodMs)}` }),
  ];
}

/** Small pools of short lives: 0.024 says more than 0. */
function hours(value: number): string {
  return value < 1 ? String(Number(value.toPrecision(2))) : amount(value);
}

function budget(limits: readonly DashboardBudget[] | undefined): HTMLElement[] {
  if (limits === undefined || limits.length === 0) return [];
  return limits.map(({ resource, used, total, by }) => {
    const show = resource === 'memory' || resource === 'network' || resource === 'storage' ? bytes : amount;
    return meter(total > 0 ? used / total : 1, `${resource}: ${show(used)} of ${show(total)}`, by);
  });
}

function meter(share: number, text: string, title?: string): HTMLElement {
  const filled = h('span', { class: `bar ${share > 0.9 ? 'bar-warn' : 'bar-wanted'}` });
  filled.style.left = '0';
  filled.style.right = `${100 - 100 * Math.max(0, Math.min(1, share))}%`;
  return h(
    'div',
    { class: 'meter', title },
    h('span', { text }),
    h('span', { class: 'track', 'aria-hidden': 'true' }, filled),
  );
}

function trialPart(trial: DashboardTrial | undefined): HTMLElement[] {
  if (trial === undefined) return [];
  const { shadow, insteadOf, lateRatio, maxLateRatio, costRatio, maxCostRatio } = trial;
  return [
    h('p', { class: 'trial' }, h('strong', { text: shadow }), ` acts on trial instead of ${insteadOf}.`),
    list([
      ['late', `${percent(lateRatio)}, at most ${percent(maxLateRatio)}`],
      ['cost', `${percent(costRatio)}, at most ${percent(maxCostRatio)}`],
    ]),
  ];
}

function shadowPart(shadows: readonly DashboardShadow[]): HTMLElement[] {
  if (shadows.length === 0) return [];
  const heads = ['Policy', 'Size', 'Cost', 'Late', 'Changes'];
  return [
    h(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Policies beside each other' },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col', text })))),
        h(
          'tbody',
          {},
          ...shadows.map(({ name, acting, size, costRatio, lateRatio, changes, decision }) =>
            h(
              'tr',
              { title: decision?.reason },
              h('th', { scope: 'row' }, name, acting && h('span', { class: 'badge', text: 'acts' })),
              ...[amount(size), percent(costRatio), percent(lateRatio), amount(changes)].map((text) =>
                h('td', { text }),
              ),
            ),
          ),
        ),
      ),
    ),
    h('p', {
      class: 'note',
      text: 'Shadows decide on the same load and are not carried out; their figures are modelled.',
    }),
  ];
}
