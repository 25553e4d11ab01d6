import type { PoolView } from '../core/view.ts';

/** A hundredth of a worker is not worth a worker: 4.008 → 4, and a smoothed load that fades from 0.01 on is none. */
const NEGLIGIBLE = 0.01;

/** So little that no worker is needed for it. */
export function isNegligible(load: number): boolean {
  return load <= NEGLIGIBLE;
}

/** Whole workers for a load: rounded up. */
export function wholeWorkers(load: number): number {
  return Math.max(0, Math.ceil(load - NEGLIGIBLE));
}

/**
 * Demand for rules that compare it with the size, the backlog included: what waits is to be gone in about the time
 * that a new worker takes to start. The part of it that demand holds already is not counted again: demand 6 with 4
 * of 4 workers busy and 30 s of work waiting, starts of 30 s: 6, since 4 + 30 / 30 is less; with 600 s waiting: 24.
 */
export function quickLoad(view: PoolView): number {
  const { fast } = view.demand;
  if (view.queued === 0) return fast;
  const draining = drainingLoad(view, Math.max(view.startup.p50Ms, view.intervalMs));
  return Math.max(fast, Math.min(fast, view.busy) + draining);
}

/** `quickLoad` on the way up; down only when the longer average of demand agrees. */
export function steadyLoad(view: PoolView): number {
  return Math.max(quickLoad(view), view.demand.slow);
}

/**
 * Workers that the arriving jobs alone keep busy, the backlog left out: arrival rate × service time (Little's law),
 * or the busy workers where the host reports too little to tell.
 */
export function arrivingLoad(view: PoolView): number {
  const { arrivalsPerSecond, serviceTimeMs } = view.flow;
  if (arrivalsPerSecond === undefined || serviceTimeMs === undefined) return view.busy;
  return (arrivalsPerSecond * serviceTimeMs) / 1000 / view.slotsPerWorker;
}

/**
 * Workers that clear the backlog within a time, besides those that serve the arrivals. Where no service time is known
 * the waiting jobs count as one slot each.
 */
export function drainingLoad(view: PoolView, withinMs: number): number {
  const { backlogSeconds } = view.demand;
  if (backlogSeconds > 0) return (backlogSeconds * 1000) / withinMs;
  return view.queued / view.slotsPerWorker;
}
