import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { parseSchedules } from '../../src/schedule/parse-schedule.ts';

const action = { scaleTo: 4 };
const window = { name: 'w', start: { cron: '0 8 * * *' }, durationMs: 60_000, action };
const event = { name: 'e', at: '2026-12-01T09:00', durationMs: 60_000, action };
const rule = { time: '08:00', action };

describe('a schedule is refused with its field and the rule it breaks', () => {
  it.each<[unknown, string]>([
    [
      'businesshours',
      'schedules[0] must be a schedule or one of business-hours, weekend, maintenance-window',
    ],
    [null, 'schedules[0] must be a schedule'],
    [{ name: 'w', action }, 'schedules[0] must have one of start (a window), rules or at (an event)'],
    [{ ...window, at: 0 }, 'schedules[0] must have one of start (a window), rules or at (an event)'],
    [{ ...window, name: '' }, 'schedules[0].name must be a string that is not empty'],
    [{ ...window, pools: [] }, 'schedules[0].pools must be a list of at least one pool, or absent for all'],
    [{ ...window, pools: ['a', 7] }, 'schedules[0].pools[1] must be a string that is not empty'],
    [
      { ...window, zone: 'Europe/Berlln' },
      "schedules[0].zone must be an IANA time zone such as 'Europe/Berlin'",
    ],
    [{ ...window, zone: '+02:00' }, "schedules[0].zone must be an IANA time zone such as 'Europe/Berlin'"],
    [{ ...window, zoen: 'Europe/Berlin' }, 'schedules[0].zoen must be one of name, pools, zone,'],
    [{ ...event, end: { cron: '0 9 * * *' } }, 'schedules[0].end must be one of name, pools, zone,'],
    [
      { name: 'r', rules: [{ ...rule, day: 'monday' }] },
      'schedules[0].rules[0].day must be one of time, days, action, durationMs',
    ],
    [{ name: 'r', rules: [rule], action }, 'schedules[0].action must be one of name, pools, zone,'],
    [{ ...window, priority: Number.NaN }, 'schedules[0].priority must be a finite number, got NaN'],
    [{ ...window, preWarmMs: -1 }, 'schedules[0].preWarmMs must be 0 to 86400000 ms (24 h), got -1'],
    [{ ...window, rampDownMs: 1e9 }, 'schedules[0].rampDownMs must be 0 to 86400000 ms (24 h)'],
    [{ ...window, emergencyOverride: 'no' }, 'schedules[0].emergencyOverride must be true or false'],
    [
      { ...window, start: { cron: '* * *' } },
      'schedules[0].start.cron must have five fields (minute hour day month weekday), got "* * *"',
    ],
    [{ ...window, start: undefined }, 'schedules[0].start.cron must have five fields'],
    [{ ...window, durationMs: 0 }, 'schedules[0].durationMs must be above 0 ms, got 0'],
    [{ ...window, end: { cron: '0 9 * * *' } }, 'schedules[0] must have either end or durationMs'],
    [{ ...window, durationMs: undefined }, 'schedules[0] must have either end or durationMs'],
    [{ ...window, durationMs: undefined, end: { cron: '9' } }, 'schedules[0].end.cron must have five fields'],
    [
      { ...window, durationMs: undefined, end: window.start },
      'schedules[0].end.cron must differ from start.cron',
    ],
    [
      { ...window, action: {} },
      'schedules[0].action must have exactly one of scaleTo, atLeast, atMost and policy',
    ],
    [{ ...window, action: { scaleTo: 1, atMost: 2 } }, 'schedules[0].action must have exactly one of'],
    [{ ...window, action: { scaleTo: -1 } }, 'schedules[0].action.scaleTo must be a whole number of workers'],
    [
      { ...window, action: { atLeast: 1.5 } },
      'schedules[0].action.atLeast must be a whole number of workers',
    ],
    [{ ...window, action: { policy: '' } }, 'schedules[0].action.policy must be a string that is not empty'],
    [{ name: 'r', rules: [] }, 'schedules[0].rules must be a list of at least one rule'],
    [
      { name: 'r', rules: [rule, { ...rule, time: '8:00' }] },
      "schedules[0].rules[1].time must be a time of day 'HH:MM'",
    ],
    [
      { name: 'r', rules: [{ ...rule, time: '24:00' }] },
      "schedules[0].rules[0].time must be a time of day 'HH:MM'",
    ],
    [{ name: 'r', rules: [null] }, "schedules[0].rules[0].time must be a time of day 'HH:MM'"],
    [
      { name: 'r', rules: [{ ...rule, days: ['mon'] }] },
      'schedules[0].rules[0].days[0] must be one of sunday, monday',
    ],
    [
      { name: 'r', rules: [{ ...rule, days: [] }] },
      'schedules[0].rules[0].days must be a list of at least one day',
    ],
    [
      { name: 'r', rules: [{ ...rule, durationMs: -5 }] },
      'schedules[0].rules[0].durationMs must be above 0 ms',
    ],
    [{ ...event, at: '1 December' }, "schedules[0].at must be epoch ms, an instant '2026-12-01T08:00:00Z'"],
    [{ ...event, at: '2026-02-30T09:00' }, 'schedules[0].at must be epoch ms'],
    [{ ...event, at: Number.NaN }, 'schedules[0].at must be epoch ms'],
    [{ ...event, until: '2026-12-01T10:00' }, 'schedules[0] must have either until or durationMs'],
    [
      { ...event, durationMs: undefined, until: '2026-12-01T09:00' },
      'schedules[0].until must be later than at, got "2026-12-01T09:00"',
    ],
  ])('%j: %s', (schedule, message) => {
    const parse = (): unknown => parseSchedules([schedule as never]);
    expect(parse).toThrow(InvalidOptionError);
    expect(parse).toThrow(message);
  });

  it('the list too, and the path is the caller’s', () => {
    expect(() => parseSchedules('weekend' as never)).toThrow('schedules must be an array, got "weekend"');
    expect(() => parseSchedules([], { zone: 'Mars' })).toThrow('zone must be an IANA time zone');
    expect(() => parseSchedules([window, window])).toThrow(
      'schedules[1].name must be unique among the schedules, got "w"',
    );
    expect(() => parseSchedules([{ ...window, name: '' }], { field: 'pools[2].schedules' })).toThrow(
      'pools[2].schedules[0].name must be',
    );
  });
});
