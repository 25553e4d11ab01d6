import {
  type Alternative,
  amount,
  type Feasibility,
  type FeasibilityRequest,
  needOf,
  quantity,
  type ResourceCapacity,
  type ResourceShare,
  type Supply,
} from '../core/resources.ts';

/** What rounding leaves of a worker is a worker: 0.3 cores at 0.1 each fit 3, not 2.9999999999999996. */
const DUST = 1e-9;

/**
 * Whether a change of size fits into what is free: for each limit, the need of one worker × the number of new ones is
 * held against total − used − reserve; an emergency may use the reserve. Where it does not fit, the answer is the
 * largest size that does, or, where not one more fits, the proposal to optimise what runs. A scale-down always fits and
 * tells what it gives back.
 */
export function evaluateFeasibility(request: FeasibilityRequest, capacity: ResourceCapacity): Feasibility {
  const { from, to, needs, emergency = false } = request;
  const added = to - from;
  const resources: ResourceShare[] = [];
  let most = added;
  let limiting: { share: ResourceShare; supply: Supply; need: number } | undefined;
  for (const supply of capacity.supplies) {
    const { resource, total, by } = supply;
    const need = needOf(resource, needs);
    if (need === 0) continue;
    const share = { resource, needed: need * added, available: freeOf(supply, emergency), total, by };
    resources.push(share);
    if (added <= 0) continue;
    const fit = Math.max(0, Math.floor(share.available / need + DUST));
    if (fit < most) {
      most = fit;
      limiting = { share, supply, need };
    }
  }
  if (limiting === undefined) return { feasible: true, request, resources };
  const { share, supply, need } = limiting;
  return {
    feasible: false,
    request,
    resources,
    limiting: share.resource,
    alternative: alternative(request, most, need, share),
    reason: refusal(added, most, need, share, supply.reserve ?? 0, emergency),
  };
}

/** What is free of a supply; never below 0. */
function freeOf(supply: Supply, emergency: boolean): number {
  const reserve = emergency ? 0 : (supply.reserve ?? 0);
  return Math.max(0, supply.total - (supply.used ?? 0) - reserve);
}

function alternative(
  { from, expectedGainRatio }: FeasibilityRequest,
  most: number,
  need: number,
  { resource }: ResourceShare,
): Alternative {
  if (most > 0) return { kind: 'fewer', to: from + most };
  const expectedGain = expectedGainRatio === undefined ? undefined : expectedGainRatio * need * from;
  return { kind: 'optimize', resource, ...(expectedGain !== undefined && { expectedGain }) };
}

function refusal(
  added: number,
  most: number,
  need: number,
  { resource, needed, available, total, by }: ResourceShare,
  reserve: number,
  emergency: boolean,
): string {
  const each = resource === 'workers' || added === 1 ? '' : ` (${quantity(resource, need)} each)`;
  const kept = reserve > 0 && !emergency ? `, ${quantity(resource, reserve)} kept for emergencies` : '';
  const fits = most === 0 ? 'none fits' : `${most} ${most === 1 ? 'fits' : 'fit'}`;
  const free = `${quantity(resource, available)} free of ${quantity(resource, total)}`;
  return `${added} more need ${amount(resource, needed)}${each}, ${free} (${by})${kept}: ${fits}`;
}
