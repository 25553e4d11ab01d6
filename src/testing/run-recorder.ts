import type { Decision } from '../core/decision.ts';
import { ElasticityMeter } from './elasticity.ts';
import type { LogHistogram } from './log-histogram.ts';
import { neededWorkers } from './needed-workers.ts';
import { costRatio, oracle, score } from './oracle.ts';
import type { SimulationReport } from './report.ts';
import type { SimulatedPool } from './simulated-pool.ts';
import { SizeChangeMeter } from './size-changes.ts';
import { SeriesRecorder } from './time-series.ts';
import { erlangsPerUnit, meanLoad } from './workload.ts';

/** Measures a simulated pool tick by tick, and makes the report of it. */
export class RunRecorder {
  readonly #pool: SimulatedPool;
  readonly #intervalMs: number;
  readonly #erlangsPerUnit: number;
  readonly #loads: Float64Array;
  readonly #series: SeriesRecorder;
  readonly #elasticity = new ElasticityMeter();
  readonly #changes = new SizeChangeMeter();
  #ticks = 0;
  #sizeBefore = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  #sum = 0;
  #started = 0;
  #waitedMs = 0;

  constructor(pool: SimulatedPool, ticks: number, intervalMs: number, seriesPoints: number) {
    this.#pool = pool;
    this.#intervalMs = intervalMs;
    this.#erlangsPerUnit = erlangsPerUnit(pool.workload, pool.serviceTime.meanMs, pool.slotsPerWorker);
    this.#loads = new Float64Array(ticks);
    this.#series = new SeriesRecorder(ticks, intervalMs, seriesPoints);
  }

  /** At the end of an interval, before the control is called. */
  beforeTick(): void {
    const tick = this.#ticks;
    const { workload, totals, ready, size, queued } = this.#pool;
    const from = tick * this.#intervalMs;
    const load = meanLoad(workload, from, from + this.#intervalMs) * this.#erlangsPerUnit;
    const needed = neededWorkers(load);
    const started = totals.started - this.#started;
    const waitMs = started > 0 ? (totals.waits.sum - this.#waitedMs) / started : 0;
    this.#started = totals.started;
    this.#waitedMs = totals.waits.sum;
    this.#loads[tick] = load;
    this.#series.add(tick, { load, needed, ready, size, queued, waitMs });
    this.#elasticity.add(needed, ready);
    this.#sizeBefore = size;
  }

  /** After the control has acted: what has changed since `beforeTick` is its doing. */
  afterTick(): void {
    this.#ticks++;
    const { size } = this.#pool;
    this.#changes.add(this.#ticks * this.#intervalMs, this.#sizeBefore, size);
    this.#min = Math.min(this.#min, size);
    this.#max = Math.max(this.#max, size);
    this.#sum += size;
  }

  report(run: {
    name: string;
    seed: number;
    decisions: readonly Decision[];
    faults: readonly string[];
  }): SimulationReport {
    const pool = this.#pool;
    const { totals, queued, running, lateInQueue } = pool;
    const { arrived, completed, failed, lost } = totals;
    const { workerSeconds, readySeconds, busySeconds, crashes, failedStarts } = pool.usage();
    const best = oracle(this.#loads, this.#intervalMs, pool.startup.meanMs).workerSeconds;
    const lateRatio = (totals.late + lateInQueue) / Math.max(1, totals.started + lateInQueue);
    return {
      name: run.name,
      workload: pool.workload.name,
      durationMs: this.#ticks * this.#intervalMs,
      intervalMs: this.#intervalMs,
      ticks: this.#ticks,
      seed: run.seed,
      jobs: { arrived, completed, failed, lost, running, waiting: queued },
      waitMs: waitsOf(totals.waits),
      objectiveMs: pool.objectiveMs,
      lateRatio,
      workers: {
        min: this.#min,
        mean: this.#sum / this.#ticks,
        max: this.#max,
        end: pool.size,
        crashes,
        failedStarts,
      },
      workerHours: workerSeconds / 3600,
      utilization: readySeconds > 0 ? Math.min(1, busySeconds / readySeconds) : 0,
      changes: this.#changes.result(),
      elasticity: this.#elasticity.result(),
      oracleWorkerHours: best / 3600,
      costRatio: costRatio(workerSeconds, best),
      score: score({ workerSeconds, oracleWorkerSeconds: best, lateRatio }),
      decisions: run.decisions,
      faults: [...run.faults],
      series: this.#series.result(),
    };
  }
}

function waitsOf(waits: LogHistogram): SimulationReport['waitMs'] {
  return {
    mean: waits.mean,
    p50: waits.percentile(0.5),
    p90: waits.percentile(0.9),
    p95: waits.percentile(0.95),
    p99: waits.percentile(0.99),
    max: waits.max,
  };
}
