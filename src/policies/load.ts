import type { PoolView } from '../core/view.ts';

/** A hundredth of a worker is not worth a worker: 4.008 → 4, and a smoothed load that fades from 0.01 on is none. */
const NEGLIGIBLE = 0.01;

/** Whole workers for a load: rounded up. */
export function wholeWorkers(load: number): number {
  return Math.max(0, Math.ceil(load - NEGLIGIBLE));
}

/** Demand for rules that size a pool by it: up at once, down when the longer average agrees. */
export function steadyDemand({ demand }: PoolView): number {
  return Math.max(demand.fast, demand.slow);
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
