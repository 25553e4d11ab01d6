import { describe, expect, it } from 'vitest';
import type { ScheduleState } from '../../src/core/view.ts';
import { createSchedule, defaultSchedules } from '../../src/schedule/default-schedules.ts';
import type { Schedule, ScheduleAction } from '../../src/schedule/schedule.ts';
import { createScheduler, type Scheduler } from '../../src/schedule/scheduler.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A Tuesday. */
const TUESDAY = '2026-11-24';

const utc = (text: string): number => Date.parse(`${text}Z`);
const iso = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 16);

/** `business-hours = 8`, `launch >= 20`, `cap <= 5`, `night: cost-optimized` */
function show({ actions, policy }: ScheduleState): string {
  const signs = { scaleTo: '=', atLeast: '>=', atMost: '<=' };
  const parts = actions.map(({ by, kind, size }) => `${by} ${signs[kind]} ${size}`);
  if (policy) parts.push(`${policy.by}: ${policy.policy}`);
  return parts.join(', ');
}

const at = (scheduler: Scheduler, time: string, startupMs = 0): string =>
  show(scheduler.at(utc(time), undefined, startupMs));

/** In force on the Tuesday from this time to that. */
function window(
  name: string,
  from: string,
  to: string,
  action: ScheduleAction,
  rest: Partial<Schedule> = {},
): Schedule {
  return {
    name,
    at: `${TUESDAY}T${from}`,
    until: `${TUESDAY}T${to}`,
    priority: 0,
    action,
    ...rest,
  } as Schedule;
}

describe('the default schedules', () => {
  it.each([
    ['2026-11-24T07:59', 'business-hours = 4'],
    ['2026-11-24T08:00', 'business-hours = 8'],
    ['2026-11-24T17:59', 'business-hours = 8'],
    ['2026-11-24T18:00', 'business-hours = 4'],
    ['2026-11-27T21:59', 'business-hours = 4'],
    ['2026-11-27T22:00', 'weekend = 2'],
    ['2026-11-28T08:00', 'weekend = 2'], // a Saturday has no business hours
    ['2026-11-29T01:59', 'weekend = 2'],
    ['2026-11-29T02:00', 'maintenance-window = 1'],
    ['2026-11-29T03:59', 'maintenance-window = 1'],
    ['2026-11-29T04:00', 'weekend = 2'],
    ['2026-11-30T07:59', 'weekend = 2'],
    ['2026-11-30T08:00', 'business-hours = 8'], // and not the weekend's 6: begun together, the larger counts
    ['2026-12-01T12:00', 'business-hours = 8'],
  ])('together, at %s: %s', (time, expected) => {
    const scheduler = createScheduler(['business-hours', 'weekend', 'maintenance-window']);
    expect(at(scheduler, time)).toBe(expected);
  });

  it('take another zone, other pools, other sizes', () => {
    const schedule = createSchedule('weekend', { zone: 'Asia/Kathmandu', pools: ['api'] });
    expect(schedule).toEqual({ ...defaultSchedules.weekend, zone: 'Asia/Kathmandu', pools: ['api'] });
    expect(() => createSchedule('holiday' as never)).toThrow(/^name must be one of business-hours, weekend/);
  });
});

