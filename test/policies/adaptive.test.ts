import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../src/core/forecast.ts';
import type { Headroom } from '../../src/core/view.ts';
import { adaptive } from '../../src/policies/adaptive.ts';
import { predictive } from '../../src/policies/predictive.ts';
import { createView, type ViewOptions } from '../../src/testing/create-view.ts';
import { simulate } from '../../src/testing/simulate.ts';
import { burst } from '../../src/testing/workloads.ts';

const forecast = (mean: number, spread: number, more: Partial<Forecast> = {}): Forecast => ({
  at: 0,
  horizonMs: 135_000,
  mean,
  spread,
  low: mean - 1.6 * spread,
  lowQuantile: 0.05,
  high: mean + 1.6 * spread,
  highQuantile: 0.95,
  peak: mean + 1.6 * spread,
  peakAt: 135_000,
  confidence: 0.9,
  model: 'test',
  ...more,
});

/** Any: which one is in force is the rehearsal's to say. */
const headroom: Headroom = { name: 'some', least: 0.7, grow: 2.2, shrink: 2.6 };

const sizeFor = (view: ViewOptions): number =>
  adaptive().propose(createView({ headroom, ...view }))?.size ?? Number.NaN;

describe('a size is let be while its headroom is between the least and the most', () => {
  // Demand 20 ± 2: below 20 + 0.7 × 2 it grows to 20 + 2.2 × 2, above 20 + 2.6 × 2 + slack it shrinks to 20 + 2.6 × 2.
  it.each([
    [21, 25],
    [22, 22],
    [25, 25],
    [26, 26],
    [27, 26],
    [40, 26],
  ])('%d workers become %d', (size, to) => {
    expect(sizeFor({ size, demand: 20, queued: 0, forecast: forecast(20, 2) })).toBe(to);
  });

  it('turning from up to down asks for more than going on', () => {
    const view = { size: 27, demand: 20, queued: 0, forecast: forecast(20, 2) };
    expect(sizeFor({ ...view, pace: { lastDirection: 'up', reversalsLastHour: 0 } })).toBe(27);
    expect(sizeFor({ ...view, size: 29, pace: { lastDirection: 'up', reversalsLastHour: 0 } })).toBe(26);
    expect(sizeFor({ ...view, size: 29, pace: { lastDirection: 'up', reversalsLastHour: 4 } })).toBe(29);
  });

  it('no scale-down when it and the scale-up after it would be a seventh reversal within an hour', () => {
    const view = { size: 90, demand: 20, queued: 0, forecast: forecast(20, 2) };
    expect(sizeFor({ ...view, pace: { lastDirection: 'up', reversalsLastHour: 5 } })).toBe(90);
    expect(sizeFor({ ...view, pace: { lastDirection: 'up', reversalsLastHour: 4 } })).toBe(26);
    expect(sizeFor({ ...view, pace: { lastDirection: 'down', reversalsLastHour: 6 } })).toBe(26);
  });
});

describe('what is expected when ordered workers are ready', () => {
  it('more than now: the pool grows before the load does', () => {
    expect(sizeFor({ size: 12, demand: 10, queued: 0, forecast: forecast(20, 1) })).toBe(23);
  });

  it('less than now: what is measured is kept', () => {
    expect(sizeFor({ size: 22, demand: 20, queued: 0, forecast: forecast(5, 1) })).toBe(22);
  });

  it('a jump that is usual at this time counts, whatever the mean', () => {
    const jump = forecast(10, 1, { expectedPeak: 24 });
    expect(sizeFor({ size: 12, demand: 10, queued: 0, forecast: jump })).toBe(27);
  });

  it('without a forecast the measured spread gives the headroom', () => {
    expect(sizeFor({ size: 10, demand: { now: 10, fast: 10, slow: 10, spread: 3 }, queued: 0 })).toBe(17);
  });
});

describe('a backlog', () => {
  const waiting = (backlogSeconds: number): ViewOptions => ({
    ready: 20,
    demand: { now: 30, fast: 30, backlogSeconds },
    forecast: forecast(30, 1),
    startup: { p50Ms: 60_000 },
  });

  it('that is served within a fraction of the promised wait is none', () => {
    expect(sizeFor(waiting(9))).toBe(33);
  });

  it('that will stand when workers arrive is drained as fast as pays', () => {
    // 200 s + 10 × 60 s will stand: 30 + 0.5 × √(20 × 30 × 800 / 60) = 74.7.
    expect(sizeFor(waiting(200))).toBe(75);
  });

  it('is drained with fewer workers when few reversals are left to let them go again', () => {
    const fresh = sizeFor(waiting(200));
    const spent = sizeFor({ ...waiting(200), pace: { reversalsLastHour: 5 } });
    expect(spent).toBeLessThan(fresh);
    expect(spent).toBeGreaterThan(33);
  });

  it('keeps every ready worker, also when it will be gone before others arrive', () => {
    const view = { ready: 60, demand: { now: 5, fast: 5, backlogSeconds: 900 }, forecast: forecast(5, 1) };
    expect(sizeFor(view)).toBe(60);
  });

  it('at zero workers starts some at once', () => {
    expect(sizeFor({ ready: 0, busy: 0, queued: 3, forecast: forecast(0, 0) })).toBeGreaterThan(0);
  });
});

