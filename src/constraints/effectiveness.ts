import type { PoolView } from '../core/view.ts';

/** Share of the expected gain in throughput that counts as an effect: 4 → 8 workers should bring 100%; 25% is enough. */
const EFFECT_RATIO = 0.25;
/** After a scale-up without effect the next may be tried at this time. */
const FORGET_MS = 10 * 60_000;

/**
 * Notices scale-ups that bring no throughput although work waits before and after: the limit is then a database, a
 * lock or an upstream, and more workers make it worse. Needs `completed` totals; without them it says nothing.
 */
export class Effectiveness {
  /** Scale-ups in a row without effect. */
  ineffectiveUps = 0;
  #trial: { ready: number; throughput: number; seenAt?: number } | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  /** A scale-up was carried out on what this view shows. */
  begin(view: PoolView): void {
    const throughput = view.flow.completionsPerSecond;
    if (this.#trial !== undefined || throughput === undefined || !saturated(view)) return;
    this.#trial = { ready: view.ready, throughput };
  }

  /** Called every tick; `true` when a trial just ended without effect. */
  review(view: PoolView, monotonic: number): boolean {
    if (this.ineffectiveUps > 0 && monotonic - this.#failedAt > FORGET_MS) this.ineffectiveUps = 0;
    const trial = this.#trial;
    if (trial === undefined || view.quality !== 'full') return false;
    if (!saturated(view)) {
      this.#trial = undefined;
      this.ineffectiveUps = 0;
      return false;
    }
    if (view.ready <= trial.ready) return false;
    trial.seenAt ??= monotonic;
    if (monotonic - trial.seenAt < 3 * view.intervalMs) return false;
    this.#trial = undefined;
    const expected = trial.throughput * (1 + EFFECT_RATIO * (view.ready / trial.ready - 1));
    if ((view.flow.completionsPerSecond ?? 0) >= expected) {
      this.ineffectiveUps = 0;
      return false;
    }
    this.ineffectiveUps++;
    this.#failedAt = monotonic;
    return true;
  }
}

function saturated(view: PoolView): boolean {
  return view.ready > 0 && view.queued > 0 && view.busy >= 0.95 * view.ready;
}