describe('windows', () => {
  it('are open from the start cron for their duration, in their zone', () => {
    const scheduler = createScheduler([
      {
        name: 'batch',
        zone: 'America/New_York',
        start: { cron: '30 1 * * *' },
        durationMs: HOUR,
        action: { atLeast: 6 },
      },
    ]);
    expect(at(scheduler, '2026-11-24T06:29')).toBe('');
    expect(at(scheduler, '2026-11-24T06:30')).toBe('batch >= 6');
    expect(at(scheduler, '2026-11-24T07:29')).toBe('batch >= 6');
    expect(at(scheduler, '2026-11-24T07:30')).toBe('');
  });

  it('are open from the start cron to the end cron, the end not included', () => {
    const scheduler = createScheduler([
      {
        name: 'day',
        start: { cron: '0 8 * * 1-5' },
        end: { cron: '0 18 * * *' },
        action: { policy: 'high-performance' },
      },
    ]);
    expect(at(scheduler, '2026-11-24T08:00')).toBe('day: high-performance');
    expect(at(scheduler, '2026-11-24T18:00')).toBe('');
    expect(at(scheduler, '2026-11-28T12:00')).toBe('');
    expect(iso(scheduler.nextChange(utc('2026-11-28T12:00')))).toBe('2026-11-30T08:00');
  });

  it('say until when, and why', () => {
    const scheduler = createScheduler(['business-hours'], { zone: 'Europe/Berlin' });
    expect(scheduler.at(utc('2026-11-24T12:00')).actions).toEqual([
      {
        by: 'business-hours',
        kind: 'scaleTo',
        size: 8,
        priority: 0,
        until: utc('2026-11-24T17:00'),
        reason: 'business-hours: exactly 8 workers until Tue 24 Nov 18:00 (Europe/Berlin)',
      },
    ]);
  });

  it('have no dip where one ends as the next begins', () => {
    const scheduler = createScheduler([
      { name: 'early', start: { cron: '0 6 * * *' }, end: { cron: '0 14 * * *' }, action: { atLeast: 5 } },
      { name: 'late', start: { cron: '0 14 * * *' }, end: { cron: '0 22 * * *' }, action: { atLeast: 5 } },
    ]);
    expect(at(scheduler, '2026-11-24T13:59')).toBe('early >= 5');
    expect(at(scheduler, '2026-11-24T14:00')).toBe('late >= 5');
    expect(scheduler.at(utc('2026-11-24T14:00') - 1).actions).toHaveLength(1);
  });
});

describe('a change of the clock', () => {
  const nightly = createScheduler(
    [{ name: 'w', start: { cron: '30 2 * * *' }, durationMs: 90 * MINUTE, action: { atLeast: 3 } }],
    { zone: 'Europe/Berlin' },
  );
  const begins = (scheduler: ReturnType<typeof createScheduler>, from: string, count: number): unknown =>
    scheduler.upcoming(utc(from), count).map((span) => [iso(span.from), iso(span.until)]);

  it('forward: 02:30 does not exist, the window begins at the jump (03:00 local) and keeps its length', () => {
    expect(begins(nightly, '2026-03-28T12:00', 2)).toEqual([
      ['2026-03-29T01:00', '2026-03-29T02:30'],
      ['2026-03-30T00:30', '2026-03-30T02:00'],
    ]);
  });

  it('back: 02:30 comes twice, the window begins the first time only', () => {
    expect(begins(nightly, '2026-10-24T12:00', 2)).toEqual([
      ['2026-10-25T00:30', '2026-10-25T02:00'],
      ['2026-10-26T01:30', '2026-10-26T03:00'],
    ]);
  });

  it('that swallows a window from its start to its end leaves nothing of it', () => {
    const scheduler = createScheduler(
      [{ name: 'w', start: { cron: '10 2 * * *' }, end: { cron: '50 2 * * *' }, action: { atLeast: 3 } }],
      { zone: 'Europe/Berlin' },
    );
    expect(begins(scheduler, '2026-03-28T12:00', 1)).toEqual([['2026-03-30T00:10', '2026-03-30T00:50']]);
  });

  it('does not matter to an expression that names no hours: it follows the clock', () => {
    const hourly = createScheduler(
      [{ name: 'w', start: { cron: '30 * * * *' }, durationMs: 10 * MINUTE, action: { atLeast: 3 } }],
      { zone: 'Europe/Berlin' },
    );
    expect(hourly.upcoming(utc('2026-03-29T00:00'), 3).map(({ from }) => iso(from))).toEqual([
      '2026-03-29T00:30', // 01:30
      '2026-03-29T01:30', // 03:30
      '2026-03-29T02:30',
    ]);
    expect(hourly.upcoming(utc('2026-10-25T00:00'), 3).map(({ from }) => iso(from))).toEqual([
      '2026-10-25T00:30', // 02:30
      '2026-10-25T01:30', // 02:30 again
      '2026-10-25T02:30',
    ]);
  });
});