describe('a pool that may sleep is woken by work, not by doubt', () => {
  const idle: ViewOptions = { demand: 0, queued: 0, forecast: forecast(0, 0.8) };

  it('without load, now or lately, and with none expected it goes to zero and stays there', () => {
    expect(sizeFor({ ...idle, size: 3 })).toBe(0);
    expect(sizeFor({ ...idle, size: 0 })).toBe(0);
    expect(predictive().propose(createView({ ...idle, size: 0 }))).toBeUndefined();
  });

  it('a lull is none: what was needed minutes ago may be needed again', () => {
    expect(sizeFor({ ...idle, size: 2, demand: { now: 0, fast: 0, slow: 1.5 } })).toBe(2);
  });

  it('a jump that is usual at this time, or a job that waits, wakes it', () => {
    expect(sizeFor({ ...idle, size: 0, forecast: forecast(0, 0.8, { expectedPeak: 3 }) })).toBeGreaterThan(0);
    expect(sizeFor({ ...idle, size: 0, ready: 0, busy: 0, demand: 1, queued: 1 })).toBeGreaterThan(0);
  });

  it('asleep within minutes of the last job, in a whole simulation', async () => {
    const { series } = await simulate({
      workload: burst({ base: 0, peak: 4, atMs: 0, forMs: 600_000 }),
      durationMs: 3 * 3_600_000,
      minWorkers: 0,
    });
    const { size } = series;
    expect(Math.max(...size)).toBeGreaterThan(3);
    expect(size.at(-1)).toBe(0);
  });
});

it('more load never means fewer workers', () => {
  const amount = fc.double({ min: 0, max: 60, noNaN: true });
  fc.assert(
    fc.property(amount, amount, amount, fc.integer({ min: 0, max: 80 }), (load, more, spread, size) => {
      const at = (level: number): number =>
        sizeFor({
          size,
          demand: { now: level, fast: level, backlogSeconds: 0 },
          queued: 0,
          forecast: forecast(level, spread),
        });
      expect(at(load + more)).toBeGreaterThanOrEqual(at(load));
    }),
  );
});

describe('adaptive: a pool that was just taken over', () => {
  it('is not shrunk before it was watched for one start-up time: 12 idle workers stay for 75 s', () => {
    const after = (watchedMs: number): number =>
      sizeFor({ size: 12, demand: 0, startup: { p50Ms: 30_000, p90Ms: 60_000 }, pace: { watchedMs } });
    expect([after(0), after(74_000)]).toEqual([12, 12]);
    expect(after(75_000)).toBeLessThan(12);
  });

  it('grows at once', () => {
    expect(sizeFor({ size: 2, demand: 9, pace: { watchedMs: 0 } })).toBeGreaterThan(8);
  });
});

describe('predictive', () => {
  const floorFor = (view: ViewOptions): number | undefined => predictive().propose(createView(view))?.size;

  it('is less where less headroom has been found to pay, and never more than the bound', () => {
    // Expected 10 ± 1, at most 11.6: 10 + 0.5 × 1 pay, rounded up.
    const paying = (grow: number): number | undefined =>
      floorFor({
        size: 4,
        forecast: forecast(10, 1),
        headroom: { name: 'some', least: 0.1, grow, shrink: 2 },
      });
    expect([0.5, 1.2, 9].map(paying)).toEqual([11, 12, 12]);
  });

  it('a size is let be as long as it leaves the least headroom', () => {
    const tight: Headroom = { name: 'some', least: 0.1, grow: 1.5, shrink: 2 };
    const view = { size: 11, forecast: forecast(10.5, 1) };
    expect([floorFor({ ...view, headroom: tight }), floorFor(view)]).toEqual([11, 13]);
  });

  it('is a floor at the highest bound until workers ordered now are ready', () => {
    const proposal = predictive().propose(createView({ size: 4, forecast: forecast(10, 1) }));
    expect(proposal).toMatchObject({ kind: 'floor', size: 12, confidence: 0.9 });
    expect(proposal?.reason).toContain('95%');
  });

  it('leaves a size alone that is merely a little short of the bound', () => {
    expect(floorFor({ size: 11, forecast: forecast(10, 1) })).toBe(11);
    expect(floorFor({ size: 40, forecast: forecast(10, 1) })).toBe(12);
  });

  it('trusts as far as the controller’s options say, unless its own do', () => {
    const view = createView({ confidenceThreshold: 0.95, forecast: forecast(10, 1) });
    expect(predictive().propose(view)).toBeUndefined();
    expect(predictive({ confidenceThreshold: 0.5 }).propose(view)).toBeDefined();
  });

  it('says nothing without a forecast, or with one that is not trusted', () => {
    expect(floorFor({})).toBeUndefined();
    expect(floorFor({ forecast: forecast(10, 1, { confidence: 0.79 }) })).toBeUndefined();
    expect(
      predictive({ confidenceThreshold: 0.5 }).propose(
        createView({ forecast: forecast(10, 1, { confidence: 0.6 }) }),
      ),
    ).toBeDefined();
  });
});
