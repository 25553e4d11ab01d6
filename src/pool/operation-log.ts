import type { Trigger } from '../core/decision.ts';
import type { OperationReport } from '../events.ts';
import type { OperationEvent } from '../workers/actuator.ts';

/** Weight of one operation in the fading mean: the last 50 count for 64%. */
const WEIGHT = 1 / 50;

/** What led to an operation. */
type Origin = Pick<OperationReport, 'trigger' | 'policy'>;

/** Adds to one pool's operations what led to them, and how well they have gone lately. */
export class OperationLog {
  readonly #origins = new Map<number, Origin>();
  #successRatio = 1;

  /**
   * @param policy that is in force now
   * @param trigger of the newest decision; default `interval`
   */
  report(event: OperationEvent, policy: string, trigger: Trigger = 'interval'): OperationReport {
    const { operation, outcome } = event;
    let origin = this.#origins.get(operation.id);
    if (outcome === 'started') {
      origin = { trigger, policy };
      this.#origins.set(operation.id, origin);
    } else {
      this.#origins.delete(operation.id);
      // What was called off went neither well nor badly.
      if (outcome !== 'cancelled')
        this.#successRatio += WEIGHT * (Number(outcome === 'completed') - this.#successRatio);
    }
    return { ...event, ...(origin ?? { trigger, policy }), successRatio: this.#successRatio };
  }
}
