import { describe, expect, it } from 'vitest';
import { analyzePatterns, formatPatterns, type LoadPoint } from '../../src/patterns/index.ts';
import { Random } from '../../src/testing/random.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MONDAY = Date.UTC(2026, 0, 5);

/** Counted load of five minutes each, around what `mean` says for an hour of a day. */
function history(
  days: number,
  mean: (hour: number, day: number, at: number) => number,
  { seed = 1, from = MONDAY }: { seed?: number; from?: number } = {},
): LoadPoint[] {
  const random = new Random(seed);
  return Array.from({ length: (days * DAY_MS) / (5 * MINUTE_MS) }, (_, i) => {
    const at = from + i * 5 * MINUTE_MS;
    const hour = (at % DAY_MS) / HOUR_MS;
    return { at, demand: random.poisson(mean(hour, Math.floor((at - from) / DAY_MS), at)) };
  });
}

const wave = (hour: number): number => 60 + 40 * Math.cos(((hour - 14) / 24) * 2 * Math.PI);

describe('a daily pattern', () => {
  it('is found, with its peak and low hours', () => {
    const { daily } = analyzePatterns(history(14, wave));
    expect(daily).toMatchObject({ isPresent: true, reliability: 1 });
    expect(daily?.strength).toBeGreaterThan(0.9);
    expect(daily?.hourlyAverages[14]).toBeCloseTo(wave(14.5), -1);
    expect(daily?.peakHours).toEqual(
      [9, 10, 11, 12, 13, 14, 15, 16, 17, 18].filter((hour) => wave(hour + 0.5) > 20 + (80 * 2) / 3),
    );
    expect(daily?.lowHours).toContain(2);
    expect(daily?.lowHours).not.toContain(8);
  });

  it('is found by the clock on the wall, across a change to summer time', () => {
    // Work begins at 9:00 in Berlin: 8:00 UTC until 29 March 2026, 7:00 UTC from then on.
    const change = Date.UTC(2026, 2, 29, 1);
    const from = Date.UTC(2026, 2, 15);
    const load = history(28, (hour, _, at) => (Math.floor(hour) === (at < change ? 8 : 7) ? 100 : 20), {
      from,
    });
    expect(analyzePatterns(load, { timeZone: 'Europe/Berlin' }).daily?.peakHours).toEqual([9]);
    expect(analyzePatterns(load, { timeZone: 'UTC' }).daily?.strength).toBeLessThan(0.7);
  });

  it('is believed less after few days', () => {
    const after = (days: number): number => analyzePatterns(history(days, wave)).daily?.reliability ?? 0;
    expect(after(2)).toBeLessThan(after(3));
    expect(after(3)).toBeLessThan(after(7));
    expect(analyzePatterns(history(1, wave)).daily).toBeUndefined();
  });
});

describe('a weekly pattern', () => {
  const office = (hour: number, day: number): number => wave(hour) * (day % 7 >= 5 ? 0.4 : 1);

  it('is found, with its busiest and quietest days', () => {
    const { weekly } = analyzePatterns(history(28, office));
    expect(weekly?.isPresent).toBe(true);
    expect(weekly?.strength).toBeGreaterThan(0.9);
    expect(weekly?.reliability).toBeGreaterThan(0.95);
    expect(weekly?.weekendRatio).toBeCloseTo(0.4, 1);
    expect([5, 6]).toContain(weekly?.quietestDay);
  });

  it('takes two weeks to be told, and three to be believed', () => {
    expect(analyzePatterns(history(13, office)).weekly).toBeUndefined();
    expect(analyzePatterns(history(14, office)).weekly?.reliability).toBeLessThan(0.7);
  });

  it('is no lasting change and no trend', () => {
    const { regimeChanges, trend } = analyzePatterns(history(26, office));
    expect(regimeChanges).toEqual([]);
    expect(trend?.isPresent).toBe(false);
  });
});

