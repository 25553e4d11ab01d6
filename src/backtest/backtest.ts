import { availableParallelism } from 'node:os';
import { WorkerThreadsPool } from '../adapters/worker-threads.ts';
import { systemClock } from '../clock.ts';
import { InvalidOptionError } from '../errors.ts';
import { atLeast, positive, wholeNumber } from '../testing/check.ts';
import { scaleToPeak } from '../testing/combine-workloads.ts';
import { neededWorkers } from '../testing/needed-workers.ts';
import { oracle } from '../testing/oracle.ts';
import { meanLoad, type Workload } from '../testing/workload.ts';
import { threadFile } from '../thread-file.ts';
import type { BacktestJob } from './backtest-worker.ts';
import { type Contender, type Entrant, resolveContenders } from './contender.ts';
import { type BacktestRun, type BacktestSettings, runContender } from './run-contender.ts';
import { type SampledLoad, sampleLoad, toWorkload } from './sampled-load.ts';

/** All optional. Durations in ms. */
export interface BacktestOptions {
  /** Default `['adaptive']`; `all` = every policy and reference there is. */
  readonly policies?: readonly Entrant[] | 'all';
  /** Run each reference with all headrooms of its curve, not only with its default. Default `false`. */
  readonly curve?: boolean;
  /** Time from ordering a worker until it serves. Default 120,000. */
  readonly bootMs?: number;
  /**
   * The load is scaled so that its 99.9th percentile needs this many workers; `false` = its numbers are busy
   * workers (or jobs per second, if the workload says so) as they are. Default 40.
   */
  readonly peakWorkers?: number | false;
  /** Default 1. */
  readonly minWorkers?: number;
  /** Default: half as many again as the load's highest moment needs, and at least twice the peak. */
  readonly maxWorkers?: number;
  /** A job that waits longer is late. Default 2,000. */
  readonly sloMs?: number;
  /** How long a job runs. Default 500. */
  readonly serviceMs?: number;
  /** Time between two evaluations. Default 15,000. */
  readonly intervalMs?: number;
  /** Cost and lateness count from here on: a forecast may learn first. Default 0. */
  readonly scoreAfterMs?: number;
  /** How much of the workload is played. Default: up to its end. */
  readonly durationMs?: number;
  /** Arrivals are random; the same seed gives the same ones to all. Default 1. */
  readonly seed?: number;
  /** Threads that run policies side by side; 0 = none, run here. Default: one per core. */
  readonly threads?: number;
  /** Points of the time series of each run. Default 1,000. */
  readonly seriesPoints?: number;
  /** Changes of size that are kept of each run. Default 0. */
  readonly decisions?: number;
  /** Told about ten times a second how much of the whole is done, 0..1. */
  readonly onProgress?: (doneRatio: number) => void;
  readonly signal?: AbortSignal;
}

/** Policies side by side on the same load. */
export interface BacktestResult {
  readonly workload: string;
  readonly durationMs: number;
  /** Wall time of the load's beginning, epoch ms. */
  readonly startAt: number;
  /** The load was recorded with dates; otherwise `startAt` is a Monday at 0:00 UTC. */
  readonly isDated: boolean;
  readonly settings: BacktestSettings;
  /** Cost of perfect knowledge over the whole load; see `oracle`. */
  readonly oracleWorkerHours: number;
  /** In the order in which they were named. */
  readonly runs: readonly BacktestRun[];
}

/** Progress is looked at this often, ms. */
const LOOK_MS = 100;

/**
 * Plays a recorded load to policies, each through the same controller and the same simulated pool, and compares
 * what they cost and how late they were.
 *
 * ```ts
 * import { backtest, diurnal } from 'flyball/testing';
 *
 * const load = { ...diurnal({ low: 2, high: 20 }), durationMs: 6 * 3_600_000 };
 * const { runs } = await backtest(load, { policies: ['adaptive', 'hpa', 'hpa@0.6'], bootMs: 60_000 });
 * ```
 *
 * @throws InvalidOptionError
 */
export async function backtest(workload: Workload, options: BacktestOptions = {}): Promise<BacktestResult> {
  const contenders = resolveContenders(options.policies ?? ['adaptive'], options.curve ?? false);
  const { load, settings } = resolveSettings(workload, options);
  const runs = await runAll(contenders, load, settings, options);
  return {
    workload: load.name,
    durationMs: load.durationMs,
    startAt: load.startAt,
    isDated: workload.startAt !== undefined,
    settings,
    oracleWorkerHours: oracleSeconds(load, settings) / 3600,
    runs,
  };
}

