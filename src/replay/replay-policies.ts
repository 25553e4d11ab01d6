import type { PoolId } from '../core/observation.ts';
import type { PoolRecord } from '../core/record.ts';
import { InvalidOptionError, messageOf } from '../errors.ts';
import type { PolicyLike } from '../options.ts';
import { createPolicy, type PolicyName } from '../policies/create-policy.ts';
import type { ScalingPolicy } from '../policies/policy.ts';
import { resolvePolicy } from '../resolve-options.ts';

/** Finds the policies that a replay decides with. */
export class ReplayPolicies {
  readonly #everywhere: ScalingPolicy | undefined;
  readonly #byPool: ReadonlyMap<PoolId, ScalingPolicy>;
  readonly #byName = new Map<string, ScalingPolicy>();

  /** @throws InvalidOptionError */
  constructor(policy: PolicyLike | undefined, policies: Readonly<Record<PoolId, PolicyLike>> = {}) {
    this.#everywhere = policy === undefined ? undefined : resolvePolicy(policy);
    this.#byPool = new Map(Object.entries(policies).map(([pool, given]) => [pool, resolvePolicy(given)]));
  }

  /** The pool's own policy, whatever a schedule puts in its place. */
  own({ view, policy }: PoolRecord): ScalingPolicy {
    return this.#byPool.get(view.pool) ?? this.#everywhere ?? this.#named(policy, view.pool);
  }

  /** The policy that decides in this tick. */
  inForce(record: PoolRecord): ScalingPolicy {
    const scheduled = record.view.schedule?.policy?.policy;
    // A schedule may name what is no template; the controller then stayed with the pool's own, and so does this.
    if (scheduled !== undefined && scheduled === record.policy)
      return this.#named(scheduled, record.view.pool);
    return this.own(record);
  }

  #named(name: string, pool: PoolId): ScalingPolicy {
    let policy = this.#byName.get(name);
    if (policy === undefined) {
      try {
        policy = createPolicy(name as PolicyName);
      } catch (error) {
        const rule = `must be given: "${name}" was recorded, which is no template (${messageOf(error)})`;
        throw new InvalidOptionError(`policies.${pool}`, rule, undefined);
      }
      this.#byName.set(name, policy);
    }
    return policy;
  }
}
