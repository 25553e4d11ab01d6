import { describe, expect, test } from 'vitest';
import { type Control, type DriveOptions, drive } from '../../src/testing/drive.ts';
import { formatReport } from '../../src/testing/format-report.ts';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import type { SimulatedPoolOptions } from '../../src/testing/simulated-pool-options.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { loadPattern, ramp, steady } from '../../src/testing/workloads.ts';

const HOUR = 3_600_000;

interface Bench {
  readonly pool: SimulatedPool;
  readonly clock: VirtualClock;
}

function run(
  pool: Partial<SimulatedPoolOptions>,
  control: (bench: Bench) => Control,
  options: Partial<DriveOptions> = {},
) {
  const clock = new VirtualClock();
  const simulated = new SimulatedPool({ workload: steady(4), initialWorkers: 6, ...pool, clock });
  const bench = { pool: simulated, clock };
  return drive({ ...bench, control: control(bench), durationMs: HOUR, ...options });
}

const still = (): Control => ({ tick: () => undefined });

describe('drive', () => {
  test('ticks once an interval, at its end', async () => {
    const times: number[] = [];
    const report = await run({}, ({ clock }) => ({ tick: () => times.push(clock.monotonic()) }), {
      intervalMs: 60_000,
      durationMs: 5 * 60_000,
    });
    expect(times).toEqual([60_000, 120_000, 180_000, 240_000, 300_000]);
    expect(report).toMatchObject({ ticks: 5, durationMs: 300_000, intervalMs: 60_000 });
  });

  test('a pool that is left alone: what it did and what it cost', async () => {
    const report = await run({}, still);
    expect(report.workerHours).toBeCloseTo(6);
    expect(report.oracleWorkerHours).toBeCloseTo(6); // ⌈4 + √4⌉
    expect(report.costRatio).toBeCloseTo(1);
    expect(report.utilization).toBeCloseTo(4 / 6, 1);
    expect(report.workers).toEqual({ min: 6, mean: 6, max: 6, end: 6, crashes: 0, failedStarts: 0 });
    expect(report.changes).toEqual({ up: 0, down: 0, reversals: 0, reversalsInWorstHour: 0 });
    expect(report.elasticity).toEqual({ thetaUnder: 0, thetaOver: 0, tauUnder: 0, tauOver: 0 });
    expect(report.jobs.arrived).toBe(report.jobs.completed + report.jobs.running + report.jobs.waiting);
    expect(report.score).toBeCloseTo(report.costRatio + 10 * report.lateRatio);
  });

  test('a pool that is too small is late, and what still waits counts', async () => {
    const report = await run({ initialWorkers: 0 }, still);
    expect(report.jobs.completed).toBe(0);
    expect(report.lateRatio).toBe(1);
    expect(report.elasticity).toMatchObject({ thetaUnder: 1, tauUnder: 1 });
    expect(report.workerHours).toBe(0);
  });

  test('changes and reversals are those that the control asked for', async () => {
    const sizes = [6, 8, 8, 5, 7, 7];
    const report = await run(
      { startupMs: 1000 },
      ({ pool }) => {
        const replicas = pool.replicas();
        return { tick: () => replicas.scaleTo(sizes.shift() ?? 7) };
      },
      { durationMs: 10 * 60_000 },
    );
    expect(report.changes).toEqual({ up: 2, down: 1, reversals: 2, reversalsInWorstHour: 2 });
    expect(report.workers).toMatchObject({ min: 5, max: 8, end: 7 });
  });

  test('crashes are no size changes', async () => {
    const report = await run({ crashesPerHour: 2 }, still);
    expect(report.workers.crashes).toBeGreaterThan(0);
    expect(report.changes).toMatchObject({ up: 0, down: 0 });
  });

  test('a control may be a whole autoscaler of five lines', async () => {
    const hpa = ({ pool }: Bench): Control => {
      const replicas = pool.replicas();
      return {
        tick: () => {
          const { busy, queued } = replicas.observe();
          return replicas.scaleTo(Math.max(1, Math.ceil((busy + Math.min(queued, 5)) / 0.6)));
        },
      };
    };
    const workload = ramp({ from: 2, to: 20, overMs: HOUR });
    const report = await run({ workload, startupMs: 30_000, fidelity: 'flow' }, hpa);
    expect(report.workers.max).toBeGreaterThan(22);
    expect(report.lateRatio).toBeLessThan(0.1);
    expect(report.costRatio).toBeLessThan(2);
  });

  test('a stop that needs time is given time', async () => {
    let stoppedAt = 0;
    await run({}, ({ clock }) => ({
      tick: () => undefined,
      stop: async () => {
        await clock.sleep(30_000);
        await clock.sleep(30_000);
        stoppedAt = clock.monotonic();
      },
    }));
    expect(stoppedAt).toBe(HOUR + 60_000);
  });

  test('tells its progress, and ends early when aborted', async () => {
    const abort = new AbortController();
    const done: number[] = [];
    const options = {
      durationMs: 100 * HOUR,
      signal: abort.signal,
      onProgress: (ratio: number) => {
        done.push(ratio);
        if (ratio > 0.1) abort.abort(new Error('enough'));
      },
    };
    await expect(run({ fidelity: 'flow' }, still, options)).rejects.toThrow('enough');
    expect(done[0]).toBe(0);
    expect(done.at(-1)).toBeLessThan(0.3);
  });

  test('a control that throws ends the run with its error', async () => {
    const broken = () => ({
      tick: () => {
        throw new Error('broken control');
      },
    });
    await expect(run({}, broken)).rejects.toThrow('broken control');
  });

  test('the series has at most the points that were asked for', async () => {
    const workload = loadPattern([
      [0, 2],
      [1800, 8],
    ]);
    const report = await run({ workload, initialWorkers: 12 }, still, { seriesPoints: 10 });
    const { load, ready, stepMs } = report.series;
    expect(load.length).toBe(10);
    expect(stepMs).toBe(360_000);
    expect([...load].map(Math.round)).toEqual([2, 2, 2, 2, 2, 8, 8, 8, 8, 8]);
    expect([...ready]).toEqual(new Array(10).fill(12));
  });

  test.each([
    [{ durationMs: 0 }, 'durationMs must be a number above 0'],
    [{ intervalMs: Number.NaN }, 'intervalMs must be a number above 0'],
    [{ seriesPoints: 0 }, 'seriesPoints must be a whole number'],
  ])('%j is refused', async (options, message) => {
    await expect(run({}, still, options)).rejects.toThrow(message);
  });
});

