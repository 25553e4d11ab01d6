import type { StartRequest, StopRequest, WorkerPoolAdapter } from '../../src/core/adapter.ts';
import type { Instant } from '../../src/core/instant.ts';
import type { PoolObservation, WorkerId, WorkerObservation } from '../../src/core/observation.ts';
import type { ActuatorFault, OperationEvent, PoolActuator, Workforce } from '../../src/workers/actuator.ts';
import { createActuator } from '../../src/workers/create-actuator.ts';
import type { LifecycleOptions } from '../../src/workers/lifecycle-options.ts';

/** A call that the test settles by hand. */
export interface ScriptedCall<Request = undefined> {
  readonly worker: WorkerId;
  readonly request: Request;
  readonly signal: AbortSignal;
  resolve(value?: unknown): void;
  reject(error: unknown): void;
}

/** A pool that does nothing by itself: the test settles its calls and moves its workers. */
export class ScriptedPool {
  readonly workers: Map<WorkerId, { -readonly [K in keyof WorkerObservation]: WorkerObservation[K] }> =
    new Map();
  readonly starts: ScriptedCall<StartRequest>[] = [];
  readonly drains: ScriptedCall[] = [];
  readonly stops: ScriptedCall<StopRequest>[] = [];
  /** What it reports besides the totals. */
  lists = true;
  /** Starts that it reports as starting. */
  starting: number | undefined;

  adapter(drains = true): WorkerPoolAdapter {
    return {
      observe: () => this.observe(),
      startWorker: (request, signal) => this.#call(this.starts, '', request, signal),
      stopWorker: (id, request, signal) => this.#call(this.stops, id, request, signal),
      ...(drains && {
        drainWorker: (id: WorkerId, signal: AbortSignal) => {
          const worker = this.workers.get(id);
          if (worker) worker.state = 'draining';
          return this.#call<undefined, void>(this.drains, id, undefined, signal);
        },
      }),
    };
  }

  add(id: WorkerId, rest: Partial<WorkerObservation> = {}): void {
    this.workers.set(id, { id, state: 'ready', busy: 0, ...rest });
  }

  observe(): PoolObservation {
    const listed = [...this.workers.values()].map((worker) => ({ ...worker }));
    const ready = listed.filter(({ state }) => state === 'ready').length;
    return {
      ready,
      busy: listed.filter(({ busy }) => busy).length,
      queued: 0,
      ...(this.starting !== undefined && { starting: this.starting }),
      ...(this.lists && {
        draining: listed.filter(({ state }) => state === 'draining').length,
        workers: listed,
      }),
    };
  }

  #call<Request, Result>(
    calls: ScriptedCall<Request>[],
    worker: WorkerId,
    request: Request,
    signal: AbortSignal,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      calls.push({ worker, request, signal, resolve: resolve as (value?: unknown) => void, reject });
    });
  }
}

/** An actuator on a clock that is set by hand. Times are in seconds. */
export class Stage {
  readonly events: OperationEvent[] = [];
  readonly faults: ActuatorFault[] = [];
  readonly actuator: PoolActuator;
  #at = 0;
  readonly #observe: () => PoolObservation | undefined;

  constructor(
    adapter: Parameters<typeof createActuator>[0]['adapter'],
    observe: () => PoolObservation | undefined,
    lifecycle: LifecycleOptions = {},
  ) {
    this.#observe = observe;
    this.actuator = createActuator({
      pool: 'p',
      adapter,
      clock: { now: () => this.instant.now, monotonic: () => this.instant.monotonic },
      lifecycle,
      onOperation: (event) => this.events.push(event),
      onFault: (fault) => this.faults.push(fault),
    });
  }

  get instant(): Instant {
    return { now: 1_700_000_000_000 + this.#at * 1000, monotonic: this.#at * 1000 };
  }

  /** Moves the clock, lets settle what settles, and reviews. */
  async at(seconds: number): Promise<Workforce> {
    this.#at = seconds;
    await settle();
    return this.review();
  }

  /** Reviews as a loop does whose tick comes before anything else of the moment. */
  review(): Workforce {
    return this.actuator.review(this.instant, this.#observe());
  }

  scaleTo(size: number, emergency = false): void {
    this.actuator.scaleTo(size, this.instant, { reason: `size ${size}`, emergency });
  }

  set seconds(seconds: number) {
    this.#at = seconds;
  }

  messages(): string[] {
    return this.faults.map(({ message }) => message);
  }

  outcomes(): string[] {
    return this.events.map(({ operation, outcome }) => `${operation.kind} ${outcome}`);
  }
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

export function stageOf(pool: ScriptedPool, lifecycle: LifecycleOptions = {}, drains = true): Stage {
  return new Stage(pool.adapter(drains), () => pool.observe(), lifecycle);
}

export function poolOf(count: number, rest: Partial<WorkerObservation> = {}): ScriptedPool {
  const pool = new ScriptedPool();
  for (let i = 1; i <= count; i++) pool.add(`w${i}`, rest);
  return pool;
}