describe('time rules', () => {
  it('hold until the next rule of the same schedule', () => {
    const scheduler = createScheduler([
      {
        name: 'day',
        rules: [
          { time: '08:00', days: ['monday'], action: { scaleTo: 8 } },
          { time: '12:00', days: ['wednesday'], action: { policy: 'cost-optimized' } },
        ],
      },
    ]);
    expect(at(scheduler, '2026-11-25T11:59')).toBe('day = 8');
    expect(at(scheduler, '2026-11-25T12:00')).toBe('day: cost-optimized');
    expect(at(scheduler, '2026-11-30T07:59')).toBe('day: cost-optimized');
    expect(at(scheduler, '2026-11-30T08:00')).toBe('day = 8');
  });

  it('with a duration give back to the rule that they interrupted', () => {
    const scheduler = createScheduler([
      {
        name: 'day',
        rules: [
          { time: '00:00', action: { scaleTo: 4 } },
          { time: '02:00', durationMs: 2 * HOUR, action: { scaleTo: 1 } },
        ],
      },
    ]);
    expect(['01:59', '02:00', '03:59', '04:00'].map((time) => at(scheduler, `${TUESDAY}T${time}`))).toEqual([
      'day = 4',
      'day = 1',
      'day = 1',
      'day = 4',
    ]);
  });

  it('are in force however long the process slept', () => {
    const scheduler = createScheduler(['business-hours']);
    expect(at(scheduler, '2026-11-24T07:00')).toBe('business-hours = 4');
    expect(at(scheduler, '2027-08-10T09:00')).toBe('business-hours = 8');
    expect(at(scheduler, '2026-11-24T07:00')).toBe('business-hours = 4'); // and the clock may go back
  });
});

describe('one-time events', () => {
  it.each([
    ['local time of the zone', '2026-12-01T09:00'],
    ['an instant', '2026-12-01T08:00:00Z'],
    ['an instant with an offset', '2026-12-01T10:00:00+02:00'],
    ['epoch ms', utc('2026-12-01T08:00')],
  ])('are given as %s', (_, when) => {
    const scheduler = createScheduler([
      { name: 'launch', zone: 'Europe/Berlin', at: when, durationMs: 3 * HOUR, action: { atLeast: 20 } },
    ]);
    expect(at(scheduler, '2026-12-01T07:59')).toBe('');
    expect(at(scheduler, '2026-12-01T08:00')).toBe('launch >= 20');
    expect(at(scheduler, '2026-12-01T10:59')).toBe('launch >= 20');
    expect(at(scheduler, '2026-12-01T11:00')).toBe('');
    expect(scheduler.nextChange(utc('2026-12-01T11:00'))).toBeUndefined();
  });

  it('come before what recurs', () => {
    const scheduler = createScheduler([
      'business-hours',
      { name: 'audit', at: `${TUESDAY}T06:00`, until: `${TUESDAY}T12:00`, action: { scaleTo: 3 } },
    ]);
    expect(at(scheduler, `${TUESDAY}T09:00`)).toBe('audit = 3');
    expect(at(scheduler, `${TUESDAY}T12:00`)).toBe('business-hours = 8');
  });
});

