import type { FluidCrew } from '../core/fluid-crew.ts';
import type { PoolView } from '../core/view.ts';

/** Assumed where nothing tells how long a job takes, ms. */
const ASSUMED_SERVICE_MS = 1_000;

/** The live view, as it would be with this crew. */
export function viewWith(crew: FluidCrew, live: PoolView): { -readonly [K in keyof PoolView]: PoolView[K] } {
  const { ready, starting, backlogSeconds } = crew;
  const { flow, slotsPerWorker } = live;
  const serviceMs = flow.serviceTimeMs ?? ASSUMED_SERVICE_MS;
  const busy = backlogSeconds > 0 ? ready : Math.min(ready, live.demand.now);
  const waitMs = ready > 0 ? (backlogSeconds / ready) * 1_000 : 0;
  return {
    ...live,
    size: ready + starting,
    ready,
    starting,
    draining: 0,
    busy,
    queued: Math.round((backlogSeconds * 1_000 * slotsPerWorker) / serviceMs),
    utilization: ready > 0 ? Math.min(1, busy / ready) : 0,
    demand: { ...live.demand, backlogSeconds },
    flow: {
      ...flow,
      ...(flow.waitTimeMs !== undefined && { waitTimeMs: waitMs }),
      ...(flow.responseTimeMs !== undefined && {
        responseTimeMs:
          waitMs + (flow.serviceTimeMs ?? Math.max(0, flow.responseTimeMs - (flow.waitTimeMs ?? 0))),
      }),
    },
  };
}
