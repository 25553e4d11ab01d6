import { amount, needOf, type Supply } from '../core/resources.ts';
import { InvalidOptionError } from '../errors.ts';
import type { PoolShare, PoolTerms } from './claim.ts';

/** What all pools of a controller may take together. A field left out does not limit. */
export interface BudgetOptions {
  /** Most workers, those that start and drain included. An integer, 1 or more. */
  readonly maxWorkers?: number;
  /** Most memory, bytes. Above 0. */
  readonly maxMemoryBytes?: number;
  /** Most CPU, cores. Above 0. */
  readonly maxCpuCores?: number;
  /** Most money per hour, in the currency of the pools' prices. Above 0. */
  readonly maxCostPerHour?: number;
  /** Most money in 24 h, in the same currency. Above 0. Held by signals, see `costSignal`. */
  readonly maxCostPerDay?: number;
}

/** By field: the resource that it limits at every moment; `undefined` where it limits a sum over time. */
const FIELDS = [
  ['maxWorkers', 'workers'],
  ['maxMemoryBytes', 'memory'],
  ['maxCpuCores', 'cpu'],
  ['maxCostPerHour', 'cost'],
  ['maxCostPerDay', undefined],
] as const;

/** @throws InvalidOptionError, with `field` as the path of the budget in the caller's options */
export function budgetSupplies(options: BudgetOptions, field = 'budget'): Supply[] {
  const supplies: Supply[] = [];
  for (const [name, resource] of FIELDS) {
    const total = options[name];
    if (total === undefined) continue;
    const by = `${field}.${name}`;
    if (typeof total !== 'number' || !Number.isFinite(total) || total <= 0) {
      throw new InvalidOptionError(by, 'must be a number above 0', total);
    }
    if (name === 'maxWorkers' && !Number.isInteger(total)) {
      throw new InvalidOptionError(by, 'must be an integer', total);
    }
    if (resource !== undefined) supplies.push({ resource, total, by });
  }
  return supplies;
}

/** @throws InvalidOptionError, with `field` as the path of the share in the caller's options */
export function checkShare(share: PoolShare, field = 'share'): void {
  const { priority, weight, guaranteedWorkers: guaranteed } = share;
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw new InvalidOptionError(`${field}.priority`, 'must be a number', priority);
  }
  if (weight !== undefined && !(Number.isFinite(weight) && weight > 0)) {
    throw new InvalidOptionError(`${field}.weight`, 'must be a number above 0', weight);
  }
  if (guaranteed !== undefined && !(Number.isInteger(guaranteed) && guaranteed >= 0)) {
    throw new InvalidOptionError(`${field}.guaranteedWorkers`, 'must be an integer, 0 or more', guaranteed);
  }
}

/** A pool as far as its guarantee goes. */
export interface Guarantee extends PoolTerms {
  readonly minWorkers: number;
}

/**
 * A promise that cannot be kept is refused: what all pools are guaranteed (`guaranteedWorkers`, or else `minWorkers`)
 * has to fit into the budget, as far as their needs are declared.
 *
 * @throws InvalidOptionError
 */
export function checkGuarantees(pools: readonly Guarantee[], supplies: readonly Supply[]): void {
  for (const { resource, total, by } of supplies) {
    const promised = pools.reduce(
      (sum, { share, minWorkers, needs = {}, costPerHour }) =>
        sum + needOf(resource, needs, costPerHour) * Math.max(share?.guaranteedWorkers ?? 0, minWorkers),
      0,
    );
    if (promised > total * (1 + 1e-9)) {
      const rule = `must cover what the pools are guaranteed (${amount(resource, promised)})`;
      throw new InvalidOptionError(by, rule, total);
    }
  }
}

/**
 * A guaranteed share of the budget in workers: the most that fit into `ratio` of every limit. 0.25 of 100 workers and of
 * 8 GiB, at 512 MiB each: min(25, 4) = 4.
 *
 * A guarantee is kept in workers and not as a share, so that it does not move with what there is: with shares, rounding
 * alone can let a larger budget give a pool less (the Alabama paradox).
 */
export function guaranteeOf(ratio: number, terms: PoolTerms, supplies: readonly Supply[]): number {
  const { needs = {}, costPerHour } = terms;
  let most = Number.POSITIVE_INFINITY;
  for (const { resource, total } of supplies) {
    const need = needOf(resource, needs, costPerHour);
    if (need > 0) most = Math.min(most, Math.floor((ratio * total) / need + 1e-9));
  }
  return Number.isFinite(most) ? most : 0;
}
