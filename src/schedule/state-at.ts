import type { ScheduledAction, ScheduleState } from '../core/view.ts';
import { nameOf, setAside, standingAction, standingPolicy, timeIn, workers } from './describe.ts';
import type { ParsedSchedule } from './parse-schedule.ts';
import { type Claim, claimOf, isLimit, type Resolution, resolve, type Standing } from './resolve.ts';

/** What is wanted, and up to when the answer stays the same. */
export interface TimedState {
  readonly state: ScheduleState;
  /** Epoch ms; `Infinity` = for ever. */
  readonly until: number;
}

/** A floor that reaches beyond its window: ahead of its begin, or while it fades out after its end. */
interface Extension {
  readonly of: Standing;
  readonly size: number;
  /** When this size stops applying, epoch ms. */
  readonly until: number;
  /** Made on demand, as most extensions lose. */
  readonly reason: () => string;
}

/**
 * What the schedules want at `now`: the claims in force, resolved, and the floors that reach into now from a window
 * that will begin within the start-up time, or from one that ended within its ramp.
 *
 * @param startupMs how long the pool's workers take to start; windows that name no `preWarmMs` begin so much earlier
 */
export function stateAt(schedules: readonly ParsedSchedule[], now: number, startupMs: number): TimedState {
  const here = resolve(claimsAt(schedules, now));
  const changes = [nextChange(schedules, now)];
  const extensions = [
    ...preWarms(schedules, now, startupMs, here, changes),
    ...rampDowns(schedules, now, here, changes),
  ];
  let highest: Extension | undefined;
  for (const extension of extensions) if (!highest || extension.size > highest.size) highest = extension;
  return { state: extend(here, highest), until: Math.min(...changes) };
}

function claimsAt(schedules: readonly ParsedSchedule[], instant: number): Claim[] {
  const claims: Claim[] = [];
  for (const schedule of schedules) {
    for (const timeline of schedule.timelines) {
      const span = timeline.at(instant);
      if (span) claims.push(claimOf(schedule, span));
    }
  }
  return claims;
}

/** The first instant after this one at which a claim begins or ends. */
function nextChange(schedules: readonly ParsedSchedule[], instant: number): number {
  let change = Number.POSITIVE_INFINITY;
  for (const { timelines } of schedules) {
    for (const timeline of timelines) {
      change = Math.min(change, timeline.at(instant)?.to ?? change, timeline.next(instant)?.from ?? change);
    }
  }
  return change;
}

/** Floors of windows to come that must begin now to be met by ready workers; adds to `changes` when others will. */
function preWarms(
  schedules: readonly ParsedSchedule[],
  now: number,
  startupMs: number,
  here: Resolution,
  changes: number[],
): readonly Extension[] {
  const leadOf = (schedule: ParsedSchedule): number => schedule.preWarmMs ?? startupMs;
  const longest = Math.max(0, ...schedules.map(leadOf));
  if (longest === 0) return [];

  const found: Extension[] = [];
  let begin = nextChange(schedules, now);
  for (; begin <= now + longest; begin = nextChange(schedules, begin)) {
    for (const of of resolve(claimsAt(schedules, begin)).standing) {
      const { kind, schedule } = of.claim;
      const { size } = of;
      const lead = leadOf(schedule);
      if (kind === 'atMost' || size <= here.floor || lead === 0) continue;
      if (begin - lead > now) {
        changes.push(begin - lead);
        continue;
      }
      const until = begin;
      const reason = (): string =>
        `${schedule.name}: ${workers(size)} from ${timeIn(until, schedule.clock)}, started ${seconds(lead)} ahead`;
      found.push({ of, size, until, reason });
    }
  }
  changes.push(begin - longest);
  return found;
}

/**
 * Floors of windows that are over, on their way down. From 8 to 4 over 20 min is one worker less every 5 min, so that
 * 7 min after the end it is 7; adds to `changes` when the next goes.
 */
function rampDowns(
  schedules: readonly ParsedSchedule[],
  now: number,
  here: Resolution,
  changes: number[],
): readonly Extension[] {
  const longest = Math.max(0, ...schedules.map((schedule) => schedule.rampDownMs));
  if (longest === 0) return [];

  const found: Extension[] = [];
  let from = now - longest;
  for (let end = nextChange(schedules, from); end <= now; end = nextChange(schedules, end)) {
    for (const of of resolve(claimsAt(schedules, from)).standing) {
      const { kind, schedule } = of.claim;
      const excess = of.size - here.floor;
      const elapsed = now - end;
      if (kind === 'atMost' || excess <= 0 || elapsed >= schedule.rampDownMs) continue;
      const gone = Math.floor((elapsed * excess) / schedule.rampDownMs);
      const size = of.size - gone;
      const until = end + Math.ceil(((gone + 1) * schedule.rampDownMs) / excess);
      const since = end;
      const reason = (): string =>
        `${schedule.name}: ${workers(size)} on the way from ${of.size} to ${here.floor}, as it ended ${timeIn(since, schedule.clock)}`;
      changes.push(until);
      found.push({ of, size, until, reason });
    }
    from = end;
  }
  return found;
}

/** The resolved claims, and the floor that reaches in from before or after: it lifts a `scaleTo`, never a limit. */
function extend(here: Resolution, extension: Extension | undefined): ScheduleState {
  const { standing, policy } = here;
  const size = extension ? Math.min(extension.size, here.limit) : 0;
  const lifts = extension !== undefined && size > here.floor;
  const lifted = lifts
    ? standing.find(({ claim }) => claim.kind === 'scaleTo' && !isLimit(claim))
    : undefined;

  const actions: ScheduledAction[] = standing.filter((one) => one !== lifted).map(standingAction);
  const overridden = here.overridden.map(({ claim, by }) => setAside(claim, nameOf(by)));
  if (lifts) {
    const { schedule } = extension.of.claim;
    actions.push({
      by: schedule.name,
      kind: lifted ? 'scaleTo' : 'atLeast',
      size,
      priority: schedule.priority,
      until: extension.until,
      reason: extension.reason(),
    });
    if (lifted) overridden.push(setAside(lifted.claim, `the ${workers(size)} of ${schedule.name}`));
  }
  return {
    actions,
    ...(policy && { policy: standingPolicy(policy) }),
    ...(overridden.length > 0 && { overridden }),
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
