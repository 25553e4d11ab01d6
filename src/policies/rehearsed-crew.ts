import { dampingMs } from '../core/flap-budget.ts';
import { type CrewLedger, crewOf, type FluidCrew } from '../core/fluid-crew.ts';
import type { Headroom, PoolView } from '../core/view.ts';
import {
  adaptiveSize,
  drainSize,
  REVERSALS_PER_HOUR,
  type Situation,
  type Weights,
} from './adaptive-size.ts';

const HOUR_MS = 3_600_000;

/** The workers that a pool would have if it kept this headroom, and what they have cost. */
export class RehearsedCrew implements CrewLedger {
  readonly headroom: Headroom;
  /** Worker-seconds. What is long ago counts less. */
  paid = 0;
  /** Work that came late, in seconds of one worker. */
  late = 0;
  readonly #weights: Weights;
  #crew: FluidCrew | undefined;
  #wentUp = false;
  #wentUpAt = Number.NEGATIVE_INFINITY;
  /** Monotonic ms of the last changes of direction, in a ring. */
  readonly #reversals: Float64Array = new Float64Array(REVERSALS_PER_HOUR).fill(Number.NEGATIVE_INFINITY);
  #next = 0;

  constructor(headroom: Headroom, weights: Weights) {
    this.headroom = headroom;
    this.#weights = weights;
  }

  /** Takes over what the pool has. */
  begin(view: PoolView, monotonic: number): void {
    this.#crew = crewOf(view, monotonic);
  }

  fade(keep: number): void {
    this.paid *= keep;
    this.late *= keep;
  }

  /** Serves what was demanded since the last time. */
  serve(demand: number, monotonic: number): void {
    this.#crew?.advance(monotonic, demand, this);
  }

  /**
   * Decides as `adaptive` would.
   *
   * @param situation the pool's; what is this crew's own is written over
   */
  decide(view: PoolView, situation: Situation, monotonic: number): void {
    const crew = this.#crew;
    if (crew === undefined) return;
    const { startup, intervalMs, minWorkers, maxWorkers } = view;
    situation.size = crew.size;
    situation.ready = crew.ready;
    situation.backlogSeconds = crew.backlogSeconds;
    situation.wentUp = this.#wentUp;
    situation.reversalsLastHour = this.#reversalsSince(monotonic - HOUR_MS);
    const wanted = adaptiveSize(situation, this.headroom, drainSize(situation, this.#weights));
    const to = Math.min(maxWorkers, Math.max(minWorkers, wanted));
    if (to < situation.size && this.#wentUp) {
      const waitMs = dampingMs(situation.reversalsLastHour, REVERSALS_PER_HOUR, startup.p90Ms + intervalMs);
      if (monotonic - this.#wentUpAt < waitMs) return;
    }
    if (to !== situation.size) this.#resize(crew, to, monotonic, startup.p50Ms);
  }

  /** Work is late that comes while the queue takes longer than was promised. The queue grows or falls in a line. */
  served(passedMs: number, demand: number, { ready, size, backlogSeconds: before }: FluidCrew): void {
    const seconds = passedMs / 1_000;
    const limit = (ready * this.#weights.waitMs) / 1_000;
    const growth = (demand - ready) * seconds;
    const isLate = before > limit;
    let lateRatio = isLate ? 1 : 0;
    if (before + growth > limit !== isLate) {
      const crossing = (limit - before) / growth;
      lateRatio = isLate ? crossing : 1 - crossing;
    }
    this.paid += seconds * size;
    this.late += seconds * demand * lateRatio;
  }

  #resize(crew: FluidCrew, to: number, monotonic: number, startupMs: number): void {
    const goesUp = to > crew.size;
    if (goesUp !== this.#wentUp) {
      this.#reversals[this.#next] = monotonic;
      this.#next = (this.#next + 1) % this.#reversals.length;
    }
    this.#wentUp = goesUp;
    if (goesUp) this.#wentUpAt = monotonic;
    crew.resize(to, monotonic, startupMs);
  }

  #reversalsSince(monotonic: number): number {
    let count = 0;
    for (const at of this.#reversals) if (at > monotonic) count++;
    return count;
  }
}
