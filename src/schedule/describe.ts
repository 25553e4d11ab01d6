import type { ScheduledAction, ScheduledPolicy } from '../core/view.ts';
import type { Claim, PolicyClaim, SizeClaim, Standing } from './resolve.ts';
import type { ZoneClock } from './zone-clock.ts';

/** A claim that counts, as it goes into the schedule's state: with its sentence. */
export function standingAction({ claim, size, cutBy }: Standing): ScheduledAction {
  const action = sizeAction(claim);
  return cutBy
    ? { ...action, size, reason: `${action.reason}, cut to ${size} by ${cutBy.schedule.name}` }
    : action;
}

export function standingPolicy(claim: PolicyClaim): ScheduledPolicy {
  return { ...commonOf(claim), kind: claim.kind, policy: claim.policy, reason: sentenceOf(claim) };
}

/** A claim that does not count, and what it gave way to. */
export function setAside(claim: Claim, winner: string): ScheduledAction | ScheduledPolicy {
  const action = claim.kind === 'policy' ? standingPolicy(claim) : sizeAction(claim);
  return { ...action, reason: `${action.reason}, set aside for ${winner}` };
}

/** `launch (at least 20 workers)` */
export function nameOf(claim: Claim): string {
  return `${claim.schedule.name} (${wordsOf(claim)})`;
}

/** An instant as people of the zone read it: `Fri 27 Nov 18:00 (Europe/Berlin)`. */
export function timeIn(instant: number, clock: ZoneClock): string {
  // ECMA-262 fixes the form of `toUTCString`: 'Fri, 27 Nov 2026 18:00:00 GMT'.
  const wall = new Date(instant + clock.stretchAt(instant).offsetMs).toUTCString();
  return `${wall.slice(0, 3)} ${wall.slice(5, 11)} ${wall.slice(17, 22)} (${clock.zone})`;
}

export function workers(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}

function sizeAction(claim: SizeClaim): ScheduledAction {
  const action = { ...commonOf(claim), kind: claim.kind, size: claim.size, reason: sentenceOf(claim) };
  return claim.schedule.emergencyOverride ? action : { ...action, emergencyOverride: false };
}

function commonOf({ schedule, span }: Claim): Pick<ScheduledAction, 'by' | 'priority' | 'until'> {
  const common = { by: schedule.name, priority: schedule.priority };
  return span.to === Number.POSITIVE_INFINITY ? common : { ...common, until: span.to };
}

function sentenceOf(claim: Claim): string {
  const { schedule, span } = claim;
  const end = span.to === Number.POSITIVE_INFINITY ? '' : ` until ${timeIn(span.to, schedule.clock)}`;
  return `${schedule.name}: ${wordsOf(claim)}${end}`;
}

function wordsOf(claim: Claim): string {
  switch (claim.kind) {
    case 'scaleTo':
      return `exactly ${workers(claim.size)}`;
    case 'atLeast':
      return `at least ${workers(claim.size)}`;
    case 'atMost':
      return `at most ${workers(claim.size)}`;
    case 'policy':
      return `policy ${claim.policy}`;
  }
}
