import { describe, expect, it } from 'vitest';
import { type BacktestOptions, backtest } from '../../src/backtest/backtest.ts';
import { contenderNames, labelOf, resolveContenders } from '../../src/backtest/contender.ts';
import { createPolicy } from '../../src/policies/create-policy.ts';
import { jobsPerSecond } from '../../src/testing/combine-workloads.ts';
import { neededWorkers } from '../../src/testing/needed-workers.ts';
import type { Workload } from '../../src/testing/workload.ts';
import { diurnal, steady, step } from '../../src/testing/workloads.ts';

const HOUR_MS = 3_600_000;

function lasting(workload: Workload, durationMs: number): Workload {
  return { ...workload, durationMs, stepMs: 60_000 };
}

const day = lasting(diurnal({ low: 2, high: 10 }), 24 * HOUR_MS);
const here: BacktestOptions = { threads: 0, seriesPoints: 24 };

describe('contenders', () => {
  it('are named', () => {
    const labels = resolveContenders(['adaptive', 'conservative', 'hpa', 'knative@0.6'], false).map(labelOf);
    expect(labels).toEqual(['adaptive', 'conservative', 'hpa@0.8', 'knative@0.6']);
  });

  it('all', () => {
    expect(resolveContenders('all', false).map((contender) => contender.name)).toEqual(contenderNames());
  });

  it('come with the whole curve of a reference', () => {
    const hpa = resolveContenders(['hpa'], true);
    expect(hpa.map((contender) => contender.headroom)).toEqual([0.8, 0.5, 0.6, 0.7, 0.9]);
    expect(hpa.filter((contender) => contender.isDefault)).toHaveLength(1);
  });

  it('those that know the load in advance are marked', () => {
    const foreknowing = resolveContenders('all', false).filter(
      (contender) => contender.kind === 'foreknowing',
    );
    expect(foreknowing.map((contender) => contender.name)).toEqual(['static-peak', 'static-mean', 'oracle']);
  });

  it.each([
    [['hpb'], /^policies\[0\] must be one of adaptive, /],
    [['hpa', 'adaptive@2'], /^policies\[1\] must be one of /],
    [['hpa@much'], /^policies\[0\] must give the headroom as a number above 0, e\.g\. hpa@0\.7, got "much"/],
    [[], /^policies must name at least one policy/],
  ])('%j is refused', (names, message) => {
    expect(() => resolveContenders(names, false)).toThrow(message);
  });
});

describe('backtest', () => {
  it('plays the same load to all and compares them', async () => {
    const { runs, settings, oracleWorkerHours } = await backtest(day, {
      ...here,
      policies: ['static-peak', 'oracle', 'hpa'],
      peakWorkers: 40,
    });
    const [peak, oracle, hpa] = runs;
    expect(settings).toMatchObject({ peakWorkers: 40, maxWorkers: 80, bootMs: 120_000, sloMs: 2000 });
    // Nobody is cheaper than the oracle's plan and as punctual; the peak's size is dear and never late.
    expect(peak?.workerHours).toBeCloseTo(40 * 24, 0);
    expect(peak?.costRatio).toBeCloseTo((40 * 24) / oracleWorkerHours, 2);
    expect(peak?.lateRatio).toBe(0);
    expect(oracle?.costRatio).toBeCloseTo(1, 1);
    expect(oracle?.lateRatio).toBeLessThan(0.001);
    expect(hpa?.score).toBeCloseTo((hpa?.costRatio ?? 0) + 10 * (hpa?.lateRatio ?? 0), 9);
    expect(hpa?.costRatio).toBeLessThan(peak?.costRatio ?? 0);
    expect(hpa?.series.load).toHaveLength(24);
  });

  it('gives the same figures in threads as without', async () => {
    const options: BacktestOptions = { policies: ['adaptive', 'react', 'knative'], seriesPoints: 24 };
    const load = lasting(diurnal({ low: 2, high: 10 }), 6 * HOUR_MS);
    const [inThreads, alone] = await Promise.all([
      backtest(load, { ...options, threads: 2 }),
      backtest(load, { ...options, threads: 0 }),
    ]);
    expect(inThreads).toEqual(alone);
  });

  it('tells its progress up to the end', async () => {
    const told: number[] = [];
    await backtest(day, {
      ...here,
      policies: ['static-mean', 'static-peak'],
      onProgress: (done) => told.push(done),
    });
    expect(told.at(-1)).toBe(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.length).toBeGreaterThan(4);
  });

  it('can be called off', async () => {
    const reason = new Error('enough');
    await expect(backtest(day, { ...here, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const later = new AbortController();
    const running = backtest(day, { ...here, signal: later.signal, onProgress: () => later.abort(reason) });
    await expect(running).rejects.toBe(reason);
  });

  it('runs options and policies of the caller', async () => {
    const { runs } = await backtest(day, {
      policies: [
        { name: 'mine', options: { template: 'conservative', scaleUpThreshold: 0.7 } },
        { name: 'made', create: () => createPolicy('aggressive') },
      ],
      threads: 1,
      seriesPoints: 24,
    });
    expect(runs.map((run) => [run.label, run.kind])).toEqual([
      ['mine', 'flyball'],
      ['made', 'flyball'],
    ]);
  });

  it('counts cost and lateness from a time on', async () => {
    // No load for two hours, then 16 busy workers at once: 20 workers are needed.
    const load = lasting(step({ before: 0, after: 16, atMs: 2 * HOUR_MS }), 4 * HOUR_MS);
    const options: BacktestOptions = { ...here, peakWorkers: false, minWorkers: 20, maxWorkers: 20 };
    const whole = await backtest(load, options);
    const half = await backtest(load, { ...options, scoreAfterMs: 2 * HOUR_MS });
    expect(neededWorkers(16)).toBe(20);
    expect(half.runs[0]?.costRatio).toBeCloseTo(1, 3);
    // Over all, the oracle pays one start-up of 2 min and two of the four hours.
    expect(whole.runs[0]?.costRatio).toBeCloseTo(240 / 122, 3);
  });

  it('takes jobs per second as they are', async () => {
    const load = lasting(jobsPerSecond(steady(20)), HOUR_MS);
    const { settings, runs } = await backtest(load, { ...here, peakWorkers: false, serviceMs: 200 });
    // 20 jobs/s of 0.2 s keep 4 workers busy: 6 are needed.
    expect(settings.peakWorkers).toBe(6);
    expect(runs[0]?.utilization).toBeGreaterThan(0.4);
  });

  it('keeps the first decisions, if asked', async () => {
    const { runs } = await backtest(day, { ...here, policies: ['hpa'], decisions: 5 });
    expect(runs[0]?.decisions).toHaveLength(5);
    expect(runs[0]?.decisions[0]?.reason).toMatch(/busy, 80% wanted/);
  });

  it.each([
    [{ bootMs: -1 }, /^bootMs must be a number of at least 0/],
    [{ scoreAfterMs: 48 * HOUR_MS }, /^scoreAfterMs must leave at least one interval of the load's duration/],
    [{ intervalMs: 48 * HOUR_MS }, /^intervalMs must be at most the load's duration/],
    [{ maxWorkers: 2, minWorkers: 3 }, /^maxWorkers must be a whole number of at least 3/],
  ] satisfies [BacktestOptions, RegExp][])('%j is refused', async (options, message) => {
    await expect(backtest(day, options)).rejects.toThrow(message);
  });
});
