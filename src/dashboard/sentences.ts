import type { Decision } from '../core/decision.ts';
import type { DashboardStatus } from '../telemetry/dashboard-data.ts';
import type { Fleet } from './feed-message.ts';
import { count, figure, percent, period } from './words.ts';

/** All pools in one sentence, and whether this instance leads where there are several. */
export function fleetInWords({ totals, leadership }: Fleet): string {
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
  const sentence = `${parts.join(', ')}.`;
  return leadership === undefined ? sentence : `${sentence} ${leadershipInWords(leadership)}`;
}

export function leadershipInWords({ leader, fencingToken }: NonNullable<Fleet['leadership']>): string {
  if (!leader) return 'This instance follows: it decides, and does not act.';
  return fencingToken === undefined
    ? 'This instance leads.'
    : `This instance leads, in term ${fencingToken}.`;
}

/** What is decided is not carried out: it is for others to, or for people. */
export function isAdvice({ mode, paused }: DashboardStatus, { leadership }: Fleet): boolean {
  return mode === 'recommend' || paused || leadership?.leader === false;
}

/** What a decision comes to; its reason follows. @param advises it is not carried out */
export function verdictOf({ kind, from, to }: Decision, advises: boolean): string {
  if (kind === 'hold') return `Holds ${count(to, 'worker')}:`;
  return `${advises ? 'Would go' : 'Goes'} from ${from} to ${count(to, 'worker')}:`;
}
