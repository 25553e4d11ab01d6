import fc from 'fast-check';
import type { Pattern } from './brute-force.ts';

/** One field of a cron expression: its text, and what the text means. */
interface Field {
  readonly text: string;
  readonly has: (value: number) => boolean;
  readonly wild: boolean;
}

function field(low: number, high: number): fc.Arbitrary<Field> {
  const value = fc.integer({ min: low, max: high });
  const wild: Field = { text: '*', has: () => true, wild: true };
  return fc.oneof(
    { weight: 4, arbitrary: value.map((n): Field => ({ text: `${n}`, has: (v) => v === n, wild: false })) },
    { weight: 2, arbitrary: fc.constant(wild) },
    {
      weight: 2,
      arbitrary: fc
        .uniqueArray(value, { minLength: 2, maxLength: 3 })
        .map((list): Field => ({ text: list.join(','), has: (v) => list.includes(v), wild: false })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(value, value).map(([a, b]): Field => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        return { text: `${from}-${to}`, has: (v) => v >= from && v <= to, wild: false };
      }),
    },
  );
}

/** Hours, most of them at night, where the clocks change. */
const hours: fc.Arbitrary<Field> = fc.oneof(
  { weight: 2, arbitrary: field(0, 23) },
  { weight: 3, arbitrary: field(0, 4) },
);

const minutes: fc.Arbitrary<Field> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .integer({ min: 0, max: 59 })
      .map((n): Field => ({ text: `${n}`, has: (v) => v === n, wild: false })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(15, 20, 30)
      .map((n): Field => ({ text: `*/${n}`, has: (v) => v % n === 0, wild: false })),
  },
);

const dates: fc.Arbitrary<Field> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Field>({ text: '*', has: () => true, wild: true }) },
  { weight: 1, arbitrary: field(1, 31) },
);

const months: fc.Arbitrary<Field> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Field>({ text: '*', has: () => true, wild: true }) },
  { weight: 1, arbitrary: field(1, 12) },
);

/** Weekdays as cron writes them, with what they mean; the last two need the date. */
const weekdays: fc.Arbitrary<{ text: string; wild: boolean; has: (date: Date) => boolean }> = fc.oneof(
  {
    weight: 4,
    arbitrary: field(0, 6).map(({ text, wild, has }) => ({
      text,
      wild,
      has: (d: Date) => has(d.getUTCDay()),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 6 }).map((n) => ({
      text: `${n}L`,
      wild: false,
      has: (d: Date) =>
        d.getUTCDay() === n && new Date(d.getTime() + 7 * 86_400_000).getUTCMonth() !== d.getUTCMonth(),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 })).map(([n, nth]) => ({
      text: `${n}#${nth}`,
      wild: false,
      has: (d: Date) => d.getUTCDay() === n && Math.floor((d.getUTCDate() - 1) / 7) === nth - 1,
    })),
  },
);

/** A cron expression and what it means, made together so that nothing has to be parsed. */
export const crons: fc.Arbitrary<{ text: string; pattern: Pattern }> = fc
  .tuple(minutes, hours, dates, months, weekdays)
  .map(([minute, hour, date, month, weekday]) => ({
    text: [minute, hour, date, month, weekday].map(({ text }) => text).join(' '),
    pattern: {
      minute: minute.has,
      hour: hour.has,
      everyHour: Array.from({ length: 24 }, (_, h) => hour.has(h)).every(Boolean),
      day: (d: Date) => {
        if (!month.has(d.getUTCMonth() + 1)) return false;
        const byDate = date.has(d.getUTCDate());
        const byWeekday = weekday.has(d);
        return date.wild || weekday.wild ? byDate && byWeekday : byDate || byWeekday;
      },
    },
  }));
