import { duration, figure, percent, workers } from '../core/format.ts';
import { checkDelay, checkKnown, checkOpenShare } from './check-options.ts';
import { fewestServers, lateRatio, type Queue, variationFactor } from './erlang.ts';
import { arrivingLoad, drainingLoad, wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

/** Options of `slo`. */
export interface SloOptions {
  /** A job that waits longer than this is late. Milliseconds, 0 or more. Default 1,000. */
  readonly waitMs?: number;
  /** Share of the jobs that may be late. Above 0 and below 1. Default 0.05. */
  readonly lateRatio?: number;
}

/**
 * The fewest workers with which at most a share of the jobs waits longer than a time: Erlang C, with Allen–Cunneen's
 * correction for the measured variation of arrivals and service (see `erlang.ts`). What waits already is late
 * whatever the pool does; workers to drain it are added, over the time objective or the pool's typical start-up,
 * whichever is longer, as new workers cannot help sooner.
 *
 * Needs `flow.arrivalsPerSecond` and `flow.serviceTimeMs`; without them it has no opinion.
 */
export function slo(options: SloOptions = {}): Policy {
  const { waitMs = 1000, lateRatio: share = 0.05 } = options;
  checkKnown(options, ['waitMs', 'lateRatio']);
  checkDelay('waitMs', waitMs);
  checkOpenShare('lateRatio', share);
  const objective = waitMs === 0 ? 'at all' : `over ${duration(waitMs)}`;
  return {
    name: 'slo',
    propose(view) {
      const { arrivalsPerSecond, serviceTimeMs, arrivalVariation, serviceVariation } = view.flow;
      if (arrivalsPerSecond === undefined || serviceTimeMs === undefined) return undefined;
      const load = arrivingLoad(view);
      const variation = variationFactor(arrivalVariation, serviceVariation);
      const queue = { servers: 0, load: load * view.slotsPerWorker, serviceTimeMs, variation };
      let late = 0;
      const slots = fewestServers(queue.load, (servers, waitRatio) => {
        queue.servers = servers;
        late = lateRatio(queue satisfies Queue, waitMs, waitRatio);
        return late <= share;
      });
      const draining = drainingLoad(view, Math.max(waitMs, view.startup.p50Ms, view.intervalMs));
      const size = wholeWorkers(slots / view.slotsPerWorker + draining);
      const drain = draining > 0 ? ` + ${figure(draining)} for the ${view.queued} that wait` : '';
      const reason = `arrivals of ${figure(load)}${drain}, so that ${percent(late)} wait ${objective}: ${workers(size)}`;
      return { kind: 'target', size, reason };
    },
  };
}
