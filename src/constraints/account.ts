import { needOf, type ResourceCapacity } from '../core/resources.ts';
import type { Claim } from './claim.ts';

/**
 * What is in use of every supply, for `ResourceGuard.judge`. A counted supply bears all workers of all pools, those that
 * start and drain included. A measured one shows what runs already; workers on their way are added to it, as their memory
 * is promised though not yet taken.
 */
export function account(capacity: ResourceCapacity, claims: readonly Claim[]): ResourceCapacity {
  return {
    supplies: capacity.supplies.map((supply) => {
      const measured = supply.used !== undefined;
      let used = supply.used ?? 0;
      for (const { current, starting, draining, needs, costPerHour } of claims) {
        const count = measured ? starting : current + draining;
        used += needOf(supply.resource, needs, costPerHour) * count;
      }
      return { ...supply, used };
    }),
  };
}
