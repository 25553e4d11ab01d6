import type { Clock } from '../clock.ts';
import type { OptimizeRequest, PoolAdapter } from '../core/adapter.ts';
import type { Decision } from '../core/decision.ts';
import type { Instant } from '../core/instant.ts';
import { withDeadline } from '../deadline.ts';
import { messageOf } from '../errors.ts';
import type { OptimizedEvent } from '../events.ts';
import type { PoolHooks } from './pool-hooks.ts';

/** Workers that were made leaner are left in peace for this long, ms. It is also what one call may take. */
const PAUSE_MS = 5 * 60_000;

/** Makes the workers of a pool leaner where no further one fits, if its adapter can; not again at once. */
export class Optimizer {
  readonly #adapter: PoolAdapter;
  readonly #clock: Clock;
  readonly #hooks: PoolHooks;
  #calledAt = Number.NEGATIVE_INFINITY;

  constructor(adapter: PoolAdapter, clock: Clock, hooks: PoolHooks) {
    this.#adapter = adapter;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  /** Gives the share of memory that was won, where the host tells. Never rejects. */
  async optimize({ pool, infeasible }: Decision, at: Instant): Promise<number | undefined> {
    const adapter = this.#adapter;
    if (infeasible?.alternative.kind !== 'optimize' || adapter.optimizeWorkers === undefined)
      return undefined;
    const { resource } = infeasible.alternative;
    if (!isOptimizable(resource) || at.monotonic - this.#calledAt < PAUSE_MS) return undefined;
    this.#calledAt = at.monotonic;
    const { reason } = infeasible;
    const tell = (result: OptimizedEvent['result']): void =>
      this.#hooks.optimized({
        pool,
        at: this.#clock.now(),
        resource,
        reason,
        durationMs: this.#clock.monotonic() - at.monotonic,
        ...(result !== undefined && { result }),
      });
    try {
      const result = await withDeadline(this.#clock, PAUSE_MS, 'optimizeWorkers()', (signal) =>
        adapter.optimizeWorkers?.({ resource, reason }, signal),
      );
      tell(result);
      this.#hooks.recovered('optimize');
      return result?.gainRatio;
    } catch (error) {
      tell(undefined);
      this.#hooks.fault({ source: 'optimize', message: messageOf(error), error });
      return undefined;
    }
  }
}

function isOptimizable(resource: string): resource is OptimizeRequest['resource'] {
  return resource !== 'workers' && resource !== 'cost';
}
