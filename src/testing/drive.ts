import type { Decision } from '../core/decision.ts';
import { positive, wholeNumber } from './check.ts';
import type { SimulationReport } from './report.ts';
import { RunRecorder } from './run-recorder.ts';
import type { SimulatedPool } from './simulated-pool.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Whatever scales the pool: it is called at the end of every interval. */
export interface Control {
  tick(): unknown;
  /** Called once after the last tick; time moves on while it waits. */
  stop?(): unknown;
}

export interface DriveOptions {
  readonly pool: SimulatedPool;
  /** The clock that the pool was made with. */
  readonly clock: VirtualClock;
  readonly control: Control;
  readonly durationMs: number;
  /** Time between two ticks, ms. Default 15 000. */
  readonly intervalMs?: number;
  /** For the report. */
  readonly name?: string;
  readonly seed?: number;
  /** Filled by the control while it runs; becomes part of the report. */
  readonly decisions?: readonly Decision[];
  /** Likewise: what failed, for the report. */
  readonly faults?: readonly string[];
  /** Most points of the report's time series. Default 2000. */
  readonly seriesPoints?: number;
  /** Told now and then how much of the run is done, 0..1. */
  readonly onProgress?: (doneRatio: number) => void;
  /** Ends the run early; `drive` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Ticks between two breaths for the event loop (progress, abort): a few tens of milliseconds. */
const TICKS_PER_BREATH = 1024;

/**
 * Runs a simulated pool under any control, tick by tick through virtual time, and measures it. `simulate` puts a
 * `ScalingController` here; give it a function to compare with something else:
 *
 * ```ts
 * import { drive, SimulatedPool, steady, VirtualClock } from 'flyball/testing';
 *
 * const clock = new VirtualClock();
 * const pool = new SimulatedPool({ clock, workload: steady(5) });
 * const replicas = pool.replicas();
 * const report = await drive({
 *   pool,
 *   clock,
 *   control: { tick: () => replicas.scaleTo(Math.ceil(pool.running / 0.7)) },
 *   durationMs: 3_600_000,
 * });
 * ```
 */
export async function drive(options: DriveOptions): Promise<SimulationReport> {
  const { pool, clock, control, signal, name = 'pool', seed = 1, decisions = [], faults = [] } = options;
  const intervalMs = positive('intervalMs', options.intervalMs ?? 15_000);
  const ticks = Math.max(1, Math.round(positive('durationMs', options.durationMs) / intervalMs));
  const seriesPoints = wholeNumber('seriesPoints', options.seriesPoints ?? 2000, 1);
  const recorder = new RunRecorder(pool, ticks, intervalMs, seriesPoints);
  for (let tick = 0; tick < ticks; tick++) {
    if (tick % TICKS_PER_BREATH === 0) {
      options.onProgress?.(tick / ticks);
      await breathe();
      signal?.throwIfAborted();
    }
    await clock.advance(intervalMs);
    recorder.beforeTick();
    const acted = control.tick();
    if (acted instanceof Promise) await acted;
    recorder.afterTick();
  }
  const report = recorder.report({ name, seed, decisions, faults });
  await stop(control, clock);
  options.onProgress?.(1);
  return report;
}

/** A stop waits for drains and deadlines, so time has to move on for it. */
async function stop(control: Control, clock: VirtualClock): Promise<void> {
  const stopped = control.stop?.();
  if (!(stopped instanceof Promise)) return;
  let settled = false;
  const whenSettled = stopped.finally(() => {
    settled = true;
  });
  while (!settled && (await clock.advanceToNext()));
  await whenSettled;
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