describe('overlaps', () => {
  it.each<[string, Schedule[], string]>([
    [
      'the higher priority wins',
      [
        window('a', '08:00', '20:00', { scaleTo: 3 }, { priority: 5 }),
        window('b', '09:00', '20:00', { scaleTo: 9 }),
      ],
      'a = 3',
    ],
    [
      'at equal priority the one that began last',
      [window('a', '08:00', '20:00', { scaleTo: 3 }), window('b', '07:00', '20:00', { scaleTo: 9 })],
      'a = 3',
    ],
    [
      'of those begun together, the larger',
      [window('a', '08:00', '20:00', { scaleTo: 3 }), window('b', '08:00', '20:00', { scaleTo: 9 })],
      'b = 9',
    ],
    [
      'a floor beats an exact size below it',
      [window('a', '09:00', '20:00', { scaleTo: 8 }), window('b', '08:00', '20:00', { atLeast: 20 })],
      'b >= 20',
    ],
    [
      'an exact size above a floor stands',
      [window('a', '08:00', '20:00', { scaleTo: 8 }), window('b', '08:00', '20:00', { atLeast: 5 })],
      'b >= 5, a = 8',
    ],
    [
      'a ceiling cuts an exact size',
      [window('a', '09:00', '20:00', { scaleTo: 8 }), window('b', '08:00', '20:00', { atMost: 5 })],
      'b <= 5, a = 5',
    ],
    [
      'a ceiling cuts a floor',
      [window('a', '08:00', '20:00', { atLeast: 8 }), window('b', '08:00', '20:00', { atMost: 5 })],
      'b <= 5, a >= 5',
    ],
    [
      'but not one of higher priority',
      [
        window('a', '08:00', '20:00', { atLeast: 8 }, { priority: 1 }),
        window('b', '08:00', '20:00', { atMost: 5 }),
      ],
      'a >= 8',
    ],
    [
      'nor an exact size of higher priority',
      [
        window('a', '08:00', '20:00', { scaleTo: 8 }, { priority: 1 }),
        window('b', '08:00', '20:00', { atMost: 5 }),
      ],
      'a = 8',
    ],
    [
      'a floor above an exact size of higher priority is set aside',
      [
        window('a', '08:00', '20:00', { scaleTo: 8 }, { priority: 1 }),
        window('b', '08:00', '20:00', { atLeast: 9 }),
      ],
      'a = 8',
    ],
    [
      'limits that do not contradict add up',
      [
        window('a', '08:00', '20:00', { atLeast: 2 }),
        window('b', '08:00', '20:00', { atLeast: 4 }),
        window('c', '08:00', '20:00', { atMost: 9 }),
      ],
      'c <= 9, b >= 4, a >= 2',
    ],
    [
      'of two policies one counts, beside the sizes',
      [
        window('a', '08:00', '20:00', { policy: 'aggressive' }),
        window('b', '09:00', '20:00', { policy: 'conservative' }),
        window('c', '08:00', '20:00', { atLeast: 2 }),
      ],
      'c >= 2, b: conservative',
    ],
  ])('%s', (_, schedules, expected) => {
    expect(at(createScheduler(schedules), `${TUESDAY}T12:00`)).toBe(expected);
    expect(at(createScheduler([...schedules].reverse()), `${TUESDAY}T12:00`)).toBe(expected);
  });

  it('are told: what is set aside, and what was cut', () => {
    const scheduler = createScheduler([
      window('routine', '08:00', '20:00', { scaleTo: 8 }),
      window('launch', '08:00', '20:00', { atLeast: 20 }),
      window('quota', '08:00', '20:00', { atMost: 15 }),
    ]);
    const { actions, overridden } = scheduler.at(utc(`${TUESDAY}T12:00`));
    expect(actions.map(({ reason }) => reason)).toEqual([
      'quota: at most 15 workers until Tue 24 Nov 20:00 (UTC)',
      'launch: at least 20 workers until Tue 24 Nov 20:00 (UTC), cut to 15 by quota',
    ]);
    expect(overridden?.map(({ reason }) => reason)).toEqual([
      'routine: exactly 8 workers until Tue 24 Nov 20:00 (UTC), set aside for launch (at least 20 workers)',
    ]);
  });

  it('leave no floor above a ceiling, whatever overlaps', () => {
    const actions: ScheduleAction[] = [
      { scaleTo: 3 },
      { scaleTo: 7 },
      { atLeast: 5 },
      { atLeast: 9 },
      { atMost: 4 },
      { atMost: 8 },
    ];
    for (let mask = 1; mask < 1 << (actions.length * 2); mask++) {
      const schedules = Array.from({ length: actions.length * 2 }, (_, bit) => bit)
        .filter((bit) => mask & (1 << bit))
        .map((bit) =>
          window(`${bit}`, '08:00', '20:00', actions[bit >> 1] as ScheduleAction, { priority: bit & 1 }),
        );
      if (schedules.length > 4) continue;
      const state = createScheduler(schedules).at(utc(`${TUESDAY}T12:00`)).actions;
      const floors = state.filter(({ kind }) => kind !== 'atMost').map(({ size }) => size);
      const ceilings = state.filter(({ kind }) => kind !== 'atLeast').map(({ size }) => size);
      expect(Math.max(0, ...floors)).toBeLessThanOrEqual(Math.min(100, ...ceilings));
    }
  });

  it('carry the promise that an emergency may not break', () => {
    const [repair] = createScheduler(['maintenance-window']).at(utc('2026-11-29T03:00')).actions;
    expect(repair).toMatchObject({ kind: 'scaleTo', size: 1, emergencyOverride: false });
    const [day] = createScheduler(['business-hours']).at(utc('2026-11-24T12:00')).actions;
    expect(day).not.toHaveProperty('emergencyOverride');
  });
});

