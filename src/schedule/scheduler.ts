import type { PoolId } from '../core/observation.ts';
import type { ScheduleState } from '../core/view.ts';
import { InvalidOptionError } from '../errors.ts';
import type { DefaultScheduleName } from './default-schedules.ts';
import { type ParsedSchedule, type ParseScheduleOptions, parseSchedules } from './parse-schedule.ts';
import type { Schedule } from './schedule.ts';
import { stateAt, type TimedState } from './state-at.ts';
import { type UpcomingSpan, upcoming } from './upcoming.ts';

/**
 * Says what a timetable wants. Asked every tick and never fired, so that a process that slept or a timer that was
 * late loses nothing. One that ignores `pool` and `startupMs` is a `Scheduler` too.
 */
export interface Scheduler {
  /**
   * What is wanted at this moment.
   *
   * @param now epoch ms
   * @param pool default: only what is for all pools
   * @param startupMs how long the pool's workers take to start; what begins within that time is asked for already.
   *   Rounded up to whole seconds, at most 24 h. Default 0.
   */
  at(now: number, pool?: PoolId, startupMs?: number): ScheduleState;
  /** The first moment after this one, epoch ms, at which `at` may answer differently; `undefined` = never. */
  nextChange(after: number, pool?: PoolId, startupMs?: number): number | undefined;
}

/** The scheduler that flyball brings: windows, time rules and events, which may be changed while it runs. */
export interface Timetable extends Scheduler {
  /** All schedules, as they were given. */
  readonly schedules: readonly Schedule[];
  /**
   * The next `count` spans that begin after `now`, in order: the calendar as it stands, pre-warming and overlaps not
   * yet taken into account.
   *
   * @param count a whole number
   * @param pool default: those of every pool
   */
  upcoming(now: number, count: number, pool?: PoolId): readonly UpcomingSpan[];
  /**
   * Adds one. In force from the next `at` on.
   *
   * @throws {InvalidOptionError} and nothing has changed.
   */
  add(schedule: Schedule | DefaultScheduleName): void;
  /** Removes one by name; `false` = there was none. */
  remove(name: string): boolean;
  /**
   * Replaces all of them at once.
   *
   * @throws {InvalidOptionError} and nothing has changed.
   */
  replace(schedules: readonly (Schedule | DefaultScheduleName)[]): void;
}

/** It knows what is to come, and may be changed. */
export function isTimetable(scheduler: Scheduler): scheduler is Timetable {
  return typeof (scheduler as Partial<Timetable>).upcoming === 'function';
}

const NOTHING: ScheduleState = { actions: [] };
const DAY = 24 * 3_600_000;
/** The end of the year 9999: beyond it, and before 1970, nothing is scheduled. */
const END_OF_TIME = Date.UTC(10_000, 0);
/** Start-up times drift, and each has its own answer. */
const MAX_ANSWERS = 512;

/**
 * Makes a timetable.
 *
 * Between two changes `at` is two look-ups: a fraction of a microsecond.
 *
 * @throws {InvalidOptionError} naming the field, e.g. `schedules[0].start.cron`.
 */
export function createScheduler(
  schedules: readonly (Schedule | DefaultScheduleName)[] = [],
  options: ParseScheduleOptions = {},
): Timetable {
  let parsed = parseSchedules(schedules, options);
  let groups = groupByPool(parsed);

  function replaceBy(next: readonly ParsedSchedule[]): void {
    groups = groupByPool(next);
    parsed = next;
  }

  function ask(now: number, pool: PoolId | undefined, startupMs: number): TimedState | undefined {
    const group = (pool !== undefined && groups.named.get(pool)) || groups.common;
    if (group.schedules.length === 0 || !(now >= 0 && now < END_OF_TIME)) return undefined;
    const startupSeconds = startupMs > 0 ? Math.ceil(Math.min(startupMs, DAY) / 1000) : 0;
    return answer(group, now, startupSeconds);
  }

  return {
    at: (now, pool, startupMs = 0) => ask(now, pool, startupMs)?.state ?? NOTHING,
    nextChange(after, pool, startupMs = 0) {
      const until = ask(after, pool, startupMs)?.until;
      return until === undefined || until === Number.POSITIVE_INFINITY ? undefined : until;
    },
    get schedules() {
      return parsed.map(({ source }) => source);
    },
    upcoming(now, count, pool) {
      if (!Number.isInteger(count) || count < 0)
        throw new InvalidOptionError('count', 'must be a whole number', count);
      if (!(now >= 0 && now < END_OF_TIME)) return [];
      return upcoming(pool === undefined ? parsed : forPool(parsed, pool), now, count);
    },
    add: (schedule) => replaceBy(parseSchedules([...parsed.map(({ source }) => source), schedule], options)),
    remove(name) {
      const rest = parsed.filter((schedule) => schedule.name !== name);
      const found = rest.length < parsed.length;
      if (found) replaceBy(rest);
      return found;
    },
    replace: (next) => replaceBy(parseSchedules(next, options)),
  };
}

/** The schedules of a pool, or of the many pools that no schedule names, with the answers that still hold. */
interface Group {
  readonly schedules: readonly ParsedSchedule[];
  /** By start-up time in seconds. */
  readonly answers: Map<number, Answer>;
}

interface Answer extends TimedState {
  readonly from: number;
}

function answer(group: Group, now: number, startupSeconds: number): Answer {
  const known = group.answers.get(startupSeconds);
  if (known && now >= known.from && now < known.until) return known;
  if (group.answers.size >= MAX_ANSWERS) group.answers.clear();
  const fresh = { ...stateAt(group.schedules, now, startupSeconds * 1000), from: now };
  group.answers.set(startupSeconds, fresh);
  return fresh;
}

function groupByPool(schedules: readonly ParsedSchedule[]): { common: Group; named: Map<PoolId, Group> } {
  const groupOf = (pool?: PoolId): Group => ({ schedules: forPool(schedules, pool), answers: new Map() });
  const pools = new Set(schedules.flatMap((schedule) => [...(schedule.pools ?? [])]));
  return { common: groupOf(), named: new Map([...pools].map((pool) => [pool, groupOf(pool)])) };
}

function forPool(schedules: readonly ParsedSchedule[], pool?: PoolId): readonly ParsedSchedule[] {
  return schedules.filter(({ pools }) => !pools || (pool !== undefined && pools.has(pool)));
}