describe('formatReport', () => {
  test('is a table that can be read', async () => {
    const report = await run({ serviceTimeMs: 1000 }, still, { name: 'static 6' });
    expect(formatReport(report)).toMatchInlineSnapshot(`
      "                            │                  static 6
      ────────────────────────────┼──────────────────────────
      run         workload        │                  steady 4
                  time            │ 60 min, 240 ticks of 15 s
      ────────────────────────────┼──────────────────────────
      service     jobs arrived    │                    14,518
                  completed       │                    14,516
                  failed          │                         0
                  lost            │                         0
                  left at the end │                         2
                  wait p50        │                      0 ms
                  wait p95        │                    475 ms
                  wait p99        │                    781 ms
                  wait max        │                     1.6 s
                  late            │             0.0% over 2 s
      ────────────────────────────┼──────────────────────────
      cost        worker-hours    │                       6.0
                  of the oracle   │                   1.000 ×
                  utilisation     │                     67.2%
                  workers         │             6–6, mean 6.0
                  score           │                     1.000
      ────────────────────────────┼──────────────────────────
      calm        size changes    │              0 up, 0 down
                  reversals       │           0, worst hour 0
                  crashes         │                         0
                  failed starts   │                         0
      ────────────────────────────┼──────────────────────────
      elasticity  θU, lacking     │                      0.0%
                  θO, surplus     │                      0.0%
                  τU, time below  │                      0.0%
                  τO, time above  │                      0.0%"
    `);
  });

  test('puts reports side by side', async () => {
    const reports = [
      await run({}, still, { name: 'six' }),
      await run({ initialWorkers: 12 }, still, { name: 'twelve' }),
    ];
    const lines = formatReport(...reports).split('\n');
    expect(lines[0]).toMatch(/│ +six │ +twelve$/);
    expect(lines.find((line) => line.includes('worker-hours'))).toMatch(/│ +6\.0 │ +12\.0$/);
    expect(new Set(lines.map((line) => line.split(/[│┼]/).length))).toEqual(new Set([3]));
  });
});
