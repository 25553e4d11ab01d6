import type { Commons } from './commons.ts';
import type { Instant } from './core/instant.ts';
import type { PoolId } from './core/observation.ts';
import { weights } from './fleet/weights.ts';
import type { Herald } from './herald.ts';
import type { ManagedPool } from './pool/managed-pool.ts';

/** How often what is due, ms. */
interface Rhythm {
  readonly normal: number;
  readonly slow: number;
}

/** How a router should divide jobs that any of the pools can do: weights that add up to 1. */
export function weightsOf(pools: readonly ManagedPool[]): Readonly<Record<PoolId, number>> {
  return Object.fromEntries(weights(pools.flatMap(({ view }) => view ?? [])));
}

/** What is done not every tick: accounts on the normal interval, learning on the slow one. */
export class Upkeep {
  readonly #herald: Herald;
  #normalDueAt = Number.NEGATIVE_INFINITY;
  #slowDueAt = Number.NEGATIVE_INFINITY;

  constructor(herald: Herald) {
    this.#herald = herald;
  }

  /** Does what is due. Called at the end of each tick. */
  run(pools: readonly ManagedPool[], commons: Commons, { normal, slow }: Rhythm, at: Instant): void {
    if (at.monotonic >= this.#normalDueAt) {
      this.#normalDueAt = at.monotonic + normal;
      this.#settle(pools, commons, at);
    }
    if (at.monotonic >= this.#slowDueAt) {
      this.#slowDueAt = at.monotonic + slow;
      for (const pool of pools) pool.learn(at);
    }
  }

  #settle(pools: readonly ManagedPool[], commons: Commons, at: Instant): void {
    for (const pool of pools) {
      const account = pool.view && pool.efficiency.settle(pool.view, at.monotonic);
      if (account !== undefined) this.#herald.tell('efficiency', account);
    }
    const views = pools.flatMap(({ view }) => view ?? []);
    const spends = pools.flatMap((pool) => pool.spend(at) ?? []);
    commons.audit(spends, views, at);
    if (pools.length > 1 && this.#herald.isHeard('weights')) this.#herald.tell('weights', weightsOf(pools));
  }
}
