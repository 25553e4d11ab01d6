import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../src/core/forecast.ts';
import type { Headroom, PoolView } from '../../src/core/view.ts';
import { HEADROOMS } from '../../src/policies/headrooms.ts';
import { Rehearsal } from '../../src/policies/rehearsal.ts';
import { createView } from '../../src/testing/create-view.ts';

const TICK_MS = 15_000;
const HOUR_MS = 3_600_000;
const TICKS_PER_HOUR = HOUR_MS / TICK_MS;

interface Day {
  readonly hours: number;
  /** Demand at a tick. */
  readonly load: (tick: number) => number;
  /** Typical error of the forecast over a start-up. */
  readonly error: number;
  readonly startupMs?: number;
  readonly latenessWeight?: number;
  /** The pool's size at the beginning; default: what the load needs. */
  readonly size?: number;
  readonly minWorkers?: number;
  readonly quality?: (tick: number) => PoolView['quality'];
}

const forecast = (mean: number, spread: number): Forecast => ({
  at: 0,
  horizonMs: 135_000,
  mean,
  spread,
  low: mean,
  lowQuantile: 0.05,
  high: mean + 2 * spread,
  highQuantile: 0.95,
  peak: mean + 2 * spread,
  peakAt: 135_000,
  confidence: 0.9,
  model: 'test',
});

/** Headrooms in force, tick by tick. */
function rehearse(
  { hours, load, error, startupMs = 120_000, ...day }: Day,
  rehearsal: Rehearsal = new Rehearsal({ latenessWeight: day.latenessWeight ?? 20, waitMs: 2_000 }),
): Headroom[] {
  return Array.from({ length: hours * TICKS_PER_HOUR }, (_, tick) => {
    const demand = load(tick);
    const view = createView({
      size: day.size ?? Math.ceil(load(0)),
      queued: 0,
      demand: { now: demand, fast: demand, slow: demand },
      forecast: forecast(demand, error),
      startup: { p50Ms: startupMs, p90Ms: startupMs },
      minWorkers: day.minWorkers ?? 0,
      quality: day.quality?.(tick) ?? 'full',
    });
    return rehearsal.advance(view, tick * TICK_MS);
  });
}

/** A chance that is the same in every run. */
function chance(tick: number): number {
  const mixed = Math.imul(tick ^ (tick >>> 7), 0x9e3779b1) >>> 0;
  return (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0) / 2 ** 32;
}

const last = (headrooms: readonly Headroom[]): Headroom => headrooms.at(-1) as Headroom;

describe('which headroom pays depends on the load', () => {
  it('load that never surprises, though errors were feared: little is kept', () => {
    const { shrink } = last(rehearse({ hours: 12, load: () => 20, error: 3, size: 40 }));
    expect(shrink).toBe(Math.min(...HEADROOMS.map((each) => each.shrink)));
  });

  it('load that jumps to any value every five minutes: what is there is kept for long', () => {
    const jumps = (tick: number): number => 2 + 30 * chance(Math.floor(tick / 20)) ** 3;
    const { shrink } = last(rehearse({ hours: 24, load: jumps, error: 5 }));
    expect(shrink).toBeGreaterThan(3.5);
  });

  it('load that rises for minutes once it rises: much is ordered', () => {
    // Every two hours it climbs from 10 to 40 within a quarter of an hour, and falls back.
    const climbs = (tick: number): number => {
      const minute = (tick / 4) % 120;
      return 10 + Math.max(0, Math.min(minute, 30 - minute)) * 2;
    };
    const { grow } = last(rehearse({ hours: 24, load: climbs, error: 2, startupMs: 300_000 }));
    expect(grow).toBe(Math.max(...HEADROOMS.map((each) => each.grow)));
  });

  it('the more late work weighs, the more is kept', () => {
    const noisy = (tick: number): number =>
      20 + 8 * (chance(tick) - 0.5) + 10 * chance(Math.floor(tick / 40));
    const kept = [1, 20, 400].map((latenessWeight) => {
      const { least, shrink } = last(rehearse({ hours: 24, load: noisy, error: 4, latenessWeight }));
      return least + shrink;
    });
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    expect(kept[2]).toBeGreaterThan(kept[0] as number);
  });
});

