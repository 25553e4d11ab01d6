import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { defaultSchedules } from '../../src/schedule/default-schedules.ts';
import type { Day, Schedule } from '../../src/schedule/schedule.ts';
import { createScheduler } from '../../src/schedule/scheduler.ts';
import { matcher, type Source, sizesByMinute, type WallTable, wallTable } from './brute-force.ts';
import { crons } from './patterns.ts';

const MINUTE = 60_000;
const DAYS: Day[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** Three years each. Apia's hold its skipped 30 December 2011, the others' a leap day. */
const TABLES: readonly WallTable[] = [
  wallTable('Europe/Berlin', Date.UTC(2026, 0), Date.UTC(2029, 0)),
  wallTable('America/New_York', Date.UTC(2026, 0), Date.UTC(2029, 0)),
  wallTable('Australia/Lord_Howe', Date.UTC(2026, 0), Date.UTC(2029, 0)),
  wallTable('Asia/Kathmandu', Date.UTC(2026, 0), Date.UTC(2029, 0)),
  wallTable('Pacific/Apia', Date.UTC(2010, 0), Date.UTC(2013, 0)),
  wallTable('UTC', Date.UTC(2026, 0), Date.UTC(2029, 0)),
];

/** A schedule as flyball reads it, and as the brute force does. */
interface Case {
  readonly schedule: Schedule;
  readonly sources: (table: WallTable) => readonly Source[];
}

const lasting: fc.Arbitrary<Case> = fc
  .tuple(crons, fc.integer({ min: 1, max: 1500 }))
  .map(([start, minutes]) => ({
    schedule: {
      name: 'w',
      start: { cron: start.text },
      durationMs: minutes * MINUTE,
      action: { scaleTo: 7 },
    },
    sources: (table) => [
      { matches: matcher(start.pattern, table), everyHour: start.pattern.everyHour, size: 7, minutes },
    ],
  }));

const startToEnd: fc.Arbitrary<Case> = fc
  .tuple(crons, crons)
  .filter(([start, end]) => start.text !== end.text)
  .map(([start, end]) => ({
    schedule: { name: 'w', start: { cron: start.text }, end: { cron: end.text }, action: { scaleTo: 7 } },
    // The start is the later in the list: where both happen in one minute of the wall, the window goes on.
    sources: (table) => [
      { matches: matcher(end.pattern, table), everyHour: end.pattern.everyHour, size: 0 },
      { matches: matcher(start.pattern, table), everyHour: start.pattern.everyHour, size: 7 },
    ],
  }));

const rules: fc.Arbitrary<Case> = fc
  .array(
    fc.record({
      hour: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 23 })),
      minute: fc.constantFrom(0, 10, 15, 30, 45, 59),
      days: fc.subarray(DAYS, { minLength: 1 }),
      size: fc.integer({ min: 1, max: 40 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((list) => ({
    schedule: {
      name: 'r',
      rules: list.map(({ hour, minute, days, size }) => ({
        time: `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
        days,
        action: { scaleTo: size },
      })),
    },
    sources: (table) =>
      list.map(({ hour, minute, days, size }) => ({
        matches: matcher(
          {
            minute: (m) => m === minute,
            hour: (h) => h === hour,
            everyHour: false,
            day: (date) => days.includes(DAYS[date.getUTCDay()] as Day),
          },
          table,
        ),
        everyHour: false,
        size,
      })),
  }));

/** The size that flyball asks for in each minute, by going from change to change. */
function scheduledSizes(schedule: Schedule, table: WallTable, from: number, to: number): Int16Array {
  const scheduler = createScheduler([schedule], { zone: table.zone });
  const sizes = new Int16Array(to - from);
  const end = table.start + to * MINUTE;
  for (let now = table.start + from * MINUTE; now < end; ) {
    const next = Math.min(scheduler.nextChange(now) ?? end, end);
    const begin = (now - table.start) / MINUTE - from;
    sizes.fill(scheduler.at(now).actions[0]?.size ?? 0, begin, (next - table.start) / MINUTE - from);
    now = next;
  }
  return sizes;
}

/** Compares the minutes that the brute force knows of, those after the first thing that happens; how many they were. */
function expectSame({ schedule, sources }: Case, table: WallTable, from: number, to: number): number {
  const expected = sizesByMinute(table, from, to, sources(table));
  let actual: Int16Array;
  try {
    actual = scheduledSizes(schedule, table, from, to);
  } catch (error) {
    // `30 2 31 6 *`: refused, as it never happens.
    if (error instanceof InvalidOptionError) return 0;
    throw error;
  }
  let known = 0;
  for (let i = 0; i < expected.length; i++) {
    if (expected[i] === -1) continue;
    known++;
    if (expected[i] === actual[i]) continue;
    const at = new Date(table.start + (from + i) * MINUTE).toISOString();
    expect.fail(`${table.zone}, ${at}: ${actual[i]} instead of ${expected[i]}`);
  }
  return known;
}

describe('windows are open when a minute-by-minute evaluation says so', () => {
  const any = fc.oneof(lasting, startToEnd, rules);

  it('in two days around any instant, most of them around a change of the clock: 10,000 cases', () => {
    const where = fc.record({
      zone: fc.constantFrom(...TABLES.map(({ zone }) => zone)),
      atChange: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    let minutes = 0;
    fc.assert(
      fc.property(any, where, (one, { zone, atChange, share }) => {
        const table = TABLES.find((candidate) => candidate.zone === zone) as WallTable;
        const { changes, walls } = table;
        const middle =
          atChange && changes.length > 0
            ? (changes[Math.min(changes.length - 1, Math.floor(share * changes.length))] as number)
            : Math.floor(share * walls.length);
        const from = Math.max(0, Math.min(middle - 2100, walls.length - 2880));
        minutes += expectSame(one, table, from, from + 2880);
      }),
      { numRuns: 10_000 },
    );
    expect(minutes).toBeGreaterThan(15_000_000);
  });

  for (const table of TABLES) {
    it(`in all of three years, ${table.zone}`, () => {
      fc.assert(
        fc.property(any, (one) => {
          expectSame(one, table, 0, table.walls.length);
        }),
        { numRuns: 8 },
      );
    });
  }
});

describe('the calendar', () => {
  it('has the defaults that the three schedules promise, over three years', () => {
    for (const table of TABLES) {
      const schedule = defaultSchedules['business-hours'];
      const at = (time: number, size: number): Source => ({
        matches: matcher(
          {
            minute: (m) => m === 0,
            hour: (h) => h === time,
            everyHour: false,
            day: (date) => date.getUTCDay() >= 1 && date.getUTCDay() <= 5,
          },
          table,
        ),
        everyHour: false,
        size,
      });
      expectSame({ schedule, sources: () => [at(8, 8), at(18, 4)] }, table, 0, table.walls.length);
    }
  });
});
