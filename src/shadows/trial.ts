import type { Fit } from '../core/fit.ts';
import { figure, percent } from '../core/format.ts';
import type { Instant } from '../core/instant.ts';
import { InvalidOptionError } from '../errors.ts';
import type { TrialEvent } from '../events.ts';

/** What a shadow has to keep while it acts. */
export interface TrialOptions {
  /** How long it acts on trial, ms. Above 0; default 24 h. After that it stays. */
  readonly trialMs?: number;
  /** Largest share of the demand that may find no ready worker when it comes, 0..1. Default 0.05. */
  readonly maxLateRatio?: number;
  /**
   * Most worker-hours, as a multiple of what the policy before it would have held on the same load (modelled).
   * Above 0; default 1.1.
   */
  readonly maxCostRatio?: number;
}

/** Fewer evaluations than this say nothing. */
const FEWEST_EVALUATIONS = 4;

const MOST_COST_RATIO = 1_000;

/** @throws InvalidOptionError */
export function resolveTrial(options: TrialOptions): Required<TrialOptions> {
  const { trialMs = 24 * 3_600_000, maxLateRatio = 0.05, maxCostRatio = 1.1 } = options;
  if (!(trialMs > 0)) throw new InvalidOptionError('trialMs', 'must be above 0', trialMs);
  if (!(maxLateRatio >= 0 && maxLateRatio <= 1)) {
    throw new InvalidOptionError('maxLateRatio', 'must be from 0 to 1', maxLateRatio);
  }
  if (!(maxCostRatio > 0)) throw new InvalidOptionError('maxCostRatio', 'must be above 0', maxCostRatio);
  return { trialMs, maxLateRatio, maxCostRatio };
}

/** A shadow acts for a while, within what was agreed. */
export class Trial {
  readonly pool: string;
  readonly shadow: string;
  /** Name under which the policy before it runs as a shadow meanwhile. */
  readonly insteadOf: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms. */
  readonly until: number;
  /** Monotonic. */
  readonly endsAt: number;
  readonly maxLateRatio: number;
  readonly maxCostRatio: number;
  readonly #graceEndsAt: number;
  #inGrace = true;
  #evaluations = 0;

  /** @param begin `graceMs`: what the policy before has left behind is not held against it for so long */
  constructor(
    begin: Required<TrialOptions> & {
      readonly pool: string;
      readonly shadow: string;
      readonly insteadOf: string;
      readonly at: Instant;
      readonly graceMs: number;
    },
  ) {
    this.pool = begin.pool;
    this.shadow = begin.shadow;
    this.insteadOf = begin.insteadOf;
    this.startedAt = begin.at.now;
    this.until = begin.at.now + begin.trialMs;
    this.endsAt = begin.at.monotonic + begin.trialMs;
    this.maxLateRatio = begin.maxLateRatio;
    this.maxCostRatio = begin.maxCostRatio;
    this.#graceEndsAt = begin.at.monotonic + begin.graceMs;
  }

  /** The time of grace lasts; the evaluation that ends it is the last of it. */
  inGrace(at: Instant): boolean {
    const lasted = this.#inGrace;
    if (at.monotonic >= this.#graceEndsAt) this.#inGrace = false;
    return lasted;
  }

  /** What was agreed and is not kept, as a sentence; `undefined` = all is well. */
  breach(acting: Fit, before: Fit): string | undefined {
    if (++this.#evaluations < FEWEST_EVALUATIONS) return undefined;
    if (acting.lateRatio > this.maxLateRatio) {
      return `${percent(acting.lateRatio)} of the work found no ready worker, ${percent(this.maxLateRatio)} was agreed`;
    }
    const ratio = costRatio(acting, before);
    if (ratio <= this.maxCostRatio) return undefined;
    const hours = `${figure(acting.workerHours)} worker-hours in place of ${figure(before.workerHours)}`;
    return `${hours}: ${percent(ratio)}, ${percent(this.maxCostRatio)} was agreed`;
  }

  begun({ now }: Instant): TrialEvent {
    const agreed = `at most ${percent(this.maxLateRatio)} late and ${percent(this.maxCostRatio)} of the cost`;
    return this.#event('begun', `${this.shadow} acts in place of ${this.insteadOf}: ${agreed}`, now, 0, 1);
  }

  end(
    outcome: 'kept' | 'taken-back',
    reason: string,
    { now }: Instant,
    acting: Fit,
    before: Fit,
  ): TrialEvent {
    return this.#event(outcome, reason, now, acting.lateRatio, costRatio(acting, before));
  }

  #event(
    outcome: TrialEvent['outcome'],
    reason: string,
    at: number,
    lateRatio: number,
    ratio: number,
  ): TrialEvent {
    const { pool, shadow, insteadOf } = this;
    return { pool, at, outcome, shadow, insteadOf, lateRatio, costRatio: ratio, reason };
  }
}

/** What one paid over what another would have paid; 1 where neither paid, 1,000 where that is beyond measure. */
export function costRatio(acting: Readonly<Fit>, other: Readonly<Fit>): number {
  if (acting.paidMs === 0 && other.paidMs === 0) return 1;
  return Math.min(MOST_COST_RATIO, acting.paidMs / other.paidMs);
}
