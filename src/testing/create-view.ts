import type { Demand, Flow, PaceMemory, PoolView, Startup } from '../core/view.ts';

/** What a hand-made view may be given; everything else follows from it. */
export interface ViewOptions extends Partial<Omit<PoolView, 'demand' | 'flow' | 'startup' | 'pace'>> {
  /** One number for a steady demand, or some of its fields. */
  readonly demand?: number | Partial<Demand>;
  /** Some of the flow's fields, or `null` for a host that reports nothing of it. */
  readonly flow?: Partial<Flow> | null;
  readonly startup?: Partial<Startup>;
  readonly pace?: Partial<PaceMemory>;
}

/** Tuesday 2 January 2024, 12:00 UTC. */
const NOON = Date.UTC(2024, 0, 2, 12);

/**
 * A view to ask a policy with: `engine.propose(createView({ ready: 4, busy: 4, queued: 10 }))`. What is not given
 * follows from what is: here size 4, utilization 1, a steady demand of 14 (the busy workers and one for each waiting
 * job), 10 worker-seconds of backlog. The other way round, `createView({ size: 4, demand: 14 })` has 4 workers busy
 * and 10 jobs waiting.
 *
 * Defaults: 4 ready workers, 2 of them busy (all, where jobs wait), nothing waiting, starting or draining; 1 slot; from 0 to 100 workers;
 * ticks of 15 s; jobs of 1 s that arrive as they are served, with the variation of Poisson arrivals and exponential
 * service; starts of 30 s, 60 s when slow; no change of size before; no forecast, schedule or signal; Tuesday
 * 2 January 2024, 12:00 UTC. Fields that contradict each other are taken as given.
 */
export function createView(options: ViewOptions = {}): PoolView {
  const { demand: given, flow, startup, pace, ...rest } = options;
  const starting = rest.starting ?? 0;
  const ready = rest.ready ?? (rest.size === undefined ? 4 : Math.max(0, rest.size - starting));
  const slotsPerWorker = rest.slotsPerWorker ?? 1;
  const steady = typeof given === 'number' ? given : (given?.fast ?? given?.now ?? given?.slow);
  const busy = rest.busy ?? Math.min(ready, steady ?? ((rest.queued ?? 0) > 0 ? ready : 2));
  const queued = rest.queued ?? Math.round(Math.max(0, (steady ?? busy) - busy) * slotsPerWorker);
  const serviceTimeMs = flow?.serviceTimeMs ?? 1000;
  return {
    pool: 'pool',
    now: NOON,
    quality: 'full',
    ageMs: 0,
    size: ready + starting,
    ready,
    starting,
    draining: 0,
    busy,
    queued,
    slotsPerWorker,
    utilization: ready === 0 ? 0 : Math.min(1, busy / ready),
    minWorkers: 0,
    maxWorkers: 100,
    intervalMs: 15_000,
    signals: [],
    ...rest,
    demand: createDemand(
      steady ?? busy + queued / slotsPerWorker,
      (queued * serviceTimeMs) / 1000 / slotsPerWorker,
      typeof given === 'number' ? undefined : given,
    ),
    flow:
      flow === null
        ? {}
        : { ...createFlow((busy * slotsPerWorker * 1000) / serviceTimeMs, serviceTimeMs, queued), ...flow },
    startup: { p50Ms: 30_000, p90Ms: 60_000, samples: 10, ...startup },
    pace: { reversalsLastHour: 0, addedInPeriod: 0, removedInPeriod: 0, ineffectiveUps: 0, ...pace },
  };
}

function createDemand(steady: number, backlogSeconds: number, given: Partial<Demand> = {}): Demand {
  const { now = steady, fast = steady, slow = steady } = given;
  return {
    now,
    fast,
    slow,
    spread: Math.sqrt(Math.max(0, steady)),
    recentPeak: Math.max(now, fast, slow),
    backlogSeconds,
    ...given,
  };
}

function createFlow(perSecond: number, serviceTimeMs: number, queued: number): Flow {
  // Little's law: what waits, waits for as long as its number takes to arrive.
  const waitTimeMs = perSecond === 0 ? 0 : (queued / perSecond) * 1000;
  return {
    arrivalsPerSecond: perSecond,
    completionsPerSecond: perSecond,
    errorRatio: 0,
    serviceTimeMs,
    waitTimeMs,
    responseTimeMs: waitTimeMs + serviceTimeMs,
    arrivalVariation: 1,
    serviceVariation: 1,
  };
}
