import { describe, expect, it } from 'vitest';
import { type ZoneClock, zoneClock } from '../../src/schedule/zone-clock.ts';

const clock = (zone: string): ZoneClock => zoneClock(zone) as ZoneClock;
const wall = (text: string): number => Date.parse(`${text}Z`);
const utc = (instant: number): string => new Date(instant).toISOString().slice(0, 16);

describe('the clock of a zone', () => {
  it.each([
    // zone, what the wall shows, when (UTC)
    ['Europe/Berlin', '2026-11-24T08:00', '2026-11-24T07:00'],
    ['Europe/Berlin', '2026-03-29T01:59', '2026-03-29T00:59'],
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00'], // left out: at the jump
    ['Europe/Berlin', '2026-03-29T03:00', '2026-03-29T01:00'],
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30'], // twice: the first
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00'],
    ['America/New_York', '2026-03-08T02:30', '2026-03-08T07:00'],
    ['America/New_York', '2026-11-01T01:30', '2026-11-01T05:30'],
    ['Australia/Lord_Howe', '2026-10-04T02:10', '2026-10-03T15:30'], // half an hour: 02:00 → 02:30
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45'], // 02:00 → 01:30
    ['Asia/Kathmandu', '2026-11-24T08:00', '2026-11-24T02:15'],
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T10:00'], // a day left out
    ['Pacific/Apia', '2011-12-31T00:00', '2011-12-30T10:00'],
    ['UTC', '2026-11-24T08:00', '2026-11-24T08:00'],
  ])('%s shows %s at %s UTC', (zone, shown, expected) => {
    expect(utc(clock(zone).instantOf(wall(shown)))).toBe(expected);
  });

  it('never runs back in the hour that repeats', () => {
    const berlin = clock('Europe/Berlin');
    const reached = (text: string): string => utc(berlin.reached(wall(text)));
    expect(reached('2026-10-25T00:59')).toBe('2026-10-25T02:59');
    expect(reached('2026-10-25T01:00')).toBe('2026-10-25T02:59'); // shows 02:00 again
    expect(reached('2026-10-25T01:59')).toBe('2026-10-25T02:59');
    expect(reached('2026-10-25T02:00')).toBe('2026-10-25T03:00');
  });

  it('finds changes to the minute, also those that fall on a week of its search', () => {
    // Once found a minute late: 2012-09-29 14:00 is a whole number of weeks after the change before.
    expect(utc(clock('Pacific/Apia').stretchAt(wall('2012-09-29T14:00')).from)).toBe('2012-09-29T14:00');
    expect(utc(clock('Australia/Lord_Howe').stretchAt(wall('2026-11-01T00:00')).from)).toBe(
      '2026-10-03T15:30',
    );
  });

  it.each(['Europe/Berlln', '', '+02:00', 'CEST?'])('%j is not a zone', (zone) => {
    expect(zoneClock(zone)).toBeUndefined();
  });
});
