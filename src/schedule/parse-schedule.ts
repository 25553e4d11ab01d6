import { InvalidOptionError } from '../errors.ts';
import { finite, flag, onlyFields, positive, text, upToADay } from './check.ts';
import { parseCron } from './cron.ts';
import { type DefaultScheduleName, defaultSchedules } from './default-schedules.ts';
import { createMoments, type Moments } from './moments.ts';
import { parseInstant, parseRuleTime, parseZone } from './parse-time.ts';
import type { EventSchedule, RuleSchedule, Schedule, ScheduleAction, WindowSchedule } from './schedule.ts';
import { forDuration, holding, once, type Timeline, untilEnd } from './timeline.ts';
import type { ZoneClock } from './zone-clock.ts';

const EVENT_PRIORITY = 100;

const COMMON = ['name', 'pools', 'zone', 'priority', 'preWarmMs', 'rampDownMs', 'emergencyOverride'];

/** A schedule, checked and ready to be asked. */
export interface ParsedSchedule {
  readonly source: Schedule;
  readonly name: string;
  /** `undefined` = all pools. */
  readonly pools: ReadonlySet<string> | undefined;
  readonly clock: ZoneClock;
  readonly priority: number;
  /** `undefined` = the pool's start-up time. */
  readonly preWarmMs: number | undefined;
  readonly rampDownMs: number;
  readonly emergencyOverride: boolean;
  readonly timelines: readonly Timeline[];
}

export interface ParseScheduleOptions {
  /** Zone of schedules that name none. Default `UTC`. */
  readonly zone?: string;
  /** Path that errors begin with. Default `schedules`. */
  readonly field?: string;
}

/**
 * Checks a list of schedules: everything that takes a calendar to check, and the shape too.
 *
 * @throws {InvalidOptionError} with the path of the field, e.g. `schedules[0].start.cron`.
 */
export function parseSchedules(
  schedules: readonly (Schedule | DefaultScheduleName)[],
  options: ParseScheduleOptions = {},
): readonly ParsedSchedule[] {
  const field = options.field ?? 'schedules';
  if (!Array.isArray(schedules)) throw new InvalidOptionError(field, 'must be an array', schedules);
  const zone = parseZone(options.zone ?? 'UTC', 'zone').zone;
  const names = new Set<string>();
  return schedules.map((schedule, index) => {
    const parsed = parseSchedule(schedule, `${field}[${index}]`, zone);
    if (names.has(parsed.name)) {
      throw new InvalidOptionError(
        `${field}[${index}].name`,
        'must be unique among the schedules',
        parsed.name,
      );
    }
    names.add(parsed.name);
    return parsed;
  });
}

/** Checks one schedule; `field` is the path that errors begin with, `zone` the one it has if it names none. */
function parseSchedule(
  input: Schedule | DefaultScheduleName,
  field: string,
  zone: string = 'UTC',
): ParsedSchedule {
  const schedule = readSchedule(input, field);
  const clock = parseZone(schedule.zone ?? zone, `${field}.zone`);
  return {
    source: schedule,
    name: text(schedule.name, `${field}.name`),
    pools: readPools(schedule.pools, `${field}.pools`),
    clock,
    priority: finite(schedule.priority ?? ('at' in schedule ? EVENT_PRIORITY : 0), `${field}.priority`),
    preWarmMs:
      schedule.preWarmMs === undefined ? undefined : upToADay(schedule.preWarmMs, `${field}.preWarmMs`),
    rampDownMs: upToADay(schedule.rampDownMs ?? 0, `${field}.rampDownMs`),
    emergencyOverride: flag(schedule.emergencyOverride ?? true, `${field}.emergencyOverride`),
    timelines: readTimelines(schedule, field, clock),
  };
}

function readSchedule(input: Schedule | DefaultScheduleName, field: string): Schedule {
  if (typeof input === 'string') {
    if (Object.hasOwn(defaultSchedules, input)) return defaultSchedules[input];
    const names = Object.keys(defaultSchedules).join(', ');
    throw new InvalidOptionError(field, `must be a schedule or one of ${names}`, input);
  }
  if (typeof input !== 'object' || input === null)
    throw new InvalidOptionError(field, 'must be a schedule', input);
  return input;
}

