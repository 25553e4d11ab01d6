import type { Decision } from '../../core/decision.ts';
import type { DashboardPool } from '../../telemetry/dashboard-data.ts';
import type { FeedMessage } from '../feed-message.ts';
import { mergePool } from '../merge.ts';
import { leadershipInWords } from '../sentences.ts';
import { duration } from '../words.ts';
import { type ConnectionState, connect } from './connection.ts';
import { Controls } from './controls.ts';
import { h, setText, svg } from './dom.ts';
import { FleetView } from './fleet.ts';
import { PoolView } from './pool-view.ts';
import { createThemeButton } from './theme.ts';

const title = document.body.dataset.title ?? 'flyball';
const controls = new Controls();
const fleetView = new FleetView();
const poolView = new PoolView(controls.element);
const status = h('span', { class: 'connection' });
const missing = h('p', { class: 'empty', hidden: true });
/** Read out by screen readers: changes of size, who leads, and whether the page still hears from the service. */
const announcer = h('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' });

document.body.prepend(
  h('a', { class: 'skip', href: '#pool', text: 'Skip to the pool' }),
  h(
    'header',
    {},
    h('div', { class: 'brand' }, mark(), h('h1', { text: title })),
    status,
    createThemeButton(() => poolView.charts.repaint()),
  ),
  h('main', {}, fleetView.element, missing, poolView.element),
  announcer,
);

let message: FeedMessage | undefined;
let pool: DashboardPool | undefined;
let state: ConnectionState = 'connecting';
/** The service's clock minus this one's: browsers' clocks are off. */
let clockOffset = 0;
let disconnect: (() => void) | undefined;

function watchedPool(): string | undefined {
  const name = new URLSearchParams(location.hash.slice(1)).get('pool');
  return name === null || name === '' ? undefined : name;
}

function show(next: FeedMessage): void {
  message = next;
  clockOffset = next.fleet.at - Date.now();
  const watched = watchedPool();
  fleetView.update(next, pool?.id ?? watched);
  missing.hidden = pool !== undefined;
  poolView.element.hidden = pool === undefined;
  setText(
    missing,
    watched === undefined ? 'This controller has no pools yet.' : `There is no pool named “${watched}” here.`,
  );
  if (pool === undefined) return;
  controls.update(pool);
  poolView.update(pool, next.fleet);
  document.title = `${pool.status.ready} ready · ${pool.id} · ${title}`;
}

function watch(): void {
  disconnect?.();
  pool = undefined;
  disconnect = connect(watchedPool(), {
    snapshot(next) {
      pool = next.pool;
      show(next);
    },
    tick(next) {
      const known = new Set(pool?.history);
      pool = next.pool === undefined ? undefined : mergePool(pool, next.pool);
      announce(pool?.history.filter((decision) => !known.has(decision)) ?? [], next);
      show(next);
    },
    state(next) {
      if (state === 'live' && next === 'lost') setText(announcer, 'The connection to the service is lost.');
      state = next;
      showStatus();
    },
  });
}

/** Newest first; told oldest first. */
function announce(decisions: readonly Decision[], { fleet: { leadership } }: FeedMessage): void {
  const sentences = decisions.map(
    ({ pool: id, from, to, reason }) => `${id}: ${from} to ${to} workers: ${reason}.`,
  );
  const known = message?.fleet.leadership;
  const isNews = leadership?.leader !== known?.leader || leadership?.fencingToken !== known?.fencingToken;
  if (leadership !== undefined && isNews) sentences.push(leadershipInWords(leadership));
  if (sentences.length > 0) setText(announcer, sentences.reverse().join(' '));
}

function showStatus(): void {
  status.className = `connection connection-${state}`;
  setText(status, statusText());
}

function statusText(): string {
  if (state === 'connecting') return 'connecting …';
  if (state === 'lost') return 'connection lost, trying again …';
  if (message === undefined) return '';
  const { running, mode, nextEvaluationAt } = message.fleet;
  if (!running && nextEvaluationAt === undefined) return 'live, not on a timer';
  const inMs = (nextEvaluationAt ?? 0) - (Date.now() + clockOffset);
  const next = inMs > 1_500 ? `, next evaluation in ${duration(Math.round(inMs / 1_000) * 1_000)}` : '';
  return `${mode === 'recommend' ? 'live, recommends only' : 'live'}${next}`;
}

function mark(): SVGElement {
  const stroke = { fill: 'none', stroke: 'currentColor', 'stroke-width': 2.25, 'stroke-linecap': 'round' };
  return svg(
    'svg',
    { viewBox: '0 0 32 32', width: 26, height: 26, 'aria-hidden': 'true' },
    svg('path', { d: 'M16 4v24M16 8 7 19M16 8l9 11M10 28h12', ...stroke }),
    svg('circle', { cx: 7, cy: 19, r: 4, fill: 'currentColor' }),
    svg('circle', { cx: 25, cy: 19, r: 4, fill: 'currentColor' }),
  );
}

addEventListener('hashchange', () => {
  if (location.hash !== '#pool') watch();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => poolView.charts.repaint());
setInterval(showStatus, 1_000);
void controls.open();
watch();
