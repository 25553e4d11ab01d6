import type { Headroom, PoolView } from '../core/view.ts';
import { situationOf, type Weights } from './adaptive-size.ts';
import { HEADROOMS } from './headrooms.ts';
import type { ScalingPolicy } from './policy.ts';
import { RehearsedCrew } from './rehearsed-crew.ts';

/** What a headroom has cost counts half after this time, ms. */
const HALF_LIFE_MS = 24 * 3_600_000;
/**
 * People promise that nearly all is in time, 99.9% say: late work weighs this many times more until it is this share of
 * the work. So load that can be served in time for little more is, and a load that cannot be is weighed as it was.
 */
const PROMISE_WEIGHT = 4;
const PROMISE_LATE_RATIO = 0.001;
/** Another headroom must be better by this share before it takes over. */
const DOUBT = 0.02;
/** Before so much load was seen, nothing takes over, ms. */
const TRUST_AFTER_MS = 2 * 3_600_000;
/**
 * Within a tick the load swings as well, which no reading shows: by about as much as from tick to tick. The halves of a
 * tick are taken to be off by this many mean differences between ticks.
 */
const SWING = 1.25;
/** How long differences between ticks are remembered, in ticks. */
const SWING_TICKS = 100;
/** A gap longer than this says nothing about what was demanded within it, ms. */
const LONGEST_GAP_MS = 5 * 60_000;

/** What a rehearsal has learned. Plain JSON. */
export interface RehearsalRecord {
  /** Load that was seen, ms. */
  readonly seenMs: number;
  /** What was demanded lately, in seconds of one worker. */
  readonly work: number;
  /** Name of the headroom in force. */
  readonly inForce: string;
  /** By a headroom's name, what it has cost: worker-seconds paid, and work that came late. */
  readonly costs: Readonly<Record<string, readonly [paid: number, late: number]>>;
}

/**
 * Tries several headrooms on the pool's own load all the time, each with modelled workers that take the pool's own
 * start-up time, and gives the one that has cost least lately: paid workers and late work, weighed. So the quantile
 * that a pool is sized for follows from what lateness costs against idleness (the newsvendor's) and from the errors as
 * they come, heavy tails and all, whatever their distribution.
 */
export class Rehearsal {
  readonly #latenessWeight: number;
  readonly #crews: readonly RehearsedCrew[];
  #current: RehearsedCrew;
  #advancedTo = Number.NEGATIVE_INFINITY;
  /** What was demanded, in seconds of one worker; fades as what it has cost. */
  #work = 0;
  #seenMs = 0;
  #ticks = 0;
  #lastLoad = 0;
  /** Mean difference between the loads of two ticks. */
  #difference = 0;

  constructor(weights: Weights) {
    this.#latenessWeight = weights.latenessWeight;
    this.#crews = HEADROOMS.map((headroom) => new RehearsedCrew(headroom, weights));
    this.#current = this.#crews[0] as RehearsedCrew;
  }

  /** The headroom to keep now. Called once a tick; learns only from what was seen in full. */
  advance(view: PoolView, monotonic: number): Headroom {
    if (view.quality !== 'full') return this.#current.headroom;
    const passedMs = monotonic - this.#advancedTo;
    this.#advancedTo = monotonic;
    const { demand } = view;
    // Where busy workers are sampled, the measurement jumps although the load does not.
    const load = demand.noise === undefined ? demand.now : demand.fast;
    if (passedMs > LONGEST_GAP_MS) {
      for (const crew of this.#crews) crew.begin(view, monotonic);
    } else this.#rehearse(view, load, passedMs, monotonic);
    this.#lastLoad = load;
    return this.#current.headroom;
  }

  save(): RehearsalRecord {
    const costs: RehearsalRecord['costs'] = Object.fromEntries(
      this.#crews.map(({ headroom, paid, late }) => [headroom.name, [paid, late] as const]),
    );
    return { seenMs: this.#seenMs, work: this.#work, inForce: this.#current.headroom.name, costs };
  }

  /** Takes over what was learned elsewhere, where it is of more load, and of the same headrooms. */
  restore({ seenMs, work, inForce, costs }: RehearsalRecord): void {
    const current = this.#crews.find(({ headroom }) => headroom.name === inForce);
    const isKnown = this.#crews.every(({ headroom }) => costs[headroom.name] !== undefined);
    if (seenMs <= this.#seenMs || current === undefined || !isKnown) return;
    this.#seenMs = seenMs;
    this.#work = work;
    this.#current = current;
    for (const crew of this.#crews)
      [crew.paid, crew.late] = costs[crew.headroom.name] as readonly [number, number];
  }

  #rehearse(view: PoolView, load: number, passedMs: number, monotonic: number): void {
    this.#seenMs += passedMs;
    this.#ticks++;
    const weight = Math.max(1 / SWING_TICKS, 1 / this.#ticks);
    this.#difference += weight * (Math.abs(load - this.#lastLoad) - this.#difference);
    // The high half is now the first, now the second.
    const swing = Math.min(load, SWING * this.#difference) * (this.#ticks % 2 === 0 ? 1 : -1);
    const fading = 0.5 ** (passedMs / HALF_LIFE_MS);
    this.#work = this.#work * fading + (load * passedMs) / 1_000;
    const situation = situationOf(view);
    for (const crew of this.#crews) {
      crew.fade(fading);
      crew.serve(load + swing, monotonic - passedMs / 2);
      crew.serve(load - swing, monotonic);
      crew.decide(view, situation, monotonic);
    }
    if (this.#seenMs >= TRUST_AFTER_MS) this.#choose();
  }

  #choose(): void {
    const currentLoss = this.#lossOf(this.#current);
    let best = this.#current;
    let leastLoss = currentLoss * (1 - DOUBT);
    for (const crew of this.#crews) {
      const loss = this.#lossOf(crew);
      if (loss < leastLoss) {
        best = crew;
        leastLoss = loss;
      }
    }
    this.#current = best;
  }

  /** In worker-seconds. */
  #lossOf({ paid, late }: RehearsedCrew): number {
    const promised = (PROMISE_WEIGHT - 1) * Math.min(late, PROMISE_LATE_RATIO * this.#work);
    return paid + this.#latenessWeight * (late + promised);
  }
}

/** The rehearsal of a policy; `undefined` where it keeps no headroom of this kind. */
export function rehearsalOf({ rehearsal }: ScalingPolicy): Rehearsal | undefined {
  return rehearsal && new Rehearsal(rehearsal);
}