function readTimelines(schedule: Schedule, field: string, clock: ZoneClock): readonly Timeline[] {
  const kinds = ['start', 'rules', 'at'].filter((key) => key in schedule);
  if (kinds.length !== 1) {
    throw new InvalidOptionError(
      field,
      'must have one of start (a window), rules or at (an event)',
      schedule,
    );
  }
  if ('start' in schedule) return [readWindow(schedule, field, clock)];
  if ('rules' in schedule) return readRules(schedule, field, clock);
  return [readEvent(schedule, field, clock)];
}

function readWindow(schedule: WindowSchedule, field: string, clock: ZoneClock): Timeline {
  onlyFields(schedule, [...COMMON, 'start', 'end', 'durationMs', 'action'], field);
  const { start, end, durationMs } = schedule;
  const action = readAction(schedule.action, `${field}.action`);
  const begins = createMoments(parseCron(start?.cron, `${field}.start.cron`), clock);
  if ((end === undefined) === (durationMs === undefined)) {
    throw new InvalidOptionError(field, 'must have either end or durationMs', schedule);
  }
  if (durationMs !== undefined)
    return forDuration(begins, positive(durationMs, `${field}.durationMs`), action);
  const ends = createMoments(parseCron(end?.cron, `${field}.end.cron`), clock);
  if (end?.cron.trim() === start.cron.trim()) {
    throw new InvalidOptionError(`${field}.end.cron`, 'must differ from start.cron', end?.cron);
  }
  return untilEnd(begins, ends, action);
}

function readRules(schedule: RuleSchedule, field: string, clock: ZoneClock): readonly Timeline[] {
  onlyFields(schedule, [...COMMON, 'rules'], field);
  const { rules } = schedule;
  if (!Array.isArray(rules) || rules.length === 0) {
    throw new InvalidOptionError(`${field}.rules`, 'must be a list of at least one rule', rules);
  }
  const passing: Timeline[] = [];
  const lasting: { readonly moments: Moments; readonly action: ScheduleAction }[] = [];
  rules.forEach((rule, index) => {
    const path = `${field}.rules[${index}]`;
    const moments = createMoments(parseRuleTime(rule, path), clock);
    onlyFields(rule, ['time', 'days', 'action', 'durationMs'], path);
    const action = readAction(rule.action, `${path}.action`);
    if (rule.durationMs === undefined) lasting.push({ moments, action });
    else passing.push(forDuration(moments, positive(rule.durationMs, `${path}.durationMs`), action));
  });
  return lasting.length === 0 ? passing : [holding(lasting), ...passing];
}

function readEvent(schedule: EventSchedule, field: string, clock: ZoneClock): Timeline {
  onlyFields(schedule, [...COMMON, 'at', 'until', 'durationMs', 'action'], field);
  const { at, until, durationMs } = schedule;
  if ((until === undefined) === (durationMs === undefined)) {
    throw new InvalidOptionError(field, 'must have either until or durationMs', schedule);
  }
  const from = parseInstant(at, `${field}.at`, clock);
  const to =
    durationMs === undefined
      ? parseInstant(until, `${field}.until`, clock)
      : from + positive(durationMs, `${field}.durationMs`);
  if (to <= from) throw new InvalidOptionError(`${field}.until`, 'must be later than at', until);
  return once({ from, to, action: readAction(schedule.action, `${field}.action`) });
}

function readAction(action: unknown, field: string): ScheduleAction {
  const [entry, ...others] = typeof action === 'object' && action !== null ? Object.entries(action) : [];
  if (!entry || others.length > 0 || !['scaleTo', 'atLeast', 'atMost', 'policy'].includes(entry[0])) {
    throw new InvalidOptionError(
      field,
      'must have exactly one of scaleTo, atLeast, atMost and policy',
      action,
    );
  }
  const [kind, value] = entry;
  if (kind === 'policy') text(value, `${field}.policy`);
  else if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidOptionError(`${field}.${kind}`, 'must be a whole number of workers, 0 or more', value);
  }
  return action as ScheduleAction;
}

function readPools(pools: unknown, field: string): ReadonlySet<string> | undefined {
  if (pools === undefined) return undefined;
  if (!Array.isArray(pools) || pools.length === 0) {
    throw new InvalidOptionError(field, 'must be a list of at least one pool, or absent for all', pools);
  }
  return new Set(pools.map((pool, index) => text(pool, `${field}[${index}]`)));
}
