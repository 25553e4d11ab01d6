import type { ProposalKind } from '../core/decision.ts';
import type { ScheduledAction } from '../core/view.ts';
import type { Policy } from './policy.ts';

const ACTION_OF = { target: 'scaleTo', floor: 'atLeast', ceiling: 'atMost' } as const;

/**
 * Gives the schedule a voice: `scheduled('target')` for its `scaleTo` actions, `scheduled('floor')` for `atLeast`,
 * `scheduled('ceiling')` for `atMost`. Of several actions of a kind the one with the highest priority speaks; among
 * equals the one that asks for most (of ceilings: that allows least). A target is one voice among others: load
 * that needs more gets more, which a ceiling forbids.
 */
export function scheduled(kind: ProposalKind): Policy {
  const wanted = ACTION_OF[kind];
  return {
    name: `scheduled-${kind}`,
    propose({ schedule }) {
      let chosen: ScheduledAction | undefined;
      for (const action of schedule?.actions ?? []) {
        if (action.kind === wanted && (chosen === undefined || outranks(action, chosen))) chosen = action;
      }
      if (chosen === undefined) return undefined;
      return { kind, size: chosen.size, reason: `schedule ${chosen.by}: ${chosen.reason}` };
    },
  };

  function outranks(action: ScheduledAction, other: ScheduledAction): boolean {
    if (action.priority !== other.priority) return action.priority > other.priority;
    return kind === 'ceiling' ? action.size < other.size : action.size > other.size;
  }
}