describe('spikes', () => {
  const days = [2, 5, 9, 11, 16, 20];
  const load = history(
    21,
    (hour, day) => wave(hour) * (days.includes(day) && hour >= 14 && hour < 14.5 ? 3 : 1),
  );
  const events = days
    .slice(0, 4)
    .map((day) => ({ at: MONDAY + day * DAY_MS + 13.9 * HOUR_MS, name: 'mailing' }));
  const { spikes } = analyzePatterns(load, { events });

  it('are found where they were, and nowhere else', () => {
    expect(spikes.spikes.map((spike) => spike.at)).toEqual(
      days.map((day) => MONDAY + day * DAY_MS + 14 * HOUR_MS),
    );
    for (const spike of spikes.spikes) {
      expect(spike.durationMs).toBe(30 * MINUTE_MS);
      expect(spike.magnitude).toBeGreaterThan(2.5);
      expect(spike.magnitude).toBeLessThan(3.8);
      expect(spike.reliability).toBeGreaterThan(0.8);
    }
    expect(spikes.perWeek).toBeCloseTo(2, 6);
    expect(spikes.averageDurationMs).toBe(30 * MINUTE_MS);
    expect(spikes.spikes.map((spike) => spike.precededBy.riseMs)).toEqual(days.map(() => 0));
  });

  it('tell what they have in common', () => {
    const triggers = new Map(spikes.commonTriggers.map(({ trigger, count }) => [trigger, count]));
    expect(triggers.get('around 14:00')).toBe(6);
    expect(triggers.get('on the full hour')).toBe(6);
    expect(triggers.get('after mailing')).toBe(4);
    expect(spikes.spikes.map((spike) => spike.precededBy.event)).toEqual([
      ...Array(4).fill('mailing'),
      undefined,
      undefined,
    ]);
  });

  it('the usual peak of a day is none', () => {
    const lunch = history(14, (hour) => (hour >= 12 && hour < 13 ? 200 : 50));
    expect(analyzePatterns(lunch).spikes.spikes).toEqual([]);
  });

  it('tell whether load rose before', () => {
    const ramp = (hour: number, day: number): number =>
      day === 5 && hour >= 9 && hour < 12 ? 50 + (hour - 9) * 100 : 50;
    const found = analyzePatterns(history(10, ramp)).spikes.spikes;
    expect(found).toHaveLength(1);
    expect(found[0]?.precededBy.riseMs).toBeGreaterThan(1.5 * HOUR_MS);
  });
});

describe('quiet windows', () => {
  it('are the hours of little load, day after day, around midnight too', () => {
    const night = (hour: number): number => (hour >= 22 || hour < 5 ? 10 : 60);
    const [window, ...others] = analyzePatterns(history(14, night)).quietWindows;
    expect(others).toEqual([]);
    expect(window).toMatchObject({ days: 'every day', fromHour: 22, toHour: 5, reliability: 1 });
    expect(window?.loadRatio).toBeCloseTo(10 / 45.4, 1);
    expect(window?.highest).toBeLessThan(15);
  });

  it('are believed less where some nights were busy', () => {
    const batch = (hour: number, day: number): number =>
      hour >= 2 && hour < 5 ? (day % 4 === 0 ? 90 : 5) : 60;
    const [window] = analyzePatterns(history(16, batch)).quietWindows;
    expect(window?.reliability ?? 0).toBeLessThan(0.8);
  });
});

describe('a trend', () => {
  it('is found and measured', () => {
    const { trend, regimeChanges } = analyzePatterns(
      history(28, (hour, day) => wave(hour) * (1 + 0.1 * (day / 7))),
    );
    expect(trend?.isPresent).toBe(true);
    // 10% of the first week's mean a week, over the mean of all four: 0.1 / 1.2.
    expect(trend?.ratioPerWeek).toBeCloseTo(0.1 / 1.2, 2);
    expect(trend?.reliability).toBeGreaterThan(0.99);
    expect(regimeChanges).toEqual([]);
  });
});

describe('a lasting change', () => {
  it('is found on its day', () => {
    const { regimeChanges } = analyzePatterns(history(24, (hour, day) => wave(hour) * (day >= 13 ? 1.6 : 1)));
    expect(regimeChanges).toHaveLength(1);
    expect(regimeChanges[0]?.at).toBe(MONDAY + 13 * DAY_MS);
    expect(regimeChanges[0]?.ratio).toBeCloseTo(1.6, 1);
    expect(regimeChanges[0]?.reliability).toBeGreaterThan(0.9);
  });
});