/** Which load is played, and with what. @throws InvalidOptionError */
export function resolveSettings(
  workload: Workload,
  options: BacktestOptions,
): { readonly load: SampledLoad; readonly settings: BacktestSettings } {
  const durationMs = positive('durationMs', options.durationMs ?? workload.durationMs ?? Number.NaN);
  const intervalMs = positive('intervalMs', options.intervalMs ?? 15_000);
  if (intervalMs > durationMs) {
    throw new InvalidOptionError(
      'intervalMs',
      `must be at most the load's duration (${durationMs})`,
      intervalMs,
    );
  }
  const scoreAfterMs = atLeast('scoreAfterMs', options.scoreAfterMs ?? 0, 0);
  if (scoreAfterMs > durationMs - intervalMs) {
    // Nothing would be left to score, and a cost of 0 worker-hours over 0 is none.
    const rule = `must leave at least one interval of the load's duration (${durationMs})`;
    throw new InvalidOptionError('scoreAfterMs', rule, scoreAfterMs);
  }
  const serviceMs = positive('serviceMs', options.serviceMs ?? 500);
  const peak = options.peakWorkers ?? 40;
  const scaled = peak === false ? workload : scaleToPeak(workload, peak, { durationMs });
  const erlangs = scaled.unit === 'workers' ? 1 : serviceMs / 1000;
  const load = { ...sampleLoad(scaled, durationMs, erlangs), name: workload.name };
  const most = neededWorkers(highestLoad(load, intervalMs));
  const peakWorkers = peak === false ? most : peak;
  const minWorkers = wholeNumber('minWorkers', options.minWorkers ?? 1, 0);
  return {
    load,
    settings: {
      bootMs: atLeast('bootMs', options.bootMs ?? 120_000, 0),
      peakWorkers,
      minWorkers,
      maxWorkers: wholeNumber(
        'maxWorkers',
        options.maxWorkers ?? Math.max(minWorkers, 1, Math.ceil(most * 1.5), peakWorkers * 2),
        Math.max(1, minWorkers),
      ),
      sloMs: atLeast('sloMs', options.sloMs ?? 2000, 0),
      serviceMs,
      intervalMs,
      scoreAfterMs,
      seed: wholeNumber('seed', options.seed ?? 1, 0),
      seriesPoints: wholeNumber('seriesPoints', options.seriesPoints ?? 1000, 1),
      decisions: wholeNumber('decisions', options.decisions ?? 0, 0),
    },
  };
}

/** Runs contenders side by side, in threads where they can be sent to one. Results in the order given. */
export async function runAll(
  contenders: readonly Contender[],
  load: SampledLoad,
  settings: BacktestSettings,
  options: Pick<BacktestOptions, 'threads' | 'onProgress' | 'signal'>,
): Promise<BacktestRun[]> {
  const { onProgress, signal } = options;
  signal?.throwIfAborted();
  const progress = new Int32Array(new SharedArrayBuffer(contenders.length * Int32Array.BYTES_PER_ELEMENT));
  const tell = (): void =>
    onProgress?.(progress.reduce((sum, each) => sum + each, 0) / contenders.length / 1000);
  const runHere = async (contender: Contender, index: number): Promise<BacktestRun> => {
    const run = await runContender(
      contender,
      load,
      settings,
      (doneRatio) => {
        progress[index] = Math.round(doneRatio * 1000);
        tell();
      },
      signal,
    );
    return run;
  };
  const threads = Math.min(
    wholeNumber('threads', options.threads ?? availableParallelism(), 0),
    contenders.filter(isSendable).length,
  );
  const runs: BacktestRun[] = [];
  if (threads === 0) {
    for (const [i, contender] of contenders.entries()) runs.push(await runHere(contender, i));
    return runs;
  }

  const pool = new WorkerThreadsPool<BacktestJob, BacktestRun>({
    file: threadFile('backtest/backtest-worker'),
    onWorkerCrash: 'reject',
  });
  const watched = new AbortController();
  const watch = async (): Promise<void> => {
    while (!watched.signal.aborted) {
      tell();
      await systemClock.sleep(LOOK_MS, watched.signal);
    }
  };
  const watching = watch().catch(() => {});
  try {
    await Promise.all(Array.from({ length: threads }, () => pool.startWorker()));
    return await Promise.all(
      contenders.map((contender, index) =>
        isSendable(contender)
          ? pool.run({ contender, load, settings, progress, index }, signal === undefined ? {} : { signal })
          : runHere(contender, index),
      ),
    );
  } finally {
    watched.abort();
    await watching;
    tell();
    await pool.close({ timeoutMs: 0 });
  }
}

/** A policy with functions in it stays in this thread. */
function isSendable(contender: Contender): boolean {
  if (contender.create !== undefined) return false;
  try {
    structuredClone(contender);
    return true;
  } catch {
    return false;
  }
}

function highestLoad(load: SampledLoad, intervalMs: number): number {
  return loadsByInterval(load, intervalMs).reduce((most, value) => Math.max(most, value), 0);
}

function oracleSeconds(load: SampledLoad, settings: BacktestSettings): number {
  return oracle(loadsByInterval(load, settings.intervalMs), settings.intervalMs, settings.bootMs)
    .workerSeconds;
}

function loadsByInterval(load: SampledLoad, intervalMs: number): Float64Array {
  const workload = toWorkload(load);
  const ticks = Math.max(1, Math.round(load.durationMs / intervalMs));
  return Float64Array.from({ length: ticks }, (_, i) =>
    meanLoad(workload, i * intervalMs, (i + 1) * intervalMs),
  );
}
