import type { Proposal } from '../core/decision.ts';
import { duration, figure, workers } from '../core/format.ts';
import type { PoolView } from '../core/view.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkKnown, checkPeriod } from './check-options.ts';
import { fewestServers, meanWaitMs, variationFactor } from './erlang.ts';
import { arrivingLoad, drainingLoad, wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

/** Options of `latency`: one objective, for the mean of the jobs. */
export type LatencyOptions =
  | {
      /** From a job's arrival to its start. Milliseconds, above 0. */
      readonly waitMs: number;
    }
  | {
      /** From a job's arrival to its end. Milliseconds, above 0. */
      readonly responseMs: number;
    };

/** However far the measured time is above the objective, one look at it asks for twice the serving workers at most. */
const MOST_GROWTH = 2;

/**
 * As many workers as keep the mean waiting or response time under an objective. The model comes first: the fewest
 * workers whose expected wait (Erlang C with Allen–Cunneen's correction, see `erlang.ts`) meets it, and more to
 * drain what waits already. The measurement has the last word: where jobs wait and the measured time misses the
 * objective, the workers that serve are multiplied by how much it is missed, 2 at most, and none leaves. Workers that
 * start were no part of the measured time, so they are not multiplied.
 *
 * More workers shorten the wait, never the service: where the service alone takes nearly as long as a response-time
 * objective, or longer, the wait is kept under a tenth of the objective, and no more is asked for.
 *
 * The model needs `flow.arrivalsPerSecond` and `flow.serviceTimeMs`, the measurement `flow.waitTimeMs` or
 * `flow.responseTimeMs`. Without all of them the rule has no opinion.
 *
 * @throws InvalidOptionError unless exactly one objective is given
 */
export function latency(options: LatencyOptions): Policy {
  const { waitMs, responseMs } = options as { waitMs?: number; responseMs?: number };
  checkKnown(options, ['waitMs', 'responseMs']);
  if ((waitMs === undefined) === (responseMs === undefined)) {
    throw new InvalidOptionError('latency', 'needs one objective, waitMs or responseMs', options);
  }
  checkPeriod('waitMs', waitMs);
  checkPeriod('responseMs', responseMs);
  const objectiveMs = waitMs ?? responseMs ?? 0;
  const subject = waitMs === undefined ? 'response' : 'wait';

  function model(view: PoolView): Proposal | undefined {
    const { arrivalsPerSecond, serviceTimeMs, arrivalVariation, serviceVariation } = view.flow;
    if (arrivalsPerSecond === undefined || serviceTimeMs === undefined) return undefined;
    const allowedMs = waitMs ?? Math.max(objectiveMs - serviceTimeMs, objectiveMs / 10);
    const load = arrivingLoad(view);
    const variation = variationFactor(arrivalVariation, serviceVariation);
    const queue = { servers: 0, load: load * view.slotsPerWorker, serviceTimeMs, variation };
    const slots = fewestServers(queue.load, (servers, waitRatio) => {
      queue.servers = servers;
      return meanWaitMs(queue, waitRatio) <= allowedMs;
    });
    const draining = drainingLoad(view, Math.max(allowedMs, view.startup.p50Ms, view.intervalMs));
    const size = wholeWorkers(slots / view.slotsPerWorker + draining);
    const drain = draining > 0 ? ` + ${figure(draining)} for the ${view.queued} that wait` : '';
    const reason = `arrivals of ${figure(load)}${drain}, for a wait under ${duration(allowedMs)}: ${workers(size)}`;
    return { kind: 'target', size, reason };
  }

  function measured(view: PoolView): Proposal | undefined {
    const { waitTimeMs, responseTimeMs, serviceTimeMs = 0 } = view.flow;
    const timeMs = waitMs === undefined ? responseTimeMs : waitTimeMs;
    if (timeMs === undefined || timeMs <= objectiveMs || view.queued === 0) return undefined;
    // A response that is late for its service, not for its wait, is no reason to grow.
    if (waitMs === undefined && timeMs - serviceTimeMs <= objectiveMs / 10) return undefined;
    const factor = Math.min(MOST_GROWTH, timeMs / objectiveMs);
    const size = Math.max(view.size, wholeWorkers(view.ready * factor));
    const reason = `the measured ${subject} of ${duration(timeMs)} is above ${duration(objectiveMs)}: ${workers(size)}`;
    return { kind: 'target', size, reason };
  }

  return {
    name: 'latency',
    propose(view) {
      const expected = model(view);
      const seen = measured(view);
      return seen === undefined || (expected !== undefined && expected.size >= seen.size) ? expected : seen;
    },
  };
}
