import { ScalingController } from '../scaling-controller.ts';
import { drive } from '../testing/drive.ts';
import { neededWorkers } from '../testing/needed-workers.ts';
import { oracle, score } from '../testing/oracle.ts';
import type { ReferenceContext } from '../testing/references/reference.ts';
import type { SimulationReport } from '../testing/report.ts';
import { SimulatedPool } from '../testing/simulated-pool.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { meanLoad } from '../testing/workload.ts';
import { type Contender, labelOf, policyOf } from './contender.ts';
import { type SampledLoad, toWorkload } from './sampled-load.ts';

/** What all contenders of a backtest have in common. Plain JSON. */
export interface BacktestSettings {
  readonly bootMs: number;
  readonly peakWorkers: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly sloMs: number;
  readonly serviceMs: number;
  readonly intervalMs: number;
  readonly scoreAfterMs: number;
  readonly seed: number;
  readonly seriesPoints: number;
  readonly decisions: number;
}

/** One change of size, as the page shows it. */
export interface RunDecision {
  /** Milliseconds after the beginning. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** How one contender did. */
export interface BacktestRun
  extends Pick<
    SimulationReport,
    'utilization' | 'waitMs' | 'workers' | 'workerHours' | 'changes' | 'elasticity' | 'series'
  > {
  /** `adaptive`, `hpa@0.8`. */
  readonly label: string;
  readonly policy: string;
  readonly title: string;
  readonly kind: Contender['kind'];
  readonly headroom?: number;
  readonly isDefault: boolean;
  /** Cost over that of the oracle, from `scoreAfterMs` on. */
  readonly costRatio: number;
  /** Share of the jobs that waited longer than the objective, from `scoreAfterMs` on. 0..1 */
  readonly lateRatio: number;
  /** costRatio + 10 × lateRatio. */
  readonly score: number;
  readonly decisions: readonly RunDecision[];
}

/** Runs one contender through the whole load, with the controller that runs real pools. */
export async function runContender(
  contender: Contender,
  load: SampledLoad,
  settings: BacktestSettings,
  onProgress?: (doneRatio: number) => void,
  signal?: AbortSignal,
): Promise<BacktestRun> {
  const { bootMs, intervalMs, minWorkers, maxWorkers } = settings;
  const workload = toWorkload(load);
  const { durationMs, startAt } = load;
  const clock = new VirtualClock(startAt);
  const context: ReferenceContext = {
    workload,
    durationMs,
    startAt,
    startupMs: bootMs,
    intervalMs,
    peakWorkers: settings.peakWorkers,
  };
  const first = neededWorkers(meanLoad(workload, 0, intervalMs));
  const pool = new SimulatedPool({
    clock,
    workload,
    serviceTimeMs: settings.serviceMs,
    startupMs: bootMs,
    fidelity: 'flow',
    objectiveMs: settings.sloMs,
    initialWorkers: Math.min(maxWorkers, Math.max(minWorkers, first)),
    seed: settings.seed,
  });
  const controller = new ScalingController({
    clock,
    intervalMs,
    pools: [
      {
        id: contender.name,
        adapter: pool,
        policy: policyOf(contender, context),
        minWorkers,
        maxWorkers,
        // A start that takes as long as it was told to is no failure.
        lifecycle: { startTimeoutMs: 2 * bootMs + 60_000, emergencyStartTimeoutMs: 2 * bootMs + 60_000 },
      },
    ],
  });
  const decisions: RunDecision[] = [];
  controller.on('scaled', ({ at, from, to, decision }) => {
    if (decisions.length < settings.decisions) {
      decisions.push({ at: at - startAt, from, to, reason: decision.reason });
    }
  });

  const scoredFrom = Math.min(
    Math.ceil(settings.scoreAfterMs / intervalMs),
    Math.floor(durationMs / intervalMs),
  );
  let tick = 0;
  let before = standing(pool);
  const report = await drive({
    pool,
    clock,
    control: {
      tick: () => {
        // The first tick comes at the end of the first interval.
        if (++tick === scoredFrom) before = standing(pool);
        return controller.tick();
      },
      stop: () => controller.stop(),
    },
    durationMs,
    intervalMs,
    name: labelOf(contender),
    seed: settings.seed,
    seriesPoints: settings.seriesPoints,
    ...(onProgress !== undefined && { onProgress }),
    ...(signal !== undefined && { signal }),
  });
  return {
    ...summary(contender, report),
    ...scored(report, before, workload, scoredFrom, bootMs),
    decisions,
  };
}

/** What had been spent and served when scoring began. */
interface Standing {
  readonly workerSeconds: number;
  readonly started: number;
  readonly late: number;
}

function standing(pool: SimulatedPool): Standing {
  const { started, late } = pool.totals;
  return { workerSeconds: pool.usage().workerSeconds, started, late };
}

function scored(
  report: SimulationReport,
  before: Standing,
  workload: ReferenceContext['workload'],
  scoredFrom: number,
  bootMs: number,
): Pick<BacktestRun, 'costRatio' | 'lateRatio' | 'score'> {
  const { costRatio, lateRatio, ticks, intervalMs, jobs } = report;
  if (scoredFrom === 0) return { costRatio, lateRatio, score: report.score };
  // From the whole run's figures back to sums, less what stood when scoring began.
  const counted = jobs.arrived - jobs.waiting;
  const late = lateRatio * counted - before.late;
  const workerSeconds = report.workerHours * 3600 - before.workerSeconds;
  const loads = Float64Array.from({ length: ticks - scoredFrom }, (_, i) =>
    meanLoad(workload, (scoredFrom + i) * intervalMs, (scoredFrom + i + 1) * intervalMs),
  );
  const oracleWorkerSeconds = oracle(loads, intervalMs, bootMs).workerSeconds;
  const lateAfter = Math.max(0, late) / Math.max(1, counted - before.started);
  return {
    costRatio: workerSeconds / oracleWorkerSeconds,
    lateRatio: lateAfter,
    score: score({ workerSeconds, oracleWorkerSeconds, lateRatio: lateAfter }),
  };
}

function summary(
  contender: Contender,
  report: SimulationReport,
): Omit<BacktestRun, 'costRatio' | 'lateRatio' | 'score' | 'decisions'> {
  const { utilization, waitMs, workers, workerHours, changes, elasticity, series } = report;
  const { name, title, kind, headroom, isDefault } = contender;
  return {
    label: labelOf(contender),
    policy: name,
    title,
    kind,
    ...(headroom !== undefined && { headroom }),
    isDefault,
    utilization,
    waitMs,
    workers,
    workerHours,
    changes,
    elasticity,
    series,
  };
}
