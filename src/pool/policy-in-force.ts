import type { ScheduleState } from '../core/view.ts';
import { messageOf } from '../errors.ts';
import { createPolicy, type PolicyName } from '../policies/create-policy.ts';
import type { ScalingPolicy } from '../policies/policy.ts';
import type { PoolHooks } from './pool-hooks.ts';

/** Which policy decides on a pool: its own, or the one that a schedule has put in its place for a while. */
export class PolicyInForce {
  /** The policy in force. */
  policy: ScalingPolicy;
  /** The one of the pool's options, or a shadow that was promoted. */
  own: ScalingPolicy;
  readonly #hooks: PoolHooks;
  readonly #scheduled = new Map<string, ScalingPolicy>();

  constructor(own: ScalingPolicy, hooks: PoolHooks) {
    this.policy = own;
    this.own = own;
    this.#hooks = hooks;
  }

  /** Makes this the pool's own policy. One that a schedule has put in its place stays in force for its time. */
  adopt(policy: ScalingPolicy): void {
    if (this.policy === this.own) this.policy = policy;
    this.own = policy;
  }

  /** Puts the policy in force that the schedule names, or the pool's own. */
  follow({ policy: scheduled }: ScheduleState): void {
    this.policy = scheduled === undefined ? this.own : this.#named(scheduled.policy, scheduled.by);
  }

  #named(name: string, schedule: string): ScalingPolicy {
    const known = this.#scheduled.get(name);
    if (known !== undefined) return known;
    try {
      const policy = createPolicy(name as PolicyName);
      this.#scheduled.set(name, policy);
      return policy;
    } catch (error) {
      this.#hooks.fault({ source: 'scheduler', message: `${schedule}: ${messageOf(error)}`, error });
      return this.own;
    }
  }
}