describe('ahead of a window', () => {
  const day = createScheduler([window('day', '08:00', '18:00', { atLeast: 8 })]);

  it('its workers are asked for by the start-up time', () => {
    expect(at(day, `${TUESDAY}T07:57`, 120_000)).toBe('');
    expect(iso(day.nextChange(utc(`${TUESDAY}T07:57`), undefined, 120_000))).toBe(`${TUESDAY}T07:58`);
    expect(at(day, `${TUESDAY}T07:58`, 120_000)).toBe('day >= 8');
    expect(at(day, `${TUESDAY}T07:58`)).toBe('');
    expect(day.at(utc(`${TUESDAY}T07:59`), undefined, 90_000).actions[0]).toMatchObject({
      until: utc(`${TUESDAY}T08:00`),
      reason: 'day: 8 workers from Tue 24 Nov 08:00 (UTC), started 90 s ahead',
    });
  });

  it('or by the time that the schedule names; 0 = not at all', () => {
    const early = createScheduler([
      window('day', '08:00', '18:00', { atLeast: 8 }, { preWarmMs: 10 * MINUTE }),
    ]);
    expect(at(early, `${TUESDAY}T07:50`)).toBe('day >= 8');
    const punctual = createScheduler([window('day', '08:00', '18:00', { atLeast: 8 }, { preWarmMs: 0 })]);
    expect(at(punctual, `${TUESDAY}T07:59`, 120_000)).toBe('');
  });

  it('only upwards: a smaller size is not begun early', () => {
    const scheduler = createScheduler(['business-hours']);
    expect(at(scheduler, `${TUESDAY}T17:59`, 120_000)).toBe('business-hours = 8');
    expect(at(scheduler, `${TUESDAY}T07:59`, 120_000)).toBe('business-hours = 8');
  });

  it('a ceiling that is meant is not lifted; the upper side of a plain scaleTo is', () => {
    const next = window('day', '08:00', '18:00', { atLeast: 8 });
    const limited = createScheduler([window('cap', '06:00', '08:00', { atMost: 2 }), next]);
    expect(at(limited, `${TUESDAY}T07:59`, 120_000)).toBe('cap <= 2, day >= 2');
    const repair = createScheduler([
      window('repair', '06:00', '08:00', { scaleTo: 2 }, { emergencyOverride: false }),
      next,
    ]);
    expect(at(repair, `${TUESDAY}T07:59`, 120_000)).toBe('repair = 2');
    const night = createScheduler([window('night', '06:00', '08:00', { scaleTo: 2 }), next]);
    expect(at(night, `${TUESDAY}T07:59`, 120_000)).toBe('day = 8');
  });

  it('so that a gap shorter than the start-up time is no dip', () => {
    const scheduler = createScheduler([
      window('early', '06:00', '11:59', { atLeast: 8 }),
      window('late', '12:00', '18:00', { atLeast: 8 }),
    ]);
    expect(at(scheduler, `${TUESDAY}T11:59`)).toBe('');
    expect(at(scheduler, `${TUESDAY}T11:59`, 90_000)).toBe('late >= 8');
  });
});

describe('after a window', () => {
  it('its size fades out over the ramp, worker by worker', () => {
    const scheduler = createScheduler([
      window('sale', '08:00', '12:00', { atLeast: 4 }, { rampDownMs: 20 * MINUTE }),
    ]);
    const sizes = ['11:59', '12:00', '12:04', '12:05', '12:10', '12:15', '12:19', '12:20'];
    expect(sizes.map((time) => at(scheduler, `${TUESDAY}T${time}`))).toEqual([
      'sale >= 4',
      'sale >= 4',
      'sale >= 4',
      'sale >= 3',
      'sale >= 2',
      'sale >= 1',
      'sale >= 1',
      '',
    ]);
    expect(iso(scheduler.nextChange(utc(`${TUESDAY}T12:05`)))).toBe(`${TUESDAY}T12:10`);
  });

  it('towards the size that holds then', () => {
    const scheduler = createScheduler([createSchedule('business-hours', { rampDownMs: 20 * MINUTE })]);
    expect(
      ['17:59', '18:00', '18:07', '18:10', '18:19', '18:20'].map((time) =>
        at(scheduler, `${TUESDAY}T${time}`),
      ),
    ).toEqual([
      'business-hours = 8',
      'business-hours = 8',
      'business-hours = 7',
      'business-hours = 6',
      'business-hours = 5',
      'business-hours = 4',
    ]);
    expect(scheduler.at(utc(`${TUESDAY}T18:07`)).actions[0]?.reason).toBe(
      'business-hours: 7 workers on the way from 8 to 4, as it ended Tue 24 Nov 18:00 (UTC)',
    );
  });

  it('never above a limit', () => {
    const scheduler = createScheduler([
      window('sale', '08:00', '12:00', { atLeast: 8 }, { rampDownMs: 20 * MINUTE }),
      window('quota', '12:00', '18:00', { atMost: 3 }),
    ]);
    expect(at(scheduler, `${TUESDAY}T12:01`)).toBe('quota <= 3, sale >= 3');
  });
});

