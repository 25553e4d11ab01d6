import { describe, expect, it } from 'vitest';
import { StartupTimes } from '../../src/workers/startup-times.ts';

describe('StartupTimes', () => {
  it('says what is assumed until it has seen a start', () => {
    const times = new StartupTimes(60_000);
    expect(times.startup).toEqual({ p50Ms: 60_000, p90Ms: 60_000, samples: 0 });
    expect(times.learnedP90Ms).toBe(0);
  });

  it('learns median and 90th percentile', () => {
    const times = new StartupTimes(60_000);
    for (let i = 10; i >= 1; i--) times.add(i * 1000);
    expect(times.startup).toEqual({ p50Ms: 5_000, p90Ms: 9_000, samples: 10 });
  });

  it('follows the newest 32 starts', () => {
    const times = new StartupTimes(60_000);
    for (let i = 0; i < 100; i++) times.add(200_000);
    for (let i = 0; i < 32; i++) times.add(5_000);
    expect(times.startup).toEqual({ p50Ms: 5_000, p90Ms: 5_000, samples: 32 });
  });

  it('tells what it has learned, oldest first, from which another one learns the same', () => {
    const times = new StartupTimes(60_000);
    for (let i = 1; i <= 40; i++) times.add(i * 1000);
    expect(times.all()).toEqual(Array.from({ length: 32 }, (_, i) => (i + 9) * 1000));
    const other = new StartupTimes(1);
    for (const time of times.all()) other.add(time);
    expect(other.startup).toEqual(times.startup);
    expect(new StartupTimes(1).all()).toEqual([]);
  });

  it('takes no time that cannot be', () => {
    const times = new StartupTimes(1);
    times.add(Number.NaN);
    times.add(-1);
    expect(times.startup.samples).toBe(0);
  });
});
