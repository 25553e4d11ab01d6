import { InvalidOptionError } from '../errors.ts';
import type { RuleSchedule, ScheduleCommon } from './schedule.ts';

export type DefaultScheduleName = 'business-hours' | 'weekend' | 'maintenance-window';

/**
 * Schedules for the usual week. They are made to be used together: at equal priority the rule that began last holds,
 * so that the weekend takes over on Friday night and business hours on Monday morning.
 *
 * - `business-hours`: weekdays 08:00 to 8 workers, 18:00 to 4.
 * - `weekend`: Friday 22:00 to 2, Monday 08:00 to 6.
 * - `maintenance-window`: Sunday 02:00 to 1 for 120 min; an emergency does not override it.
 */
export const defaultSchedules: Readonly<Record<DefaultScheduleName, RuleSchedule>> = {
  'business-hours': {
    name: 'business-hours',
    rules: [
      {
        time: '08:00',
        days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
        action: { scaleTo: 8 },
      },
      {
        time: '18:00',
        days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
        action: { scaleTo: 4 },
      },
    ],
  },
  weekend: {
    name: 'weekend',
    rules: [
      { time: '22:00', days: ['friday'], action: { scaleTo: 2 } },
      { time: '08:00', days: ['monday'], action: { scaleTo: 6 } },
    ],
  },
  'maintenance-window': {
    name: 'maintenance-window',
    emergencyOverride: false,
    rules: [{ time: '02:00', days: ['sunday'], action: { scaleTo: 1 }, durationMs: 120 * 60_000 }],
  },
};

/**
 * A default schedule with changes, e.g. `createSchedule('business-hours', { zone: 'Europe/Berlin', pools: ['api'] })`.
 *
 * @throws {InvalidOptionError} when there is no such default.
 */
export function createSchedule(
  name: DefaultScheduleName,
  overrides: Partial<ScheduleCommon & Pick<RuleSchedule, 'rules'>> = {},
): RuleSchedule {
  if (!Object.hasOwn(defaultSchedules, name)) {
    throw new InvalidOptionError('name', `must be one of ${Object.keys(defaultSchedules).join(', ')}`, name);
  }
  return { ...defaultSchedules[name], ...overrides };
}
