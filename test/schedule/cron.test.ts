import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { parseCron } from '../../src/schedule/cron.ts';
import { crons } from './patterns.ts';

const iso = (instant: number | undefined): string | undefined =>
  instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 16);
const next = (cron: string, after: string): string | undefined =>
  iso(parseCron(cron, 'cron').next(Date.parse(`${after}Z`)));

describe('a cron expression', () => {
  it.each([
    ['0 8 * * 1-5', '2026-11-27T08:00', '2026-11-30T08:00'], // Friday → Monday
    ['0 8 * * 1-5', '2026-11-27T07:59', '2026-11-27T08:00'],
    ['*/15 9-17 * * mon', '2026-11-30T17:45', '2026-12-07T09:00'],
    ['0 0 L * *', '2027-02-01T00:00', '2027-02-28T00:00'], // month ends
    ['0 0 L * *', '2028-02-01T00:00', '2028-02-29T00:00'],
    ['0 0 31 * *', '2026-03-31T00:00', '2026-05-31T00:00'],
    ['30 12 29 2 *', '2026-01-01T00:00', '2028-02-29T12:30'], // leap days
    ['0 0 29 2 *', '2096-03-01T00:00', '2104-02-29T00:00'], // 2100 has none
    ['0 22 * * 5L', '2026-11-01T00:00', '2026-11-27T22:00'],
    ['0 22 * * 1#2', '2026-11-10T00:00', '2026-12-14T22:00'],
    ['0 0 * * 7', '2026-11-24T00:00', '2026-11-29T00:00'], // 7 is Sunday
    ['0 0 1 * 1', '2026-11-25T00:00', '2026-11-30T00:00'], // date or weekday: either
    ['0 0 1 * 1', '2026-11-30T00:00', '2026-12-01T00:00'],
  ])('%s after %s is at %s', (cron, after, expected) => {
    expect(next(cron, after)).toBe(expected);
  });

  it('finds the last one up to and including a time', () => {
    const calendar = parseCron('0 8 * * 1-5', 'cron');
    expect(iso(calendar.last(Date.UTC(2026, 10, 30, 7, 59)))).toBe('2026-11-27T08:00');
    expect(iso(calendar.last(Date.UTC(2026, 10, 30, 8, 0)))).toBe('2026-11-30T08:00');
    expect(iso(parseCron('0 0 29 2 *', 'cron').last(Date.UTC(2027, 0)))).toBe('2024-02-29T00:00');
  });

  it.each([
    ['* * *', 'must have five fields (minute hour day month weekday)'],
    ['', 'must have five fields (minute hour day month weekday)'],
    ['@daily', 'must have five fields (minute hour day month weekday)'],
    ['0 0 8 * * 1', 'must have five fields (minute hour day month weekday)'],
    [undefined, 'must have five fields (minute hour day month weekday)'],
    ['60 8 * * *', 'must be a cron expression (Constraint error, got value 60 expected range 0-59)'],
    ['0 8 * * fry', 'must be a cron expression'],
    ['5-1 8 * * *', 'must be a cron expression (Invalid range: 5-1, min(5) > max(1))'],
    ['0 8 31 2 *', 'must be a cron expression (Invalid explicit day of month definition)'],
    ['H 8 * * *', "must not use 'H' (a random value)"],
  ])('%j is refused: %s', (cron, rule) => {
    expect(() => parseCron(cron, 'schedules[0].start.cron')).toThrow(InvalidOptionError);
    expect(() => parseCron(cron, 'schedules[0].start.cron')).toThrow(`schedules[0].start.cron ${rule}`);
  });

  it('is walked as cron-parser itself walks it where no clock changes', () => {
    fc.assert(
      fc.property(crons, fc.integer({ min: 0, max: 3 * 525_600 }), ({ text }, minute) => {
        const start = Date.UTC(2026, 0) + minute * 60_000;
        let calendar: ReturnType<typeof parseCron>;
        try {
          calendar = parseCron(text, 'cron');
        } catch (error) {
          if (error instanceof InvalidOptionError) return; // never happens
          throw error;
        }
        const theirs = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: start });
        let ours: number | undefined = start;
        for (let i = 0; i < 5; i++) {
          ours = calendar.next(ours as number);
          expect(iso(ours)).toBe(iso(theirs.next().getTime()));
        }
        theirs.reset(new Date(start));
        expect(iso(calendar.last(start - 60_000))).toBe(iso(theirs.prev().getTime()));
      }),
      { numRuns: 300 },
    );
  });
});
