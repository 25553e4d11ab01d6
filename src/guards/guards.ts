import type { Resource, ResourceCapacity, ResourceGuard, Supply } from '../core/resources.ts';
import { InvalidOptionError } from '../errors.ts';
import { evaluateFeasibility } from './evaluate-feasibility.ts';
import { checkLimits, limitSupplies, type ResourceLimits, reserveOf } from './resource-limits.ts';

/** A guard that lets everything pass. */
export const unlimited: ResourceGuard = {
  sense: () => ({ supplies: [] }),
  judge: (request) => ({ feasible: true, request, resources: [] }),
};

/**
 * Judges by fixed limits alone, e.g. for workers that run elsewhere: an account's quota, a cluster's share.
 *
 * @throws InvalidOptionError
 */
export function quotaGuard(limits: ResourceLimits): ResourceGuard {
  checkLimits(limits);
  const capacity = { supplies: limitSupplies(limits) };
  return { sense: () => capacity, judge: evaluateFeasibility };
}

/** What a host's own probe reports of one resource. */
export interface Probed {
  readonly total: number;
  /** What is in use by anyone. Absent = what the pools' workers need is counted. */
  readonly used?: number;
}

/** What a host's own probe reports. Bytes, cores, bytes per second, workers. */
export type ProbeReading = Readonly<Partial<Record<Exclude<Resource, 'cost'>, Probed>>>;

/**
 * Judges by what the host's own probe reports, within limits.
 *
 * @throws InvalidOptionError
 */
export function probeGuard(
  probe: (signal: AbortSignal) => ProbeReading | Promise<ProbeReading>,
  limits: ResourceLimits = {},
): ResourceGuard {
  if (typeof probe !== 'function') throw new InvalidOptionError('probe', 'must be a function', probe);
  checkLimits(limits);
  return {
    async sense(signal): Promise<ResourceCapacity> {
      return withinLimits(probed(await probe(signal)), limits);
    },
    judge: evaluateFeasibility,
  };
}

/** Sensed supplies with their reserve, and the limits beside them. */
export function withinLimits(sensed: readonly Supply[], limits: ResourceLimits): ResourceCapacity {
  const reserved = sensed.map((supply) => ({
    ...supply,
    reserve: reserveOf(supply.resource, supply.total, limits),
  }));
  return { supplies: [...reserved, ...limitSupplies(limits)] };
}

/** A reading that cannot be true is a failed one: it rejects, and the controller keeps the one before. */
function probed(reading: ProbeReading): Supply[] {
  return Object.entries(reading ?? {}).map(([resource, { total, used }]) => {
    if (!sensible(total) || (used !== undefined && !sensible(used))) {
      throw new RangeError(`the probe reported ${resource} ${String(used)} of ${String(total)}`);
    }
    return { resource: resource as Resource, total, ...(used !== undefined && { used }), by: 'probe' };
  });
}

function sensible(value: unknown): boolean {
  return typeof value === 'number' && value >= 0; // NaN fails, Infinity passes as "no limit"
}
