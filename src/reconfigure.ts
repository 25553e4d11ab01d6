import type { PoolId } from './core/observation.ts';
import { InvalidOptionError } from './errors.ts';
import type { ControllerOptions, PoolOptions } from './options.ts';
import {
  checkTogether,
  type ResolvedOptions,
  type ResolvedPool,
  resolveOptions,
  resolvePool,
} from './resolve-options.ts';

/** What of a pool can be changed while it runs. */
export type PoolReconfiguration = Partial<
  Pick<PoolOptions, 'policy' | 'type' | 'minWorkers' | 'maxWorkers' | 'mode' | 'price' | 'needs' | 'share'>
>;

/** What of a controller can be changed while it runs; what is left out stays. */
export interface Reconfiguration
  extends Partial<
    Pick<
      ControllerOptions,
      | 'mode'
      | 'intervalMs'
      | 'schedules'
      | 'zone'
      | 'budget'
      | 'signals'
      | 'resources'
      | 'policyByType'
      | 'predictive'
    >
  > {
  /** By id. */
  readonly pools?: Readonly<Record<PoolId, PoolReconfiguration>>;
}

/** A controller's options as they were given last, with the pools that have come and gone since. */
export interface Given {
  readonly options: ControllerOptions;
  readonly pools: ReadonlyMap<PoolId, { readonly given: PoolOptions; readonly resolved: ResolvedPool }>;
}

const POOL_FIELDS: readonly string[] = [
  'policy',
  'type',
  'minWorkers',
  'maxWorkers',
  'mode',
  'price',
  'needs',
  'share',
];

/**
 * The options after a change: all of it checked, nothing applied.
 *
 * @throws InvalidOptionError; then nothing has changed
 */
export function reconfigured(
  { options, pools }: Given,
  { pools: changes = {}, ...rest }: Reconfiguration,
): { readonly given: Given; readonly resolved: ResolvedOptions } {
  if (Array.isArray(changes)) {
    throw new InvalidOptionError('pools', 'must be changes by id, like { jobs: { maxWorkers: 9 } }', changes);
  }
  for (const id of Object.keys(changes)) {
    if (!pools.has(id)) throw new InvalidOptionError('pools', 'must name pools of this controller', id);
  }
  const nextOptions: ControllerOptions = { ...options, ...rest, pools: [] };
  const base = resolveOptions(nextOptions);
  const nextPools = new Map(
    [...pools].map(([id, pool]) => {
      const change = changes[id];
      if (change === undefined && rest.policyByType === undefined) return [id, pool];
      checkFields(`pools.${id}`, change ?? {});
      const given = { ...pool.given, ...change };
      return [id, { given, resolved: resolvePool(given, `pools.${id}`, base.policyByType) }];
    }),
  );
  const resolvedPools = [...nextPools.values()].map(({ resolved }) => resolved);
  checkTogether(resolvedPools, base.budget);
  return {
    given: { options: nextOptions, pools: nextPools },
    resolved: { ...base, pools: resolvedPools },
  };
}

function checkFields(field: string, change: PoolReconfiguration): void {
  for (const [name, value] of Object.entries(change)) {
    if (!POOL_FIELDS.includes(name)) {
      throw new InvalidOptionError(`${field}.${name}`, 'cannot be changed while the pool runs', value);
    }
  }
}