describe('noise has no patterns', () => {
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

  function falseFindings(make: (seed: number) => LoadPoint[]): Record<string, number> {
    const counts = { daily: 0, weekly: 0, spikes: 0, quiet: 0, trend: 0, regimes: 0 };
    for (const seed of seeds) {
      const report = analyzePatterns(make(seed));
      counts.daily += Number(report.daily?.isPresent);
      counts.weekly += Number(report.weekly?.isPresent);
      counts.spikes += report.spikes.spikes.length;
      counts.quiet += report.quietWindows.length;
      counts.trend += Number(report.trend?.isPresent);
      counts.regimes += report.regimeChanges.length;
    }
    return counts;
  }

  it('independent noise', () => {
    expect(falseFindings((seed) => history(21, () => 50, { seed }))).toEqual({
      daily: 0,
      weekly: 0,
      spikes: 0,
      quiet: 0,
      trend: 0,
      regimes: 0,
    });
  });

  it('noise that resembles its past, for an hour or so', () => {
    const found = falseFindings((seed) => {
      const random = new Random(seed);
      let level = 0;
      return history(
        21,
        () => {
          level = 0.92 * level + random.normal() * 3;
          return Math.max(0, 60 + level);
        },
        { seed: seed + 100 },
      );
    });
    expect(found).toMatchObject({ daily: 0, weekly: 0, spikes: 0, quiet: 0, trend: 0, regimes: 0 });
  });

  it('a load that wanders has no seasons and no spikes', () => {
    const found = falseFindings((seed) => {
      const random = new Random(seed);
      let level = 100;
      return history(
        21,
        () => {
          level = Math.max(20, level + random.normal() * 0.5);
          return level;
        },
        { seed: seed + 100 },
      );
    });
    expect(found).toMatchObject({ daily: 0, weekly: 0, spikes: 0, quiet: 0 });
  });

  it('a constant load', () => {
    const flat = Array.from({ length: 21 * 24 }, (_, i) => ({ at: MONDAY + i * HOUR_MS, demand: 5 }));
    const report = analyzePatterns(flat);
    expect(report).toMatchObject({ quietWindows: [], regimeChanges: [], mean: 5, peak: 5, coverage: 1 });
    expect(report.daily?.isPresent).toBe(false);
    expect(report.weekly?.isPresent).toBe(false);
    expect(report.trend?.isPresent).toBe(false);
    expect(report.spikes.spikes).toEqual([]);
  });

  it('no load at all', () => {
    const nothing = Array.from({ length: 21 * 24 }, (_, i) => ({ at: MONDAY + i * HOUR_MS, demand: 0 }));
    expect(JSON.stringify(analyzePatterns(nothing))).not.toMatch(/null/);
  });
});

describe('the history', () => {
  it('may be in any order, have gaps, and hold what is no load', () => {
    const load = history(14, wave).filter(({ at }) => (at / DAY_MS) % 1 > 0.1);
    const mixed = [...load].reverse();
    mixed.push({ at: MONDAY, demand: Number.NaN }, { at: MONDAY, demand: -1 }, { at: Number.NaN, demand: 3 });
    expect(analyzePatterns(mixed)).toEqual(analyzePatterns(load));
    expect(analyzePatterns(mixed).coverage).toBeCloseTo(0.9, 1);
  });

  it('is looked at as far back as wanted', () => {
    const load = history(40, (hour, day) => (day < 20 ? 50 : wave(hour)));
    expect(analyzePatterns(load, { daysBack: 15 }).days).toBeLessThanOrEqual(16);
    expect(analyzePatterns(load, { daysBack: 15 }).daily?.strength).toBeGreaterThan(
      analyzePatterns(load, { daysBack: 40 }).daily?.strength ?? 1,
    );
  });

  it.each([
    [() => analyzePatterns([]), /^history must have at least two samples, got 0/],
    [() => analyzePatterns(history(2, wave), { daysBack: 0 }), /^daysBack must be above 0/],
    [
      () => analyzePatterns(history(2, wave), { timeZone: 'Mars' }),
      /^timeZone must be an IANA time zone, got "Mars"/,
    ],
  ])('or is refused (%#)', (call, message) => {
    expect(call).toThrow(message);
  });
});

describe('as text', () => {
  it('tells all parts with their reliability', () => {
    const spiky = history(21, (hour, day) => wave(hour) * (day % 7 === 3 && hour >= 14 && hour < 15 ? 3 : 1));
    const text = formatPatterns(analyzePatterns(spiky));
    expect(text).toMatch(/^2026-01-05 00:00 to 2026-01-25 23:55 \(UTC\), 21 days, 100% covered/);
    expect(text).toMatch(
      /Day \(reliability 1\.00\)\n {2}[▁-█]{24} {2}0 to 24 h, strength 0\.\d\d\n {2}high /,
    );
    expect(text).toMatch(/Spikes \(reliability 0\.9\d\)\n {2}3 \(1 a week\), on average × 2\.9 for 60 min/);
    expect(text).toMatch(/2026-01-08 14:00 {2}\d+ instead of 10\d/);
    expect(text).toMatch(/in common: .*Thursdays \(100%\)/);
    expect(text).toContain('Quiet windows\n  every day ');
    expect(text).toMatch(/Trend \(reliability 0\.\d\d\)\n {2}none/);
  });

  it('says what cannot be told yet', () => {
    const text = formatPatterns(analyzePatterns(history(1, wave)));
    expect(text).toContain('less than two days: cannot be told');
    expect(text).toContain('less than two weeks: cannot be told');
  });
});
