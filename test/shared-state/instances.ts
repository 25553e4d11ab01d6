import type { PoolAdapter, TickRecord } from '../../src/core/model.ts';
import type { Fault } from '../../src/events.ts';
import type { Candidacy, Leadership } from '../../src/leadership/leadership.ts';
import type { ControllerOptions, PoolOptions } from '../../src/options.ts';
import type { Policy } from '../../src/policies/policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import type { StateStore, Versioned } from '../../src/state-store/state-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { HandReplicas } from '../hand-pool.ts';

export const INTERVAL_MS = 15_000;

/** One worker for each job that is busy or waits, at once; and what signals expect. */
export const greedy: Policy = {
  name: 'greedy',
  propose: ({ busy, queued }) => ({ kind: 'target', size: busy + queued, reason: `${busy} + ${queued}` }),
};

/** Leadership that a test gives and takes. */
export class HandLeadership implements Leadership {
  leads = false;
  fencingToken: number | undefined;
  candidate: Candidacy | undefined;

  isLeader(): boolean {
    return this.leads;
  }

  join(candidate: Candidacy): void {
    this.candidate = candidate;
  }

  async leave(): Promise<void> {
    this.leads = false;
  }
}

/** A store whose calls a test can count, hold up and have fail. */
export class HandStore implements StateStore {
  readonly calls: string[] = [];
  /** Before each call. */
  before: (call: string) => Promise<void> | void = () => {};
  readonly #store: StateStore;

  constructor(store: StateStore) {
    this.#store = store;
  }

  async read(key: string): Promise<Versioned | undefined> {
    this.calls.push(`read ${key}`);
    await this.before(`read ${key}`);
    return this.#store.read(key);
  }

  async replace(key: string, value: unknown, expected: number): Promise<boolean> {
    this.calls.push(`replace ${key}`);
    await this.before(`replace ${key}`);
    return this.#store.replace(key, value, expected);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

export interface Instance {
  readonly controller: ScalingController;
  readonly leadership: HandLeadership;
  /** Its view of the store. */
  readonly store: HandStore;
  readonly faults: Fault[];
  readonly ticks: TickRecord[];
  /** Of its last tick. */
  last(): TickRecord['pools'][number];
}

/** Instances of one service: the same pool, the same store, one clock. */
export class Service {
  readonly clock: VirtualClock = new VirtualClock();
  readonly replicas: HandReplicas = new HandReplicas();
  readonly #store: StateStore;
  readonly #options: Partial<ControllerOptions>;
  readonly #pool: Partial<PoolOptions>;
  #term = 0;
  #instances: Instance[] = [];

  constructor(store: StateStore, options: Partial<ControllerOptions> = {}, pool: Partial<PoolOptions> = {}) {
    this.#store = store;
    this.#options = options;
    this.#pool = pool;
  }

  /** Starts another instance, as a follower. Its first tick is over when this settles. */
  async start(
    options: Partial<ControllerOptions> = {},
    adapter: PoolAdapter = this.replicas,
  ): Promise<Instance> {
    const leadership = new HandLeadership();
    const store = new HandStore(this.#store);
    const controller = new ScalingController({
      pools: [{ id: 'web', adapter, policy: greedy, maxWorkers: 20, ...this.#pool }],
      clock: this.clock,
      leadership,
      state: store,
      ...this.#options,
      ...options,
    });
    const faults: Fault[] = [];
    const ticks: TickRecord[] = [];
    controller.on('fault', (fault) => faults.push(fault));
    controller.on('tick', (tick) => ticks.push(tick));
    const last = (): TickRecord['pools'][number] => {
      const pool = ticks.at(-1)?.pools[0];
      if (pool === undefined) throw new Error('there was no tick yet');
      return pool;
    };
    const instance = { controller, leadership, store, faults, ticks, last };
    this.#instances.push(instance);
    controller.start();
    await this.clock.advance(0);
    return instance;
  }

  /** This one leads, and no other; it ticks at once. */
  async elect(instance: Instance): Promise<void> {
    for (const { leadership } of this.#instances) leadership.leads = false;
    instance.leadership.leads = true;
    instance.leadership.fencingToken = ++this.#term;
    instance.leadership.candidate?.changed();
    await this.clock.advance(250);
  }

  /** As by SIGKILL: it is never heard of again. */
  async kill(instance: Instance): Promise<void> {
    this.#instances = this.#instances.filter((other) => other !== instance);
    instance.leadership.leads = false;
    instance.store.before = () => {
      throw new Error('killed');
    };
    await instance.controller.stop();
  }

  run(ms: number = INTERVAL_MS): Promise<void> {
    return this.clock.advance(ms);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#instances.map(({ controller }) => controller.stop()));
    this.#instances = [];
  }
}
