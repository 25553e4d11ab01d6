import { percent } from '../core/format.ts';
import { needOf, type Supply } from '../core/resources.ts';
import type { Claim } from './claim.ts';

/** Used share of a measured supply at which workers leave, and the one that is aimed at. */
const PRESSURE_RATIO = 0.95;
const RELIEF_RATIO = 0.9;

/** Memory runs out, whoever uses it. */
export interface Pressure {
  /** What the workers may keep of it, in the supply's unit; infinite where enough comes back already. */
  readonly keep: number;
  /** The fact, for the reason. */
  readonly fact: string;
}

/**
 * Whether workers should leave before the kernel ends them: more than 95% of a *measured* memory is in use. They give
 * back what is above 90%; what draining workers will give back counts as given, so that one shortage is answered once.
 * Of 512 MB, 500 are in use: 39 MB have to come back, one worker of 64 MB.
 *
 * `undefined` = no pressure. No worker that its pool is guaranteed leaves for it.
 */
export function pressureOn(supply: Supply, claims: readonly Claim[]): Pressure | undefined {
  const { resource, total, used, by } = supply;
  if (resource !== 'memory' || used === undefined || used <= PRESSURE_RATIO * total) return undefined;
  let staying = 0;
  let leaving = 0;
  let owed = 0;
  for (const { current, draining, wanted, guaranteed, held, needs } of claims) {
    const need = needOf(resource, needs);
    const stays = Math.min(current, wanted);
    staying += need * stays;
    leaving += need * (draining + current - stays);
    owed += need * Math.min(wanted, held ? Math.max(current, guaranteed) : guaranteed);
  }
  const excess = used - leaving - RELIEF_RATIO * total;
  return {
    keep: excess > 0 ? Math.max(owed, staying - excess) : Number.POSITIVE_INFINITY,
    fact: `${percent(used / total)} of the memory (${by}) is in use`,
  };
}
