import type { ScheduledAction } from '../core/view.ts';
import type { Policy } from './policy.ts';

/**
 * Gives the schedule its voices, to be spread among the policies of an engine. A floor: the highest of `atLeast` and
 * `scaleTo`. Two ceilings, the lowest of `atMost` and `scaleTo`: one that an emergency may overrule, and one of the
 * actions with `emergencyOverride: false`. `scaleTo` is both, so it is neither more nor less, whatever the load.
 *
 * Reads `view.schedule` as a scheduler resolved it, without contradictions. By hand: a ceiling beats a floor.
 */
export function scheduled(): readonly Policy[] {
  return [
    {
      name: 'scheduled-floor',
      propose(view) {
        const action = pick(view.schedule?.actions, isFloor, (a, b) => a.size > b.size);
        return action && { kind: 'floor', size: action.size, reason: action.reason };
      },
    },
    {
      name: 'scheduled-ceiling',
      propose(view) {
        const action = pick(view.schedule?.actions, isYieldingCeiling, (a, b) => a.size < b.size);
        return action && { kind: 'ceiling', size: action.size, reason: action.reason, yields: true };
      },
    },
    {
      name: 'scheduled-limit',
      propose(view) {
        const action = pick(view.schedule?.actions, isLimit, (a, b) => a.size < b.size);
        return action && { kind: 'ceiling', size: action.size, reason: action.reason };
      },
    },
  ];
}

const isFloor = ({ kind }: ScheduledAction): boolean => kind !== 'atMost';
const isYieldingCeiling = ({ kind, emergencyOverride }: ScheduledAction): boolean =>
  kind !== 'atLeast' && emergencyOverride !== false;
const isLimit = ({ kind, emergencyOverride }: ScheduledAction): boolean =>
  kind !== 'atLeast' && emergencyOverride === false;

/** The action that is first by `before` among those that count; of equals the one that stands first. */
function pick(
  actions: readonly ScheduledAction[] = [],
  counts: (action: ScheduledAction) => boolean,
  before: (a: ScheduledAction, b: ScheduledAction) => boolean,
): ScheduledAction | undefined {
  let picked: ScheduledAction | undefined;
  for (const action of actions) {
    if (counts(action) && (picked === undefined || before(action, picked))) picked = action;
  }
  return picked;
}
