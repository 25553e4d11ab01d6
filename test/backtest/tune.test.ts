import { describe, expect, it } from 'vitest';
import { frontOf, tune } from '../../src/backtest/tune.ts';
import { createPolicy } from '../../src/policies/create-policy.ts';
import { diurnal } from '../../src/testing/workloads.ts';

const load = { ...diurnal({ low: 2, high: 10 }), durationMs: 4 * 3_600_000, stepMs: 60_000 };

describe('the front', () => {
  it('holds what nothing else beats in both', () => {
    const trials = [
      [1.2, 0.01],
      [1, 0.1],
      [1.3, 0.02],
      [1.2, 0.05],
      [1.5, 0],
      [1, 0.2],
    ].map(([costRatio = 0, lateRatio = 0]) => ({ costRatio, lateRatio }));
    expect(frontOf(trials).map(({ costRatio, lateRatio }) => [costRatio, lateRatio])).toEqual([
      [1, 0.1],
      [1.2, 0.01],
      [1.5, 0],
    ]);
  });
});

describe('tune', () => {
  it('finds the cheapest setting that is punctual enough', async () => {
    const told: number[] = [];
    const result = await tune(load, {
      trials: 12,
      maxLateRatio: 0.01,
      bootMs: 30_000,
      threads: 0,
      onProgress: (done) => told.push(done),
    });
    const { best, start, trials, front, isWithin } = result;
    expect(trials).toHaveLength(13);
    expect(isWithin).toBe(true);
    expect(best.lateRatio).toBeLessThanOrEqual(0.01);
    expect(best.costRatio).toBeLessThan(start.costRatio);
    expect(front).toContainEqual(best);
    expect(told.at(-1)).toBe(1);
    // What is printed can be pasted.
    for (const trial of trials) expect(() => createPolicy(trial.options)).not.toThrow();
  });

  it('gives the least late when none is punctual enough', async () => {
    const result = await tune(load, {
      trials: 2,
      maxLateRatio: 0,
      bootMs: 600_000,
      threads: 0,
      maxWorkers: 12,
    });
    expect(result.isWithin).toBe(false);
    expect(result.best.lateRatio).toBe(Math.min(...result.trials.map((trial) => trial.lateRatio)));
  });

  it('turns the weights of adaptive', async () => {
    const { trials } = await tune(load, { base: 'adaptive', trials: 2, threads: 0 });
    expect(trials[0]?.options).toEqual({ template: 'adaptive' });
    expect(trials[1]?.options.adaptive?.latenessWeight).toBe(10);
  });

  it('is the same every time', async () => {
    const options = { trials: 6, threads: 0, durationMs: 3_600_000 } as const;
    expect(await tune(load, options)).toEqual(await tune(load, options));
  });

  it('refuses a base that it does not know', async () => {
    await expect(tune(load, { base: 'bold' as 'adaptive' })).rejects.toThrow(
      /^base must be one of adaptive, /,
    );
  });
});