describe('pools', () => {
  const scheduler = createScheduler([
    window('all', '08:00', '18:00', { atLeast: 1 }),
    window('some', '08:00', '18:00', { atLeast: 5 }, { pools: ['api', 'embedding'] }),
  ]);
  const noon = utc(`${TUESDAY}T12:00`);

  it('see what names them and what names none', () => {
    expect(show(scheduler.at(noon, 'api'))).toBe('some >= 5, all >= 1');
    expect(show(scheduler.at(noon, 'other'))).toBe('all >= 1');
    expect(show(scheduler.at(noon))).toBe('all >= 1');
  });

  it('get the same answer, the very same object, until the next change', () => {
    const first = scheduler.at(noon, 'api');
    expect(scheduler.at(noon + HOUR, 'embedding')).toEqual(first);
    expect(scheduler.at(noon + HOUR, 'api')).toBe(first);
    expect(scheduler.at(noon + 6 * HOUR, 'api')).not.toBe(first);
  });
});

describe('upcoming', () => {
  it('lists what begins next, by time', () => {
    const scheduler = createScheduler(['business-hours', 'maintenance-window']);
    const list = scheduler.upcoming(utc('2026-11-27T12:00'), 3);
    expect(list.map(({ by, from, until, action }) => [by, iso(from), iso(until), action])).toEqual([
      ['business-hours', '2026-11-27T18:00', '2026-11-30T08:00', { scaleTo: 4 }],
      ['maintenance-window', '2026-11-29T02:00', '2026-11-29T04:00', { scaleTo: 1 }],
      ['business-hours', '2026-11-30T08:00', '2026-11-30T18:00', { scaleTo: 8 }],
    ]);
  });

  it('ends with the last event, and refuses to list for ever', () => {
    const scheduler = createScheduler([window('once', '08:00', '09:00', { atLeast: 1 })]);
    expect(scheduler.upcoming(utc(`${TUESDAY}T00:00`), 5)).toHaveLength(1);
    expect(scheduler.upcoming(Number.NaN, 5)).toEqual([]);
    expect(() => scheduler.upcoming(0, Number.POSITIVE_INFINITY)).toThrow(/^count must be a whole number/);
  });
});

describe('changes at run time', () => {
  const noon = utc(`${TUESDAY}T12:00`);

  it('are in force at once', () => {
    const scheduler = createScheduler(['business-hours']);
    expect(show(scheduler.at(noon))).toBe('business-hours = 8');
    scheduler.add(window('launch', '08:00', '18:00', { atLeast: 20 }, { priority: 1 }));
    expect(show(scheduler.at(noon))).toBe('launch >= 20');
    expect(scheduler.remove('launch')).toBe(true);
    expect(scheduler.remove('launch')).toBe(false);
    expect(show(scheduler.at(noon))).toBe('business-hours = 8');
    scheduler.replace([window('other', '08:00', '18:00', { atMost: 2 })]);
    expect(show(scheduler.at(noon))).toBe('other <= 2');
    expect(scheduler.schedules.map(({ name }) => name)).toEqual(['other']);
  });

  it('are all or nothing', () => {
    const scheduler = createScheduler(['business-hours']);
    expect(() =>
      scheduler.replace(['weekend', { ...defaultSchedules.weekend, name: 'x', zone: 'Nowhere' }]),
    ).toThrow('schedules[1].zone must be an IANA time zone such as \'Europe/Berlin\', got "Nowhere"');
    expect(() => scheduler.add('business-hours')).toThrow(
      'schedules[1].name must be unique among the schedules',
    );
    expect(scheduler.schedules.map(({ name }) => name)).toEqual(['business-hours']);
    expect(show(scheduler.at(noon))).toBe('business-hours = 8');
  });
});

describe('nothing is scheduled', () => {
  it.each([
    ['without schedules', createScheduler(), utc(`${TUESDAY}T12:00`)],
    ['at a time that is none', createScheduler(['business-hours']), Number.NaN],
    ['before 1970', createScheduler(['business-hours']), -1],
    ['after the year 9999', createScheduler(['business-hours']), Date.UTC(10_000, 0)],
  ])('%s', (_, scheduler, now) => {
    expect(scheduler.at(now)).toEqual({ actions: [] });
    expect(scheduler.nextChange(now)).toBeUndefined();
  });
});
