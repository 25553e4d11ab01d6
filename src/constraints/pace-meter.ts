import type { PaceMemory } from '../core/view.ts';
import type { HoldRules, PaceRules } from '../policies/policy.ts';
import { WindowExtreme } from './window-extreme.ts';

const HOUR_MS = 3_600_000;
/** Changes kept. More than this within an hour only counts as "many". */
const CHANGES = 128;

/** A change of size that was carried out. */
export interface PastChange {
  readonly agoMs: number;
  /** Workers, negative on the way down; never 0. */
  readonly by: number;
}

/** Remembers one pool's changes and wishes for the pace and hold constraints. All times are monotonic. */
export class PaceMeter {
  #rules: { readonly pace: PaceRules; readonly hold: HoldRules };
  #wantedMax: WindowExtreme;
  #wantedMin: WindowExtreme;
  readonly #changedAt = new Float64Array(CHANGES).fill(Number.NEGATIVE_INFINITY);
  readonly #changedBy = new Float64Array(CHANGES);
  readonly #reversed = new Uint8Array(CHANGES);
  #next = 0;
  #watchedSince: number | undefined;
  #lastUpAt: number | undefined;
  #lastDownAt: number | undefined;
  #lastDirection: 'up' | 'down' | undefined;

  constructor(pace: PaceRules, hold: HoldRules) {
    this.#rules = { pace, hold };
    this.#wantedMax = new WindowExtreme(hold.downStabilizationMs, Math.max);
    this.#wantedMin = new WindowExtreme(hold.upStabilizationMs, Math.min);
  }

  /** From now on other rules hold: changes stay remembered, windows of another length begin anew. */
  use(pace: PaceRules, hold: HoldRules): void {
    const before = this.#rules.hold;
    this.#rules = { pace, hold };
    if (hold.downStabilizationMs !== before.downStabilizationMs) {
      this.#wantedMax = new WindowExtreme(hold.downStabilizationMs, Math.max);
    }
    if (hold.upStabilizationMs !== before.upStabilizationMs) {
      this.#wantedMin = new WindowExtreme(hold.upStabilizationMs, Math.min);
    }
  }

  /** What the policies wanted in this tick. */
  want(size: number, monotonic: number): void {
    this.#watchedSince ??= monotonic;
    this.#wantedMax.add(size, monotonic);
    this.#wantedMin.add(size, monotonic);
  }

  /** A change was carried out. */
  change(from: number, to: number, monotonic: number): void {
    if (to !== from) this.#add(to - from, monotonic);
  }

  /** The changes of the last hour and the one before them, and in each direction at least one; oldest first. */
  past(monotonic: number): PastChange[] {
    const past: PastChange[] = [];
    for (let back = 1; back <= CHANGES; back++) {
      const index = (this.#next - back + CHANGES) % CHANGES;
      const agoMs = monotonic - (this.#changedAt[index] as number);
      if (agoMs === Number.POSITIVE_INFINITY) break;
      past.push({ agoMs, by: this.#changedBy[index] as number });
      // It tells whether the first one within the hour was a reversal.
      if (agoMs >= HOUR_MS) break;
    }
    const [up, down] = [this.#lastUpAt, this.#lastDownAt];
    if (up !== undefined && !past.some(({ by }) => by > 0)) past.push({ agoMs: monotonic - up, by: 1 });
    if (down !== undefined && !past.some(({ by }) => by < 0)) past.push({ agoMs: monotonic - down, by: -1 });
    return past.reverse();
  }

  /** Replaces what is remembered of changes; `past` oldest first. */
  restore(past: readonly PastChange[], monotonic: number): void {
    this.#changedAt.fill(Number.NEGATIVE_INFINITY);
    this.#lastDirection = undefined;
    this.#lastUpAt = undefined;
    this.#lastDownAt = undefined;
    for (const { agoMs, by } of past) this.#add(by, monotonic - agoMs);
  }

  #add(by: number, monotonic: number): void {
    const direction = by > 0 ? 'up' : 'down';
    this.#changedAt[this.#next] = monotonic;
    this.#changedBy[this.#next] = by;
    this.#reversed[this.#next] =
      this.#lastDirection !== undefined && this.#lastDirection !== direction ? 1 : 0;
    this.#next = (this.#next + 1) % CHANGES;
    this.#lastDirection = direction;
    if (direction === 'up') this.#lastUpAt = monotonic;
    else this.#lastDownAt = monotonic;
  }

  recall(monotonic: number, ineffectiveUps: number): PaceMemory {
    const upPeriodMs = this.#rules.pace.up?.periodMs ?? 0;
    const downPeriodMs = this.#rules.pace.down?.periodMs ?? 0;
    let reversals = 0;
    let added = 0;
    let removed = 0;
    for (let back = 1; back <= CHANGES; back++) {
      const index = (this.#next - back + CHANGES) % CHANGES;
      const age = monotonic - (this.#changedAt[index] as number);
      if (age >= HOUR_MS) break;
      reversals += this.#reversed[index] as number;
      const by = this.#changedBy[index] as number;
      if (by > 0 && age < upPeriodMs) added += by;
      else if (by < 0 && age < downPeriodMs) removed -= by;
    }
    const wantedMax = this.#wantedMax.get(monotonic);
    const wantedMin = this.#wantedMin.get(monotonic);
    return {
      ...(this.#lastUpAt !== undefined && { sinceUpMs: monotonic - this.#lastUpAt }),
      ...(this.#lastDownAt !== undefined && { sinceDownMs: monotonic - this.#lastDownAt }),
      ...(this.#lastDirection !== undefined && { lastDirection: this.#lastDirection }),
      ...(wantedMax !== undefined && { wantedMax }),
      ...(wantedMin !== undefined && { wantedMin }),
      watchedMs: monotonic - (this.#watchedSince ?? monotonic),
      reversalsLastHour: reversals,
      addedInPeriod: added,
      removedInPeriod: removed,
      ineffectiveUps,
    };
  }
}
