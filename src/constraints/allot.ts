import { needOf, type Supply } from '../core/resources.ts';
import type { Claim } from './claim.ts';
import { type Pressure, pressureOn } from './pressure.ts';
import { WaitingLine } from './waiting-line.ts';

/** What a pool gets. */
export interface Allotment {
  readonly size: number;
  /** The supply that refused more; absent where the pool got what it wants. */
  readonly refusedBy?: Supply;
  /** Set where memory pressure is the cause: how much is in use. */
  readonly pressure?: string;
}

/**
 * Shares out what is there. In this order:
 *
 * 1. *Kept*: what runs of what every pool is guaranteed, the rest that it is guaranteed and wants, then what else runs. Where that does not fit (the budget was cut, or a
 *    pool needs its guaranteed workers while others have borrowed them), running workers leave: those that are not
 *    guaranteed, of the lowest priority, worth least.
 * 2. *Added*: guaranteed workers, emergencies, then all others, by priority and worth; into what is free at this moment.
 *    A worker that leaves holds its seat until it has gone, so that nothing is exceeded, not even in passing: a
 *    called-back seat changes hands over two ticks.
 *
 * Nobody who runs is cut for somebody's mere priority. More of everything never gives a pool less, and no pool
 * shrinks that is not seen in full. O(pools) where all fits, else growth × log pools.
 *
 * A pool whose single worker is larger than a whole supply gets no more workers and stands in nobody's way; nor does one
 * whose need for memory is not known while memory runs out.
 */
export function allot(claims: readonly Claim[], supplies: readonly Supply[]): Allotment[] {
  const needs = supplies.map(({ resource }) =>
    Float64Array.from(claims, (claim) => needOf(resource, claim.needs, claim.costPerHour)),
  );
  const everyone = claims.map((_, i) => i);
  const pressures = supplies.map((supply) => pressureOn(supply, claims));
  const kept = keep(claims, supplies, needs, everyone, pressures);
  const added = add(claims, supplies, needs, everyone, pressures);
  return claims.map((claim, i) => {
    const stays = Math.min(claim.current, claim.wanted);
    const keeps = kept.reached[i] as number;
    if (keeps < stays && !claim.held) return refused(keeps, kept.refusedBy[i] as number, supplies, pressures);
    if (claim.wanted <= claim.current) return { size: claim.wanted };
    const size = added.reached[i] as number;
    return size < claim.wanted ? refused(size, added.refusedBy[i] as number, supplies, pressures) : { size };
  });
}

function refused(
  size: number,
  by: number,
  supplies: readonly Supply[],
  pressures: readonly (Pressure | undefined)[],
): Allotment {
  const refusedBy = supplies[by];
  const pressure = pressures[by]?.fact;
  return { size, ...(refusedBy !== undefined && { refusedBy }), ...(pressure !== undefined && { pressure }) };
}

/** What a pool is owed of what it wants. */
function owed({ wanted, guaranteed, held, current }: Claim): number {
  return Math.min(wanted, held ? Math.max(guaranteed, current) : guaranteed);
}

function keep(
  claims: readonly Claim[],
  supplies: readonly Supply[],
  needs: readonly Float64Array[],
  everyone: readonly number[],
  pressures: readonly (Pressure | undefined)[],
): WaitingLine {
  const line = new WaitingLine(claims, needs);
  const guaranteed = Int32Array.from(claims, owed);
  const running = Int32Array.from(claims, ({ current, wanted }) => Math.min(current, wanted));
  const room = supplies.map((supply, s) => {
    if (supply.used !== undefined) return pressures[s]?.keep ?? Number.POSITIVE_INFINITY;
    // The reserve is not lent out, but whoever got into it in an emergency is not thrown out of it.
    const used = sum(everyone, (i) => (needs[s]?.[i] ?? 0) * (running[i] as number));
    return Math.min(supply.total, Math.max(supply.total - (supply.reserve ?? 0), used));
  });
  const emergencies = everyone.filter((i) => claims[i]?.emergency === true);
  const others = emergencies.length === 0 ? everyone : everyone.filter((i) => claims[i]?.emergency !== true);
  // Where more is guaranteed than there is, nobody is thrown out of a guaranteed seat to give one to another.
  const seated = running.map((workers, i) => Math.min(workers, guaranteed[i] as number));
  line.serve(everyone, new Int32Array(claims.length), seated, room);
  line.serve(everyone, seated, guaranteed, room);
  line.serve(emergencies, guaranteed, running, room);
  line.serve(others, guaranteed, running, room);
  return line;
}

function add(
  claims: readonly Claim[],
  supplies: readonly Supply[],
  needs: readonly Float64Array[],
  everyone: readonly number[],
  pressures: readonly (Pressure | undefined)[],
): WaitingLine {
  const line = new WaitingLine(claims, needs);
  const current = Int32Array.from(claims, (claim) => claim.current);
  line.reached.set(current);
  const growers = everyone.filter((i) => {
    const claim = claims[i] as Claim;
    if (claim.wanted <= claim.current) return false;
    const unknown = claim.needs.memoryBytes === undefined;
    const never = supplies.findIndex(
      ({ total }, s) => (needs[s]?.[i] as number) > total || (unknown && pressures[s] !== undefined),
    );
    line.refusedBy[i] = never;
    return never === -1;
  });
  if (growers.length === 0) return line;
  const wanted = Int32Array.from(claims, (claim) => claim.wanted);
  const guaranteed = Int32Array.from(claims, (claim) => Math.max(claim.current, owed(claim)));
  const present = (i: number, supply: Supply): number => {
    const claim = claims[i] as Claim;
    // A measured supply shows all but those that are still on their way.
    return supply.used === undefined ? claim.current + claim.draining : claim.starting;
  };
  const free = supplies.map((supply, s) => {
    const used = sum(everyone, (i) => (needs[s]?.[i] as number) * present(i, supply));
    return supply.total - (supply.used ?? 0) - used;
  });
  const ordinary = free.map((amount, s) => amount - (supplies[s]?.reserve ?? 0));
  const urgent = growers.filter((i) => (claims[i] as Claim).emergency);
  const others = urgent.length === 0 ? growers : growers.filter((i) => !(claims[i] as Claim).emergency);

  line.serve(others, current, guaranteed, ordinary);
  // Those that wait in vain for an ordinary place take none of the emergencies' reserve.
  for (const [s, amount] of ordinary.entries()) {
    line.taken[s] = Math.min(line.taken[s] as number, Math.max(0, amount));
  }
  line.serve(urgent, current, guaranteed, free);
  line.serve(urgent, guaranteed, wanted, free);
  line.serve(others, guaranteed, wanted, ordinary);
  return line;
}

function sum(indices: readonly number[], of: (index: number) => number): number {
  let total = 0;
  for (const index of indices) total += of(index);
  return total;
}
