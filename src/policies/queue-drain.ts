import { duration, figure, workers } from '../core/format.ts';
import { checkKnown, checkPeriod } from './check-options.ts';
import { arrivingLoad, drainingLoad, wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

/** Options of `queueDrain`. */
export interface QueueDrainOptions {
  /** The backlog is to be gone within this time. Milliseconds, above 0. Default 60,000. */
  readonly withinMs?: number;
}

/**
 * Drains the backlog within a promised time, by Little's law: the arrivals keep λ S workers busy, and B seconds of
 * waiting work need B / T more. 120 jobs of 2 s waiting, 5 new ones a second, T = 60 s: 10 + 240 / 60 = 14 workers.
 *
 * Workers that start are capacity on its way: the size that they belong to is what the proposal is compared with. The
 * promise is renewed every tick, so the pool follows a shrinking backlog down; the down cooldown of the policy
 * decides how long it keeps the extra workers. Without a backlog this is 100% utilisation: right for batch work, to be
 * combined with `demand`, `slo` or thresholds where jobs must not wait.
 */
export function queueDrain(options: QueueDrainOptions = {}): Policy {
  const { withinMs = 60_000 } = options;
  checkKnown(options, ['withinMs']);
  checkPeriod('withinMs', withinMs);
  const promise = duration(withinMs);
  return {
    name: 'queue-drain',
    propose(view) {
      const arriving = arrivingLoad(view);
      const draining = drainingLoad(view, withinMs);
      const size = wholeWorkers(arriving + draining);
      const reason = `${figure(arriving)} for arrivals + ${figure(draining)} to drain ${view.queued} waiting in ${promise}: ${workers(size)}`;
      return { kind: 'target', size, reason };
    },
  };
}
