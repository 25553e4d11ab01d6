import type { Proposal } from '../core/decision.ts';
import { figure, percent, workers } from '../core/format.ts';
import type { ActiveSignal } from '../core/signal.ts';
import type { PoolView } from '../core/view.ts';
import { checkKnown, checkNumber, checkWorkers } from './check-options.ts';
import { quickLoad, wholeWorkers } from './load.ts';
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
 * demand over size stands at the threshold or above and the workers that serve are as busy as that, or while a
 * signal marked as an emergency is in force.
 *
 * The floor is what the demand needs, one worker more at least; or what the signal tells to expect, its
 * `expectedDemand` or demand raised by its magnitude. It is never below the present size (an emergency only grows)
 * and at most `maxWorkers` above the size that the pool had when the emergency began. Where the view does not tell
 * that (`view.emergency`), the cap counts from the ready workers: those that the emergency has started and that are
 * on their way count against it.
 */
export function emergency(options: EmergencyOptions = {}): Policy {
  const { threshold, maxWorkers = 10 } = options;
  checkKnown(options, ['threshold', 'maxWorkers']);
  checkNumber('threshold', threshold, 'must be above 0', (ratio) => ratio > 0);
  checkWorkers('maxWorkers', maxWorkers, 1);
  const aim = Math.min(1, threshold ?? AIM);

  function declare(view: PoolView, needed: number, cause: string): Proposal {
    const most = (view.emergency?.sizeBefore ?? view.ready) + maxWorkers;
    const size = Math.max(view.size, Math.min(needed, most));
    const cap = needed > size ? `, of which ${maxWorkers} more are allowed` : '';
    const reason = `emergency: ${cause} needs ${workers(needed)}${cap}: ${size}`;
    return { kind: 'floor', size, reason, emergency: true };
  }

  return {
    name: 'emergency',
    propose(view) {
      const { size, ready, busy } = view;
      const load = quickLoad(view);
      const alarm = strongest(view, load);
      if (alarm !== undefined) {
        const expected = expectedDemand(alarm, load);
        const cause = `${alarm.reason}; an expected demand of ${figure(expected)}`;
        return declare(view, wholeWorkers(expected / aim), cause);
      }
      if (threshold === undefined || load === 0 || load < threshold * size || busy < threshold * ready) {
        return undefined;
      }
      const share = size === 0 ? '' : ` (${percent(load / size)})`;
      const needed = Math.max(size + 1, wholeWorkers(load / aim));
      return declare(view, needed, `demand ${figure(load)} on ${workers(size)}${share}`);
    },
  };
}

/** The emergency signal in force that expects most. */
function strongest(view: PoolView, load: number): ActiveSignal | undefined {
  let strongest: ActiveSignal | undefined;
  for (const signal of view.signals) {
    if (!signal.emergency || !inForce(signal, view)) continue;
    if (strongest === undefined || expectedDemand(signal, load) > expectedDemand(strongest, load))
      strongest = signal;
  }
  return strongest;
}

function expectedDemand(signal: ActiveSignal, load: number): number {
  return Math.max(load, signal.expectedDemand ?? load * (1 + signal.magnitude));
}
