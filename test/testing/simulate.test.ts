import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { exponential } from '../../src/testing/distributions.ts';
import { formatReport } from '../../src/testing/format-report.ts';
import { type SimulationOptions, simulate } from '../../src/testing/simulate.ts';
import { VIRTUAL_START } from '../../src/testing/virtual-clock.ts';
import { diurnal, loadPattern, steady, step } from '../../src/testing/workloads.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const daily = (more: Partial<SimulationOptions> = {}): SimulationOptions => ({
  workload: diurnal({ low: 2, high: 15 }),
  pool: { serviceTimeMs: exponential(500), startupMs: 60_000, fidelity: 'flow' },
  maxWorkers: 30,
  durationMs: DAY,
  ...more,
});

describe('simulate', () => {
  test.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('a bug');
      },
      'policy mine threw: a bug',
    ],
    ['proposes no size', () => ({ kind: 'target', size: Number.NaN, reason: '' }), 'policy mine proposed'],
    [
      'proposes no kind that there is',
      () => ({ kind: 'goal', size: 9, reason: '' }),
      'neither target, floor nor ceiling',
    ],
    ['proposes a word', () => 'more', 'neither target, floor nor ceiling'],
  ])('tells of a policy that %s: the pool was held, which is no result', async (_, propose, message) => {
    const policy = { name: 'mine', propose } as never;
    const report = await simulate({ workload: steady(2), durationMs: HOUR, policy });
    expect(report.faults).toEqual([expect.stringContaining(message)]);
    expect(formatReport(report)).toMatch(/^mine: policy mine /m);
  });

  test('tells of starts that were cut', async () => {
    const report = await simulate({
      workload: steady(5),
      pool: { startupMs: 40 * MINUTE, initialWorkers: 1 },
      durationMs: HOUR,
    });
    expect(report.faults).toContainEqual(expect.stringContaining('lifecycle.longestStartMs allows no more'));
  });

  test('names the load that it lacks', async () => {
    await expect(simulate({ durationMs: HOUR } as never)).rejects.toThrow(
      'workload must be a load, e.g. steady(4)',
    );
  });

  test.each(['workers', 'replicas'] as const)('runs a pool through a day, as %s', async (as) => {
    const report = await simulate(daily({ as }));
    expect(report).toMatchObject({ name: 'adaptive', ticks: 5760, seed: 1, durationMs: DAY });
    expect(report.jobs).toMatchObject({ lost: 0, failed: 0 });
    expect(report.jobs.completed).toBeGreaterThan(1_000_000);
    expect(report.workers.max).toBeGreaterThan(15);
    expect(report.workers.min).toBeLessThan(6);
    expect(report.lateRatio).toBeLessThan(0.05);
    expect(report.costRatio).toBeLessThan(2);
    expect(report.changes.up).toBeGreaterThan(5);
    expect(report.decisions.length).toBeGreaterThan(10);
    expect(
      report.decisions.every((decision) => decision.to !== decision.from && decision.reason !== ''),
    ).toBe(true);
  });

  test('the same seed gives the same report; another seed another', async () => {
    const options = daily({
      durationMs: 3 * HOUR,
      pool: { startupMs: exponential(40_000), startFailureRatio: 0.1, crashesPerHour: 0.5, fidelity: 'jobs' },
    });
    const first = await simulate({ ...options, seed: 7 });
    expect(await simulate({ ...options, seed: 7 })).toEqual(first);
    expect((await simulate({ ...options, seed: 8 })).jobs.arrived).not.toBe(first.jobs.arrived);
  });

  test('more load is met with more workers, after their start-up', async () => {
    const report = await simulate({
      workload: step({ before: 3, after: 12, atMs: 30 * MINUTE }),
      pool: { startupMs: 30_000 },
      durationMs: 2 * HOUR,
      maxWorkers: 40,
      seriesPoints: 120, // one a minute
    });
    expect(report.series.size[29]).toBeLessThan(9);
    expect(report.series.size[60]).toBeGreaterThan(12);
    expect(report.series.queued[100]).toBeLessThan(20);
  });

  test('the bounds hold', async () => {
    const report = await simulate(daily({ minWorkers: 4, maxWorkers: 9, durationMs: DAY }));
    expect(report.workers.min).toBeGreaterThanOrEqual(4);
    expect(report.workers.max).toBeLessThanOrEqual(9);
  });

  test('a policy of one line is simulated as any other', async () => {
    const policy = {
      name: 'one a worker',
      propose: () => ({ kind: 'target' as const, size: 7, reason: 'always seven' }),
    };
    const report = await simulate({ workload: steady(3), policy, durationMs: HOUR });
    expect(report.name).toBe('one a worker');
    expect(report.workers.end).toBe(7);
  });

  test('starts with what the load at time 0 needs, so that no policy is blamed for the begin', async () => {
    const report = await simulate({ workload: steady(9), durationMs: 10 * MINUTE, maxWorkers: 40 });
    expect(report.lateRatio).toBeLessThan(0.02);
    const empty = await simulate({
      workload: steady(9),
      durationMs: 10 * MINUTE,
      maxWorkers: 40,
      pool: { initialWorkers: 0 },
    });
    expect(empty.lateRatio).toBeGreaterThan(0.02);
  });

  test('decisions can be kept all, or none', async () => {
    const options = daily({ durationMs: HOUR });
    const all = await simulate({ ...options, decisions: 'all' });
    expect(all.decisions).toHaveLength(240);
    expect(all.decisions[0]?.at).toBe(VIRTUAL_START + 15_000);
    expect((await simulate({ ...options, decisions: 'none' })).decisions).toEqual([]);
  });

  test('nothing is left behind: no timer, no sleeper', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await simulate(daily({ durationMs: HOUR }));
    expect(timers()).toBeLessThanOrEqual(before);
  });

  test('a workload with an end needs no duration; one without does', async () => {
    const workload = { ...loadPattern([[0, 2]]), durationMs: 30 * MINUTE };
    expect((await simulate({ workload })).durationMs).toBe(30 * MINUTE);
    await expect(simulate({ workload: steady(1) })).rejects.toThrow('durationMs must be a number above 0');
  });

  test.each([
    [{ maxWorkers: 0 }, 'maxWorkers'],
    [{ seed: 1.5 }, 'seed'],
    [{ decisions: 'some' as 'all' }, 'decisions must be changes, all or none'],
    [{ pool: { serviceTimeMs: -1 } }, 'serviceTimeMs'],
  ])('%j is refused', async (options, message) => {
    await expect(simulate(daily(options))).rejects.toThrow(InvalidOptionError);
    await expect(simulate(daily(options))).rejects.toThrow(message);
  });

  test('14 days at 15 s ticks take about a second of processor time', async () => {
    const before = process.cpuUsage();
    const report = await simulate(daily({ pool: { fidelity: 'flow' }, durationMs: 14 * DAY }));
    const { user, system } = process.cpuUsage(before);
    expect(report.ticks).toBe(80_640);
    expect((user + system) / 1e6).toBeLessThan(6); // twice the bar: this machine may be slow and busy
  });
});
