import { figure, percent, workers } from '../core/format.ts';
import { checkKnown, checkOpenShare } from './check-options.ts';
import { betaOf } from './erlang.ts';
import { steadyLoad, wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

/** Options of `demand`. */
export interface DemandOptions {
  /** Share of the jobs that may find no free slot and wait. Above 0 and below 1. Default 0.2. */
  readonly waitRatio?: number;
}

/**
 * Square-root staffing: demand R needs R + β √R slots, since random arrivals scatter by √R. The headroom that
 * a pool needs grows slower than the pool: with one job in five waiting β is 1.06, so a demand of 4 gets 7
 * workers (75% more), one of 100 gets 111 (11% more). Source: Halfin and Whitt 1981, see `erlang.ts`.
 */
export function demand(options: DemandOptions = {}): Policy {
  const { waitRatio = 0.2 } = options;
  checkKnown(options, ['waitRatio']);
  checkOpenShare('waitRatio', waitRatio);
  const beta = betaOf(waitRatio);
  return {
    name: 'demand',
    propose(view) {
      const load = steadyLoad(view);
      const headroom = beta * Math.sqrt(load / view.slotsPerWorker);
      const size = wholeWorkers(load + headroom);
      const reason = `demand ${figure(load)} + ${figure(headroom)}, so that ${percent(waitRatio)} wait: ${workers(size)}`;
      return { kind: 'target', size, reason };
    },
  };
}
