import type { PoolId } from '../core/observation.ts';

/**
 * What a schedule asks for while it is in force. Sizes are whole workers, 0 or more.
 *
 * - `scaleTo`: this size, neither more nor less.
 * - `atLeast`: a floor; load may take the pool higher.
 * - `atMost`: a ceiling; load may leave the pool lower.
 * - `policy`: another template's name, e.g. `high-performance`, decides in the meantime.
 */
export type ScheduleAction =
  | { readonly scaleTo: number }
  | { readonly atLeast: number }
  | { readonly atMost: number }
  | { readonly policy: string };

export type Day = 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday';

/** What every kind of schedule may say. */
export interface ScheduleCommon {
  /** Unique among the schedules; names the voice in decisions. */
  readonly name: string;
  /** Pools that it is for. Default: all. */
  readonly pools?: readonly PoolId[];
  /** IANA time zone in which its times are read, e.g. `Europe/Berlin`. Default: the scheduler's, which is `UTC`. */
  readonly zone?: string;
  /**
   * Who wins where schedules contradict each other: the higher number. Default 0; 100 for a one-time event, since
   * somebody planned for that very day.
   */
  readonly priority?: number;
  /**
   * How long ahead of its begin workers are started for it, ms, 0 to 24 h. Default: the pool's learned start-up
   * time, so that they are ready at the begin. 0 = not ahead.
   */
  readonly preWarmMs?: number;
  /**
   * Time over which its size fades out after its end, ms, 0 to 24 h: 8 workers over 20 min towards 4 are 8, 7, 6, 5
   * for 5 min each. Default 0: at once (the pool's own pace still holds).
   */
  readonly rampDownMs?: number;
  /**
   * An emergency may go beyond the upper limit of this schedule (`atMost`, the upper side of `scaleTo`); floors hold
   * anyway. Default `true`. `false` for a limit that must stand, e.g. while a database is being repaired.
   */
  readonly emergencyOverride?: boolean;
}

/** A window that comes back: in force from `start` for `durationMs`, or from `start` to the next `end`. */
export interface WindowSchedule extends ScheduleCommon {
  /**
   * Cron expression with exactly five fields (minute hour day month weekday): `*`, lists, ranges, steps, names, `L`
   * (last day of the month), `5L` (last Friday), `1#2` (second Monday). Where day and weekday are both given,
   * either matches.
   */
  readonly start: { readonly cron: string };
  /** The window is half-open: at the end's own minute it is closed. Either this or `durationMs`. */
  readonly end?: { readonly cron: string };
  /** Length in elapsed time, ms, above 0; a DST change does not stretch it. Either this or `end`. */
  readonly durationMs?: number;
  readonly action: ScheduleAction;
}

/** At this time of day the action begins. */
export interface TimeRule {
  /** Local time, `HH:MM`, 00:00 to 23:59. */
  readonly time: string;
  /** Default: every day. */
  readonly days?: readonly Day[];
  readonly action: ScheduleAction;
  /**
   * Ends after this time, ms, and the rule that it interrupted holds again. Default: none; the rule holds until the
   * next rule of the same schedule.
   */
  readonly durationMs?: number;
}

/** A timetable: each rule holds until the next one of the same schedule changes it. */
export interface RuleSchedule extends ScheduleCommon {
  readonly rules: readonly TimeRule[];
}

/** Something that happens once. */
export interface EventSchedule extends ScheduleCommon {
  /** Epoch ms, an ISO 8601 instant (`2026-12-01T08:00:00Z`), or local time in the zone (`2026-12-01T09:00`). */
  readonly at: number | string;
  /** Length, ms, above 0. Either this or `until`. */
  readonly durationMs?: number;
  /** End, written as `at` is. Either this or `durationMs`. */
  readonly until?: number | string;
  readonly action: ScheduleAction;
}

export type Schedule = WindowSchedule | RuleSchedule | EventSchedule;
