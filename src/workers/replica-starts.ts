import type { ResolvedLifecycleOptions } from './lifecycle-options.ts';
import type { Sight } from './sight.ts';
import { StartupTimes } from './startup-times.ts';

/** Workers that an orchestrator was asked for at one time and that are not ready yet. */
interface Batch {
  readonly askedAt: number;
  count: number;
}

/**
 * Learns the start-up time of workers that are never named: those that were asked for first are taken to be ready
 * first, and a worker is taken to have become ready halfway between two observations.
 */
export class ReplicaStarts {
  readonly times: StartupTimes;
  readonly #longestStartMs: number;
  #batches: Batch[] = [];

  constructor(
    options: Pick<ResolvedLifecycleOptions, 'assumedStartupMs' | 'longestStartMs'>,
    times: StartupTimes = new StartupTimes(options.assumedStartupMs),
  ) {
    this.times = times;
    this.#longestStartMs = options.longestStartMs;
  }

  /** From now on, `total` workers are expected to become ready; those beyond the ones expected before are new. */
  expect(total: number, askedAt: number): void {
    let surplus = -total;
    for (const { count } of this.#batches) surplus += count;
    if (surplus < 0) this.#batches.push({ askedAt, count: -surplus });
    while (surplus > 0) {
      const newest = this.#batches.at(-1);
      if (newest === undefined) return;
      const taken = Math.min(surplus, newest.count);
      newest.count -= taken;
      surplus -= taken;
      if (newest.count === 0) this.#batches.pop();
    }
  }

  /** Takes a fresh observation in. */
  absorb(sight: Sight): void {
    if (this.#batches.length === 0) return;
    for (let risen = sight.readyChange; risen > 0; ) {
      const oldest = this.#batches[0];
      if (oldest === undefined) break;
      const taken = Math.min(risen, oldest.count);
      const startupMs = Math.max(0, (sight.previousAt + sight.at) / 2 - oldest.askedAt);
      for (let i = 0; i < taken; i++) this.times.add(startupMs);
      oldest.count -= taken;
      risen -= taken;
      if (oldest.count === 0) this.#batches.shift();
    }
    this.#batches = this.#batches.filter(({ askedAt }) => sight.at - askedAt < this.#longestStartMs);
  }

  clear(): void {
    this.#batches = [];
  }
}
