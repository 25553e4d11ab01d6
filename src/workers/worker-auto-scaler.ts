import type { WorkerPoolAdapter } from '../core/adapter.ts';
import type { Instant } from '../core/instant.ts';
import type { PoolObservation, WorkerId } from '../core/observation.ts';
import type { Startup } from '../core/view.ts';
import type {
  ActuatorOptions,
  BreakerState,
  Operation,
  PoolActuator,
  ScaleRequest,
  Workforce,
} from './actuator.ts';
import { lifecycleDefaults, type ResolvedLifecycleOptions } from './lifecycle-options.ts';
import { Operations } from './operations.ts';
import { chooseForRemoval } from './removal-score.ts';
import { Removals } from './removals.ts';
import { Sight } from './sight.ts';
import { Starts } from './starts.ts';

/** Ids of own workers that are remembered beyond those that are ready, for pools that do not list their workers. */
const SPARE_IDS = 64;

export interface WorkerAutoScalerOptions extends ActuatorOptions {
  readonly adapter: WorkerPoolAdapter;
}

/**
 * Sizes a pool whose workers are started and stopped one by one. Up: drains are called off first (those workers are
 * there already), then workers are started. Down: starts are called off first, then the best candidates
 * (removal-score.ts) are drained and stopped.
 */
export class WorkerAutoScaler implements PoolActuator {
  readonly #clock: ActuatorOptions['clock'];
  readonly #operations: Operations;
  readonly #sight: Sight = new Sight();
  readonly #starts: Starts;
  readonly #removals: Removals;
  /** Own workers, oldest first: who can be named when the pool lists none. */
  readonly #own = new Set<WorkerId>();
  #wanted = 0;
  #reviewedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WorkerAutoScalerOptions) {
    const { adapter } = options;
    const lifecycle: ResolvedLifecycleOptions = { ...lifecycleDefaults, ...options.lifecycle };
    this.#clock = options.clock;
    this.#operations = new Operations(options);
    const shared = { options: lifecycle, operations: this.#operations, sight: this.#sight };
    const self = this;
    this.#starts = new Starts({
      ...shared,
      startups: options.startups,
      get wanted() {
        return self.#wanted;
      },
      missing: () => this.#missing(),
      startWorker: (request, signal) => adapter.startWorker(request, signal),
      started: (id) => this.#remember(id),
      retire: (id, request) => this.#removals.begin(id, request, this.#clock.monotonic()),
    });
    this.#removals = new Removals({
      ...shared,
      drainWorker:
        adapter.drainWorker && ((id, signal) => adapter.drainWorker?.(id, signal) as Promise<void>),
      stopWorker: (id, request, signal) => adapter.stopWorker(id, request, signal),
      removed: (id) => void this.#own.delete(id),
    });
  }

  get breaker(): BreakerState {
    return this.#starts.breaker.state;
  }

  review(at: Instant, observation: PoolObservation | undefined, fresh = true): Workforce {
    this.#reviewedAt = at.monotonic;
    const starts = this.#starts;
    const removals = this.#removals;
    const busy = !starts.idle || removals.size > 0;
    if (observation !== undefined && fresh) {
      this.#sight.see(observation, at);
      starts.absorb();
      if (busy) removals.absorb();
    }
    if (busy && !this.#operations.stopping) {
      removals.review(at.monotonic);
      starts.review(at.monotonic);
    }
    const ready = this.#ready();
    const retrying = starts.owed;
    const starting = starts.count() + retrying;
    return {
      ready,
      starting,
      retrying,
      draining: Math.max(this.#sight.draining, removals.size),
      size: ready + starting,
    };
  }

  scaleTo(size: number, at: Instant, request: ScaleRequest): void {
    if (this.#operations.stopping || !(size >= 0)) return;
    this.#wanted = Math.round(size);
    const missing = this.#missing() - this.#starts.owed;
    if (missing > 0) this.#grow(missing, at, request);
    else if (missing < 0) this.#shrink(-missing, at, request);
    else if (this.#starts.owed > 0) this.#starts.add(0, request, at.monotonic);
  }

  nextDeadline(): number | undefined {
    if (this.#operations.stopping || (this.#starts.idle && this.#removals.size === 0)) return undefined;
    const next = Math.min(
      this.#starts.nextDeadline(this.#reviewedAt),
      this.#removals.nextDeadline(this.#reviewedAt),
    );
    return Number.isFinite(next) ? next : undefined;
  }

  startup(): Startup {
    return this.#starts.times.startup;
  }

  operations(): readonly Operation[] {
    return this.#operations.list();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#operations.close(deadline);
    this.#starts.clear();
    this.#removals.clear();
  }

  #ready(): number {
    return Math.max(0, this.#sight.ready - this.#removals.unseen());
  }

  #missing(): number {
    return this.#wanted - this.#ready() - this.#starts.count();
  }

  #grow(count: number, at: Instant, request: ScaleRequest): void {
    const reclaimed = this.#removals.reclaim(count);
    for (const { id, counted } of reclaimed) this.#starts.expectBack(id, counted, request, at.monotonic);
    this.#starts.add(count - reclaimed.length, request, at.monotonic);
  }

  #shrink(count: number, at: Instant, request: ScaleRequest): void {
    const dropped = this.#starts.drop(count);
    // Those on their way that cannot be called off are no reason to send a ready worker home before they are there.
    const surplus = Math.min(count - dropped, this.#ready() - this.#wanted);
    if (surplus <= 0) return;
    const chosen = this.#choose(surplus, at);
    for (const id of chosen) this.#removals.begin(id, request, at.monotonic);
    if (chosen.length < surplus) {
      const missing = surplus - chosen.length;
      const message = `cannot name ${missing} workers to remove: report \`workers\` in the observation`;
      this.#operations.fault('stop', 'unnamed', message);
    }
  }

  /**
   * Whom to remove. A pool that does not list its workers can only lose own ones, the newest first: whether they are
   * idle is not known then, and of the newest it is the least likely that they have died unseen.
   */
  #choose(count: number, at: Instant): WorkerId[] {
    const sight = this.#sight;
    const candidates = sight.workers.filter(({ id, state }) => state === 'ready' && !this.#removals.has(id));
    const chosen = chooseForRemoval(candidates, count, at.now);
    if (chosen.length === count || sight.complete) return chosen;
    const unlisted = [...this.#own].filter((id) => !this.#removals.has(id) && sight.find(id) === undefined);
    return [...chosen, ...unlisted.reverse().slice(0, count - chosen.length)];
  }

  #remember(id: WorkerId): void {
    this.#own.delete(id);
    this.#own.add(id);
    if (this.#own.size <= 2 * Math.max(this.#sight.ready, this.#wanted) + SPARE_IDS) return;
    const [oldest] = this.#own;
    if (oldest !== undefined) this.#own.delete(oldest);
  }
}
