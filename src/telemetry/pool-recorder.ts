import type { Decision } from '../core/decision.ts';
import type { PoolRecord } from '../core/record.ts';
import type { PoolView } from '../core/view.ts';
import type { PredictionEvent } from '../events.ts';
import type { DashboardEvent } from './dashboard-data.ts';
import { DayAccount } from './day-account.ts';
import { PoolSeries } from './pool-series.ts';

const DAY_MS = 24 * 3_600_000;
/** Changes that are kept of 24 h, and held decisions. */
const MOST_CHANGES = 200;
const MOST_HELD = 20;

/** What is kept of one pool. */
export class PoolRecorder {
  readonly series: PoolSeries;
  readonly account: DayAccount = new DayAccount();
  /** Of the newest tick. */
  view: PoolView | undefined;
  decision: Decision | undefined;
  lastEvent: DashboardEvent | undefined;
  readonly #changes: Decision[] = [];
  readonly #held: Decision[] = [];
  #heldAt = Number.NEGATIVE_INFINITY;
  #prediction: PredictionEvent | undefined;

  constructor(intervalMs: number) {
    this.series = new PoolSeries(intervalMs);
  }

  tick({ view, decision }: PoolRecord, passedMs: number): void {
    this.view = view;
    this.decision = decision;
    if (view.quality === 'none') return;
    if (passedMs > 0) this.account.add(view, passedMs);
    // Not seen is not known: a gap in the chart.
    const seen = view.quality !== 'stale';
    const met = this.#prediction?.at === view.now ? this.#prediction : undefined;
    this.series.add(view.now, {
      ready: view.ready,
      starting: view.starting,
      draining: view.draining,
      busy: seen ? view.busy : Number.NaN,
      target: decision.to,
      demand: seen ? view.demand.fast : Number.NaN,
      forecast: met?.predicted ?? Number.NaN,
      forecastLow: met?.low ?? Number.NaN,
      forecastHigh: met?.high ?? Number.NaN,
      queued: seen ? view.queued : Number.NaN,
      waitMs: (seen ? view.flow.waitTimeMs : undefined) ?? Number.NaN,
    });
  }

  scaled(decision: Decision): void {
    this.#changes.push(decision);
    if (this.#changes.length > MOST_CHANGES) this.#changes.shift();
    this.account.changed(decision.at);
    this.#happened('scaled', decision.at, `${decision.from} → ${decision.to}: ${decision.reason}`);
  }

  held(decision: Decision): void {
    const last = this.#held.at(-1);
    const goesOn = decision.at - this.#heldAt < 2 * (this.view?.intervalMs ?? 0);
    this.#heldAt = decision.at;
    if (last !== undefined && goesOn && sameHold(last, decision)) return;
    this.#held.push(decision);
    if (this.#held.length > MOST_HELD) this.#held.shift();
    if (decision.to === decision.from) this.#happened('held', decision.at, decision.reason);
  }

  predicted(event: PredictionEvent): void {
    this.account.predicted(event);
    this.#prediction = event;
  }

  happened(kind: DashboardEvent['kind'], at: number, message: string): void {
    this.#happened(kind, at, message);
  }

  /** Newest first. */
  history(now: number): Decision[] {
    return this.#changes.filter(({ at }) => at > now - DAY_MS).reverse();
  }

  /** Newest first. */
  holds(): Decision[] {
    return this.#held.toReversed();
  }

  #happened(kind: DashboardEvent['kind'], at: number, message: string): void {
    this.lastEvent = { at, kind, message };
  }
}

/** For the same reasons as before: a cooldown that lasts for ten ticks is one hold. */
function sameHold(a: Decision, b: Decision): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    a.wanted === b.wanted &&
    a.adjustments.length === b.adjustments.length &&
    a.adjustments.every(({ code }, index) => code === b.adjustments[index]?.code)
  );
}
