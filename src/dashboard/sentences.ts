import type { Decision } from '../core/decision.ts';
import type { Fleet } from './feed-message.ts';
import { count, figure, percent, period } from './words.ts';

/** All pools in one sentence. */
export function fleetInWords({ totals }: Fleet): string {
  const { ready, demand, queued, cost } = totals;
  const parts = [
    `${count(ready, 'worker')} ready for a demand of ${figure(demand)}`,
    queued > 0 ? `${count(queued, 'job')} waiting` : 'nothing waiting',
    ...(cost.savedRatio > 0.005
      ? [
          `${percent(cost.savedRatio)} fewer worker-hours than static pools in the last ${period(cost.periodMs)}`,
        ]
      : []),
  ];
  return `${parts.join(', ')}.`;
}

/** What a decision comes to; its reason follows. @param advises it is not carried out */
export function verdictOf({ kind, from, to }: Decision, advises: boolean): string {
  if (kind === 'hold') return `Holds ${count(to, 'worker')}:`;
  return `${advises ? 'Would go' : 'Goes'} from ${from} to ${count(to, 'worker')}:`;
}
