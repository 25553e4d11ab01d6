import type { PoolId, ResourceUsage } from '../core/observation.ts';
import { needOf, type Supply } from '../core/resources.ts';
import type { PoolView } from '../core/view.ts';

/** A pool that could take some of a demand. */
export interface Candidate {
  readonly pool: PoolId;
  /** How well it suits the work, 0 = not at all, 1 = made for it. Default 1. */
  readonly specialization?: number;
  /** Workers now, ready and starting. */
  readonly size: number;
  /** Load that it has already, in busy-worker equivalents. */
  readonly demand: number;
  readonly maxWorkers: number;
  /** What one worker needs, for the supplies. */
  readonly needs?: ResourceUsage;
  readonly costPerHour?: number;
}

/** One pool's part. */
export interface Assignment {
  readonly pool: PoolId;
  /** Demand that it should take on, in busy-worker equivalents. */
  readonly demand: number;
  /** Size that it then needs. Never below its present one. */
  readonly size: number;
}

export interface Coordination {
  readonly assignments: readonly Assignment[];
  /** Demand for which there is no place, in busy-worker equivalents. */
  readonly unplaced: number;
}

export interface CoordinateOptions {
  /** Load at which a pool counts as full, 0..1. Default 0.8. */
  readonly targetUtilization?: number;
  /** What is *free* for further workers of all candidates together: `total` less `used`. */
  readonly supplies?: readonly Supply[];
}

export function candidateOf(view: PoolView, more: Partial<Candidate> = {}): Candidate {
  const { pool, size, demand, maxWorkers } = view;
  return { pool, size, demand: demand.fast, maxWorkers, ...more };
}

/**
 * Spreads a demand over the pools that could serve it: the best suited first; among equals onto the workers that idle
 * already, evenly by what is left of them, and then onto new ones, up to `maxWorkers` and to what the supplies hold. A
 * pool suited half as well is used only when the better ones are full. Pure; what is asked for so (as `external` signals
 * with an expected demand, say) still goes through every constraint.
 */
export function coordinate(
  demand: number,
  candidates: readonly Candidate[],
  options: CoordinateOptions = {},
): Coordination {
  const { targetUtilization: full = 0.8, supplies = [] } = options;
  const taken = new Float64Array(candidates.length);
  const added = new Int32Array(candidates.length);
  const free = supplies.map(({ total, used = 0 }) => Math.max(0, total - used));
  let left = Math.max(0, demand);
  for (const peers of bySpecialization(candidates)) {
    left = fillIdle(left, peers, candidates, taken, full);
    left = grow(left, peers, candidates, { taken, added, free, supplies, full });
  }
  const assignments = candidates.flatMap(({ pool, size }, i) =>
    (taken[i] as number) > 0 ? [{ pool, demand: taken[i] as number, size: size + (added[i] as number) }] : [],
  );
  return { assignments, unplaced: left > 1e-9 ? left : 0 };
}

function bySpecialization(candidates: readonly Candidate[]): number[][] {
  const groups = new Map<number, number[]>();
  for (const [i, { specialization = 1 }] of candidates.entries()) {
    if (specialization <= 0) continue;
    const group = groups.get(specialization);
    if (group === undefined) groups.set(specialization, [i]);
    else group.push(i);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

function fillIdle(
  left: number,
  peers: readonly number[],
  candidates: readonly Candidate[],
  taken: Float64Array,
  full: number,
): number {
  const idle = peers.map((i) => {
    const { size, demand } = candidates[i] as Candidate;
    return Math.max(0, size * full - demand);
  });
  const total = idle.reduce((sum, workers) => sum + workers, 0);
  if (total === 0) return left;
  const share = Math.min(1, left / total);
  for (const [at, i] of peers.entries()) taken[i] = (idle[at] as number) * share;
  return Math.max(0, left - total);
}

interface Growth {
  readonly taken: Float64Array;
  readonly added: Int32Array;
  readonly free: number[];
  readonly supplies: readonly Supply[];
  readonly full: number;
}

/** New workers, the cheapest pools first, then those with the most room. */
function grow(
  demand: number,
  peers: readonly number[],
  candidates: readonly Candidate[],
  { taken, added, free, supplies, full }: Growth,
): number {
  const room = (i: number): number =>
    (candidates[i] as Candidate).maxWorkers - (candidates[i] as Candidate).size;
  const price = (i: number): number => candidates[i]?.costPerHour ?? 0;
  let left = demand;
  for (const i of [...peers].sort((a, b) => price(a) - price(b) || room(b) - room(a))) {
    if (left <= 1e-9) break;
    const { needs = {}, costPerHour, size, demand: own } = candidates[i] as Candidate;
    // A pool that is overloaded now needs new workers for itself first.
    const debt = Math.max(0, own + (taken[i] as number) - size * full);
    let count = Math.min(room(i), Math.ceil((left + debt) / full - 1e-9));
    const need = supplies.map(({ resource }) => needOf(resource, needs, costPerHour));
    for (const [s, one] of need.entries()) {
      if (one > 0) count = Math.min(count, Math.floor((free[s] as number) / one + 1e-9));
    }
    const placed = Math.min(left, Math.max(0, count * full - debt));
    if (placed <= 0) continue;
    for (const [s, one] of need.entries()) free[s] = (free[s] as number) - count * one;
    added[i] = count;
    taken[i] = (taken[i] as number) + placed;
    left -= placed;
  }
  return left;
}
