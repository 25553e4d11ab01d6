import type { Proposal } from '../core/decision.ts';
import { figure, percent, workers } from '../core/format.ts';
import type { ActiveSignal } from '../core/signal.ts';
import type { PoolView } from '../core/view.ts';
import { checkNumber, checkWorkers } from './check-options.ts';
import { wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';
import { inForce } from './signalled.ts';

/** Options of `emergency`. */
export interface EmergencyOptions {
  /**
   * Demand over size at and above which an emergency begins. Above 0; 0.95 is usual. Default: none, so that only
   * signals begin one.
   */
  readonly threshold?: number;
  /** Most workers that one emergency adds, 1 or more. Default 10. */
  readonly maxWorkers?: number;
}

/** Demand over size that an emergency aims at where no threshold is given. */
const AIM = 0.95;

/**
 * A floor for a pool that is being overrun, marked as an emergency: it skips pace and cooldown. One is on while
 * demand stands at the threshold or above (both the last reading and the quick average, so that one busy moment is
 * none), or while a signal marked as an emergency is in force.
 *
 * The floor is what the demand needs, or what the signal tells to expect: its `expectedDemand`, or demand raised by
 * its magnitude. It is never below the present size (an emergency only grows) and at most `maxWorkers` above the size
 * that the pool had when the emergency began. Where the view does not tell that (`view.emergency`), the cap counts from
 * the ready workers: those that the emergency has started already, and that are still on their way, count against it.
 */
export function emergency({ threshold, maxWorkers = 10 }: EmergencyOptions = {}): Policy {
  checkNumber('threshold', threshold, 'must be above 0', (ratio) => ratio > 0);
  checkWorkers('maxWorkers', maxWorkers, 1);
  const aim = Math.min(1, threshold ?? AIM);

  function declare(view: PoolView, demand: number, cause: string): Proposal {
    const most = (view.emergency?.sizeBefore ?? view.ready) + maxWorkers;
    const needed = wholeWorkers(demand / aim);
    const size = Math.max(view.size, Math.min(needed, most));
    const cap = needed > size ? `, ${maxWorkers} more at most` : '';
    return { kind: 'floor', size, reason: `emergency: ${cause}${cap}: ${workers(size)}`, emergency: true };
  }

  return {
    name: 'emergency',
    propose(view) {
      const { size, demand, signals } = view;
      const alarm = signals.length === 0 ? undefined : strongest(view);
      const measured = Math.min(demand.now, demand.fast);
      const overrun = threshold !== undefined && measured > 0 && measured >= threshold * size;
      if (!overrun && alarm === undefined) return undefined;
      const expected = alarm === undefined ? 0 : expectedDemand(alarm, demand.fast);
      if (alarm !== undefined && (!overrun || expected >= demand.fast)) {
        return declare(view, expected, `${alarm.reason}, a demand of ${figure(expected)} is expected`);
      }
      const share = size === 0 ? '' : ` is ${percent(demand.fast / size)}`;
      return declare(view, demand.fast, `demand ${figure(demand.fast)} on ${workers(size)}${share}`);
    },
  };
}

/** The emergency signal in force that expects most. */
function strongest(view: PoolView): ActiveSignal | undefined {
  const { fast } = view.demand;
  let strongest: ActiveSignal | undefined;
  for (const signal of view.signals) {
    if (!signal.emergency || !inForce(signal, view)) continue;
    if (strongest === undefined || expectedDemand(signal, fast) > expectedDemand(strongest, fast))
      strongest = signal;
  }
  return strongest;
}

function expectedDemand(signal: ActiveSignal, demand: number): number {
  return Math.max(demand, signal.expectedDemand ?? demand * (1 + signal.magnitude));
}
