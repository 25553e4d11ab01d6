import type { Instant } from '../core/instant.ts';
import type { PoolObservation } from '../core/observation.ts';
import type { PoolTerms } from '../core/resources.ts';
import { type Spend, SpendMeter } from '../fleet/spend-meter.ts';
import { LearnedNeeds } from '../guards/learned-needs.ts';
import type { ResolvedPool } from '../resolve-options.ts';

/** What one pool needs and costs, as declared and as seen. */
export class PoolAccount {
  readonly #options: ResolvedPool;
  readonly #needs: LearnedNeeds;
  readonly #spend: SpendMeter | undefined;

  /** @param before the account that this one replaces: what is declared alike goes on */
  constructor(options: ResolvedPool, before?: PoolAccount) {
    this.#options = options;
    const same = before === undefined ? undefined : before.#options;
    this.#needs =
      before !== undefined && alike(same?.needs, options.needs)
        ? before.#needs
        : new LearnedNeeds(options.needs);
    this.#spend =
      before !== undefined && alike(same?.price, options.price)
        ? before.#spend
        : options.price && new SpendMeter(options.price);
  }

  /** @param workers all that are there: ready, starting, draining */
  observe(reading: PoolObservation | undefined, workers: number, at: Instant): void {
    if (reading !== undefined) this.#needs.observe(reading, at.now);
    this.#spend?.observe(workers, at);
  }

  /** An optimisation has won this share of the workers' memory, 0..1. */
  optimized(gainRatio: number): void {
    this.#needs.optimized(gainRatio);
  }

  spend(at: Instant): Spend | undefined {
    return this.#spend?.spend(at);
  }

  /** What matters where pools share something; absent where nothing of it is known. */
  terms(at: Instant, intervalMs: number): PoolTerms | undefined {
    const { price, share } = this.#options;
    const { needs, expectedGainRatio } = this.#needs;
    if (price === undefined && isEmpty(needs) && isEmpty(share)) return undefined;
    return {
      share,
      needs,
      ...(expectedGainRatio !== undefined && { expectedGainRatio }),
      ...(price !== undefined && { costPerHour: price.perWorkerHour }),
      ...((price?.billingMs ?? 0) > 0 && { releasable: this.#spend?.releasable(intervalMs, at) ?? 0 }),
    };
  }
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** Plain options, field by field in the order that the schema gives them. */
function alike(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
