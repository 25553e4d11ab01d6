import { describe, expect, it } from 'vitest';
import { HoltWinters, holtWintersHpa } from '../../../src/testing/references/holt-winters-hpa.ts';
import { hpa } from '../../../src/testing/references/hpa.ts';
import { ask, hold } from './play.ts';

describe('hpa', () => {
  it('scales by the ratio of the metric to its target, rounded up', () => {
    // 9.6 of 10 busy is 1.2 times 80%: ⌈10 × 1.2⌉.
    expect(ask(hpa(), 0, { ready: 10, load: 9.6 })).toBe(12);
  });

  it('does nothing within 10% of the target', () => {
    // 88% is 1.1 times 80%.
    expect(ask(hpa(), 0, { ready: 10, load: 8.8 })).toBe(10);
    expect(ask(hpa(), 0, { ready: 10, load: 8.9 })).toBe(12);
  });

  it('counts pods that are not ready as idle on the way up', () => {
    // 10 busy of 10, 5 more coming: 10 / 15 = 67% would turn the direction, so nothing is done.
    expect(ask(hpa(), 0, { ready: 10, starting: 5, load: 20 })).toBe(15);
    // 10 / 11 = 91% is 1.136 times 80%: ⌈11 × 1.136⌉.
    expect(ask(hpa(), 0, { ready: 10, starting: 1, load: 20 })).toBe(13);
  });

  it('adds at most 4 pods or 100% in 15 s, whichever is more', () => {
    const engine = hpa({ targetUtilization: 0.5, metric: 'in-flight' });
    expect(ask(engine, 0, { ready: 2, load: 2, queued: 98 })).toBe(6);
    expect(ask(engine, 15, { ready: 2, starting: 4, load: 2, queued: 98 })).toBe(12);
    expect(ask(engine, 30, { ready: 6, starting: 6, load: 6, queued: 98 })).toBe(24);
  });

  it('shrinks to the highest recommendation of the last 300 s', () => {
    const engine = hpa();
    expect(ask(engine, 0, { ready: 10, load: 8 })).toBe(10);
    expect(hold(engine, [15, 285], { ready: 10, load: 4 })).toBe(10);
    expect(ask(engine, 300, { ready: 10, load: 4 })).toBe(5);
  });

  it('syncs every 15 s however often it is asked', () => {
    const engine = hpa();
    ask(engine, 0, { ready: 10, load: 8 });
    expect(ask(engine, 5, { ready: 10, load: 10 })).toBe(10);
    expect(ask(engine, 15, { ready: 10, load: 10 })).toBe(13);
  });

  it('in flight: total over the target of a pod, ready or not', () => {
    const engine = hpa({ targetUtilization: 0.8, metric: 'in-flight' });
    // 12 in service and a queue that was 8 at both ends: 20 / 0.8.
    expect(ask(engine, 0, { ready: 12, starting: 3, load: 12, queued: 8 })).toBe(25);
  });
});

describe('hpa with Holt-Winters', () => {
  it('repeats a season exactly', () => {
    const smoother = new HoltWinters(0.3, 0, 0.3, 4);
    for (const value of [1, 2, 3, 2]) smoother.observe(value);
    const forecasts = [1, 2, 3, 2].map((value) => {
      const forecast = smoother.forecast();
      smoother.observe(value);
      return forecast;
    });
    expect(forecasts).toEqual([1, 2, 3, 2]);
    expect(smoother.error).toBe(0);
  });

  it('has no opinion in its first season', () => {
    const smoother = new HoltWinters(0.3, 0, 0.3, 4);
    for (const value of [1, 2, 3]) smoother.observe(value);
    expect(smoother.forecast()).toBeUndefined();
  });

  it('orders one step before the load of the season comes', () => {
    const engine = holtWintersHpa({ seasonMs: 4 * 300_000 });
    const loads = [4, 4, 4, 16, 4, 4, 4, 16];
    // 4 of 20 busy: ⌈20 × 0.25⌉ = 5; 16 of 20 is the target. An HPA begins with the size that it finds.
    const sizes = loads.map((load, i) => ask(engine, i * 300, { ready: 20, load }));
    expect(sizes).toEqual([20, 5, 5, 20, 5, 5, 20, 20]);
  });
});
