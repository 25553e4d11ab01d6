import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../src/predictors/calendar.ts';

const HOUR = 3_600_000;

describe('time in the pool’s zone', () => {
  it.each([
    ['UTC', '2026-03-02T13:30:00Z', 13.5, 1, 2, 'workday'],
    ['Asia/Tokyo', '2026-03-02T18:00:00Z', 3, 2, 3, 'workday'],
    ['America/New_York', '2026-03-01T02:00:00Z', 21, 6, 28, 'weekend'],
  ])('%s at %s', (timeZone, time, hour, weekday, dayOfMonth, kind) => {
    expect(createCalendar({ timeZone }).at(Date.parse(time))).toEqual({ hour, weekday, dayOfMonth, kind });
  });
});

describe('the same local time days before', () => {
  const berlin = createCalendar({ timeZone: 'Europe/Berlin' });

  it('is 24 hours earlier on ordinary days', () => {
    const noon = Date.parse('2026-07-15T10:00:00Z');
    expect(noon - berlin.daysBefore(noon, 1)).toBe(24 * HOUR);
  });

  it('is 23 hours earlier where clocks went forward in between, and 25 where they went back', () => {
    // Summer time begins on 29 March 2026 and ends on 25 October 2026.
    const spring = Date.parse('2026-03-29T10:00:00Z');
    const autumn = Date.parse('2026-10-25T11:00:00Z');
    expect(spring - berlin.daysBefore(spring, 1)).toBe(23 * HOUR);
    expect(autumn - berlin.daysBefore(autumn, 1)).toBe(25 * HOUR);
    expect(berlin.at(berlin.daysBefore(spring, 1)).hour).toBe(berlin.at(spring).hour);
    expect(berlin.at(berlin.daysBefore(autumn, 7)).hour).toBe(berlin.at(autumn).hour);
  });
});

it('holidays are the host’s, by local date', () => {
  const calendar = createCalendar({ timeZone: 'Asia/Tokyo', holidays: ['2026-01-01'] });
  expect(calendar.kindOf(Date.parse('2025-12-31T15:30:00Z'))).toBe('holiday');
  expect(calendar.kindOf(Date.parse('2026-01-01T15:30:00Z'))).toBe('workday');
  const byRule = createCalendar({ holidays: (date) => date.endsWith('-12-25') });
  expect(byRule.kindOf(Date.parse('2026-12-25T08:00:00Z'))).toBe('holiday');
});

it('an unknown time zone is the caller’s mistake', () => {
  expect(() => createCalendar({ timeZone: 'Mars/Olympus' })).toThrow(/timeZone/);
});