describe('calm', () => {
  it('the usual headroom holds for the first two hours, whatever the load', () => {
    const headrooms = rehearse({ hours: 4, load: () => 20, error: 3 });
    const changed = headrooms.findIndex((headroom) => headroom !== HEADROOMS[0]);
    expect(changed).toBeGreaterThanOrEqual(2 * TICKS_PER_HOUR);
    expect(changed).toBeLessThan(3 * TICKS_PER_HOUR);
  });

  it('load of one kind changes it a few times a day at most', () => {
    const noisy = (tick: number): number => 20 + 6 * (chance(tick) - 0.5);
    const headrooms = rehearse({ hours: 48, load: noisy, error: 2 });
    const changes = headrooms.filter((headroom, i) => i > 0 && headroom !== headrooms[i - 1]).length;
    expect(changes).toBeLessThanOrEqual(6);
  });

  it('load of another kind is learned within a day or two', () => {
    const jumps = (tick: number): number => 2 + 30 * chance(Math.floor(tick / 20)) ** 3;
    const load = (tick: number): number => (tick < 24 * TICKS_PER_HOUR ? 20 : jumps(tick));
    const headrooms = rehearse({ hours: 72, load, error: 5 });
    expect((headrooms[24 * TICKS_PER_HOUR] as Headroom).shrink).toBeLessThan(2);
    expect(last(headrooms).shrink).toBeGreaterThan(3.5);
  });
});

describe('what was not seen', () => {
  it('teaches nothing', () => {
    const seen = rehearse({ hours: 6, load: () => 20, error: 3 });
    expect(last(seen)).not.toBe(HEADROOMS[0]);
    const blind = rehearse({ hours: 6, load: () => 20, error: 3, quality: () => 'stale' });
    expect(new Set(blind)).toEqual(new Set([HEADROOMS[0]]));
  });

  it('a gap of hours is not taken for hours of load', () => {
    const gap = (tick: number): PoolView['quality'] => (tick > 10 && tick < 700 ? 'stale' : 'full');
    const headrooms = rehearse({ hours: 4, load: () => 20, error: 3, quality: gap });
    expect(new Set(headrooms)).toEqual(new Set([HEADROOMS[0]]));
  });
});

describe('after a restart', () => {
  const weights = { latenessWeight: 20, waitMs: 2_000 };
  const day: Day = { hours: 6, load: () => 20, error: 3, size: 40 };

  it('it goes on with what it had learned', () => {
    const before = new Rehearsal(weights);
    const learned = last(rehearse(day, before));
    expect(learned).not.toBe(HEADROOMS[0]);
    const after = new Rehearsal(weights);
    after.restore(JSON.parse(JSON.stringify(before.save())));
    expect(after.save()).toEqual(before.save());
    expect(rehearse({ ...day, hours: 1 }, after)[0]).toBe(learned);
  });

  it('less than it knows itself, or other headrooms, teach it nothing', () => {
    const little = new Rehearsal(weights);
    rehearse({ ...day, hours: 1 }, little);
    const much = new Rehearsal(weights);
    rehearse(day, much);
    const known = much.save();
    much.restore(little.save());
    much.restore({ ...known, seenMs: 1e12, costs: { other: [1, 1] } });
    much.restore({ ...known, seenMs: 1e12, inForce: 'other' });
    expect(much.save()).toEqual(known);
  });
});

it('a pool that may not shrink has nothing to choose: the usual stays', () => {
  const headrooms = rehearse({ hours: 12, load: () => 3, error: 1, minWorkers: 100 });
  expect(last(headrooms)).toBe(HEADROOMS[0]);
});

it('whatever the load, one of the headrooms is in force, and the same load gives the same ones', () => {
  const loads = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(loads, fc.double({ min: 0, max: 50, noNaN: true }), (values, error) => {
      const day: Day = { hours: 3, load: (tick) => values[tick % values.length] as number, error };
      const headrooms = rehearse(day);
      expect(HEADROOMS).toEqual(expect.arrayContaining([...new Set(headrooms)]));
      expect(rehearse(day)).toEqual(headrooms);
    }),
    { numRuns: 20 },
  );
});
