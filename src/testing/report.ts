import type { Decision } from '../core/decision.ts';
import type { Elasticity } from './elasticity.ts';
import type { SizeChanges } from './size-changes.ts';
import type { TimeSeries } from './time-series.ts';

/** What a simulated run cost and how well it served. The same options and seed give the same report. */
export interface SimulationReport {
  readonly name: string;
  readonly workload: string;
  readonly durationMs: number;
  readonly intervalMs: number;
  readonly ticks: number;
  readonly seed: number;
  readonly jobs: {
    readonly arrived: number;
    readonly completed: number;
    readonly failed: number;
    /** Interrupted by a crash or a hard stop and not taken up again. */
    readonly lost: number;
    /** At the end. */
    readonly running: number;
    /** At the end. */
    readonly waiting: number;
  };
  /** From a job's arrival to its start; percentiles to within 1.1% (and to one step in a `flow` pool). */
  readonly waitMs: {
    readonly mean: number;
    readonly p50: number;
    readonly p90: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** A wait longer than this is late. */
  readonly objectiveMs: number;
  /** Share of the jobs that were late; those that still wait at the end count once they are. 0..1 */
  readonly lateRatio: number;
  readonly workers: {
    readonly min: number;
    readonly mean: number;
    readonly max: number;
    readonly end: number;
    readonly crashes: number;
    readonly failedStarts: number;
  };
  /** Hours of one worker, from the start of its start-up to the end of its drain. */
  readonly workerHours: number;
  /** Busy share of the hours in which workers were ready, 0..1. */
  readonly utilization: number;
  readonly changes: SizeChanges;
  readonly elasticity: Elasticity;
  /** What the same load would have cost with perfect knowledge; see `oracle`. */
  readonly oracleWorkerHours: number;
  /** workerHours / oracleWorkerHours. */
  readonly costRatio: number;
  /** costRatio + 10 × lateRatio; lower is better. */
  readonly score: number;
  /** Those that changed the size, or all of them if so asked. */
  readonly decisions: readonly Decision[];
  /** What failed, each once, at most 20: a policy that threw, starts that were cut. Of `simulate`; `drive` knows of none. */
  readonly faults: readonly string[];
  readonly series: TimeSeries;
}
