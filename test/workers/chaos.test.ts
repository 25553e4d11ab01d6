import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StartRequest, StopRequest, WorkerPoolAdapter } from '../../src/core/adapter.ts';
import type { PoolObservation, WorkerId, WorkerObservation } from '../../src/core/observation.ts';
import type { LifecycleOptions } from '../../src/workers/lifecycle-options.ts';
import { Stage, settle } from './scripted-pool.ts';

/** How a call to the adapter goes: `late` = it ignores its signal, `lie` = it settles at once, and wrongly. */
type Behaviour = 'ok' | 'reject' | 'throw' | 'hang' | 'late' | 'lie';

interface Job {
  readonly dueAt: number;
  run(): void;
}

interface Worker {
  readonly id: WorkerId;
  state: 'ready' | 'draining';
  busyUntil: number;
  drainedAt: number;
}

const DRAIN_TIMEOUT_MS = 30_000;

/** A pool whose calls behave as a list of behaviours says, over and over; `well` ends that. */
class HostilePool {
  readonly workers = new Map<WorkerId, Worker>();
  readonly sins: string[] = [];
  well = false;
  now = 0;
  #calls = 0;
  #born = 0;
  #jobs: Job[] = [];
  readonly #behaviours: readonly Behaviour[];
  readonly #options: Scenario;

  constructor(options: Scenario) {
    this.#options = options;
    this.#behaviours = options.behaviours;
    for (let i = 0; i < options.before; i++) this.#bear();
  }

  adapter(): WorkerPoolAdapter {
    return {
      observe: () => this.observe(),
      startWorker: (request, signal) => this.#start(request, signal),
      stopWorker: (id, request, signal) => this.#stop(id, request, signal),
      ...(this.#options.drains && {
        drainWorker: (id: WorkerId, signal: AbortSignal) => this.#drain(id, signal),
      }),
    };
  }

  observe(): PoolObservation {
    const workers = [...this.workers.values()];
    const list = workers.map(
      ({ id, state, busyUntil }): WorkerObservation => ({ id, state, busy: busyUntil > this.now }),
    );
    const ready = workers.filter(({ state }) => state === 'ready').length;
    const lie = this.well ? 0 : (this.#options.lies[this.#calls % this.#options.lies.length] ?? 0);
    return {
      ready: Math.max(0, ready + lie),
      busy: list.filter(({ busy }) => busy).length,
      queued: 0,
      draining: workers.length - ready,
      ...(this.#options.lists && { workers: list }),
    };
  }

  /** Moves to `now`: what is due happens. */
  advance(now: number): void {
    this.now = now;
    const due = this.#jobs.filter(({ dueAt }) => dueAt <= now);
    this.#jobs = this.#jobs.filter(({ dueAt }) => dueAt > now);
    for (const job of due.sort((a, b) => a.dueAt - b.dueAt)) job.run();
  }

  kill(): void {
    const [victim] = this.workers.keys();
    if (victim !== undefined) this.workers.delete(victim);
  }

  /** Every worker gets a job of this length. */
  load(ms: number): void {
    for (const worker of this.workers.values()) {
      if (worker.state === 'ready') worker.busyUntil = Math.max(worker.busyUntil, this.now + ms);
    }
  }

  #bear(): WorkerId {
    const id = `w${++this.#born}`;
    this.workers.set(id, { id, state: 'ready', busyUntil: 0, drainedAt: Number.POSITIVE_INFINITY });
    return id;
  }

  #behaviour(): Behaviour {
    const behaviour = this.#behaviours[this.#calls++ % this.#behaviours.length];
    return this.well || behaviour === undefined ? 'ok' : behaviour;
  }

  /** Settles after `ms` as the next behaviour says. */
  #perform<T>(ms: number, signal: AbortSignal, work: () => T, lie: () => T): Promise<T> {
    const behaviour = this.#behaviour();
    if (behaviour === 'throw') throw new Error('thrown');
    return new Promise((resolve, reject) => {
      if (behaviour === 'hang') return;
      if (behaviour === 'reject') return reject(new Error('rejected'));
      if (behaviour === 'lie') return resolve(lie());
      if (behaviour !== 'late') signal.addEventListener('abort', () => reject(signal.reason));
      this.#jobs.push({
        dueAt: this.now + (behaviour === 'late' ? 5 * ms : ms),
        run: () => {
          if (behaviour === 'late' || !signal.aborted) resolve(work());
        },
      });
    });
  }

  #start(_: StartRequest, signal: AbortSignal): Promise<WorkerId> {
    return this.#perform(
      this.#options.bootMs,
      signal,
      () => this.#bear(),
      () => (this.#calls % 2 === 0 ? 'nobody' : (this.workers.keys().next().value ?? 'w1')),
    );
  }

  #drain(id: WorkerId, signal: AbortSignal): Promise<void> {
    const worker = this.workers.get(id);
    if (worker) {
      worker.state = 'draining';
      worker.drainedAt = Math.min(worker.drainedAt, this.now);
      signal.addEventListener('abort', () => {
        worker.state = 'ready';
        worker.drainedAt = Number.POSITIVE_INFINITY;
      });
    }
    const ms = Math.max(0, (worker?.busyUntil ?? 0) - this.now);
    return this.#perform(
      ms,
      signal,
      () => {},
      () => {},
    );
  }

  #stop(id: WorkerId, request: StopRequest, signal: AbortSignal): Promise<void> {
    const worker = this.workers.get(id);
    const busyMs = Math.max(0, (worker?.busyUntil ?? 0) - this.now);
    if (!request.graceful && worker && busyMs > 0) {
      if (this.#options.onDrainTimeout !== 'stop') this.sins.push(`${id} was stopped although it was busy`);
      const begun = this.#options.drains ? worker.drainedAt : this.now - DRAIN_TIMEOUT_MS;
      if (this.now - begun < DRAIN_TIMEOUT_MS) this.sins.push(`${id} was stopped before its drain deadline`);
    }
    const gone = (): void => void this.workers.delete(id);
    return this.#perform(request.graceful ? busyMs : 0, signal, gone, () => {});
  }
}

type Step =
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'scale'; readonly size: number; readonly emergency: boolean }
  | { readonly kind: 'load'; readonly seconds: number }
  | { readonly kind: 'kill' };

interface Scenario {
  readonly before: number;
  readonly drains: boolean;
  readonly lists: boolean;
  readonly bootMs: number;
  readonly onDrainTimeout: 'wait' | 'stop';
  readonly behaviours: readonly Behaviour[];
  readonly lies: readonly number[];
  readonly steps: readonly Step[];
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 90 }) }),
  fc.record({
    kind: fc.constant('scale' as const),
    size: fc.integer({ min: 0, max: 12 }),
    emergency: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('load' as const), seconds: fc.integer({ min: 1, max: 200 }) }),
  fc.constant({ kind: 'kill' as const }),
);

const scenario: fc.Arbitrary<Scenario> = fc.record({
  before: fc.integer({ min: 0, max: 6 }),
  drains: fc.boolean(),
  lists: fc.constant(true),
  bootMs: fc.constantFrom(0, 1_000, 20_000, 45_000, 200_000),
  onDrainTimeout: fc.constantFrom('wait', 'stop'),
  behaviours: fc.array(fc.constantFrom('ok', 'ok', 'reject', 'throw', 'hang', 'late', 'lie'), {
    minLength: 1,
    maxLength: 8,
  }),
  lies: fc.array(fc.constantFrom(0, 0, 0, 1, -1), { minLength: 1, maxLength: 5 }),
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
});

interface Run {
  readonly pool: HostilePool;
  readonly stage: Stage;
  size: number;
  second: number;
  most: number;
}

function begin(options: Scenario): Run {
  const pool = new HostilePool(options);
  const lifecycle: LifecycleOptions = { onDrainTimeout: options.onDrainTimeout };
  const stage = new Stage(pool.adapter(), () => pool.observe(), lifecycle);
  return { pool, stage, size: options.before, second: 0, most: 0 };
}

/** A tick each 5 s, as the loop makes them: review, then the wish again. */
async function run(scene: Run, seconds: number): Promise<void> {
  for (const end = scene.second + seconds; scene.second <= end; scene.second += 5) {
    scene.pool.advance(scene.second * 1000);
    const { ready, starting, size } = await scene.stage.at(scene.second);
    if (size !== ready + starting || ready < 0 || starting < 0) scene.pool.sins.push('the sum is wrong');
    scene.stage.scaleTo(scene.size, false);
    scene.most = Math.max(scene.most, scene.pool.workers.size);
  }
}

async function play(options: Scenario): Promise<Run> {
  const scene = begin(options);
  const { pool, stage } = scene;
  await run(scene, 5);
  for (const next of options.steps) {
    if (next.kind === 'wait') await run(scene, next.seconds);
    else if (next.kind === 'load') pool.load(next.seconds * 1000);
    else if (next.kind === 'kill') pool.kill();
    else {
      scene.size = next.size;
      stage.scaleTo(next.size, next.emergency);
    }
    await settle();
  }
  return scene;
}

describe('any adapter', () => {
  it('cannot make it stop a busy worker early, grow far too large, or lose count', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (options) => {
        const scene = await play(options);
        expect(scene.pool.sins).toEqual([]);
        const largest = Math.max(
          options.before,
          ...options.steps.map((s) => (s.kind === 'scale' ? s.size : 0)),
        );
        // Those that were given up may come (half as many again, and one at a time), those that leave are still
        // there, and a reading that is one too low asks for one more each time.
        expect(scene.most).toBeLessThanOrEqual(4 * largest + 8);
      }),
      { numRuns: 300 },
    );
  });

  it('gets the size that is wanted once it behaves', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.integer({ min: 0, max: 8 }), async (options, size) => {
        const scene = await play(options);
        scene.pool.well = true;
        scene.size = size;
        await run(scene, 3000); // the longest start, the longest open breaker, the longest job
        const ready = [...scene.pool.workers.values()].filter(({ state }) => state === 'ready').length;
        expect(ready).toBe(size);
        expect(scene.stage.review()).toEqual({ ready: size, starting: 0, retrying: 0, draining: 0, size });
        expect(scene.stage.actuator.operations()).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('leaves nothing in flight after stop, and nothing that settles later does anything', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (options) => {
        const { pool, stage, second } = await play(options);
        await stage.actuator.stop(AbortSignal.abort());
        expect(stage.actuator.operations()).toEqual([]);
        expect(stage.actuator.nextDeadline()).toBeUndefined();
        const told = stage.events.length + stage.faults.length;
        pool.advance(second * 1000 + 10_000_000);
        await stage.at(second + 10_000);
        stage.scaleTo(50);
        expect(stage.events.length + stage.faults.length).toBe(told);
        expect(stage.actuator.operations()).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('tells of every call once when it begins and once when it ends', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (options) => {
        const { stage } = await play(options);
        await stage.actuator.stop(AbortSignal.abort());
        const open = new Set<number>();
        for (const { operation, outcome } of stage.events) {
          if (outcome === 'started') open.add(operation.id);
          // A start that was cut may complete later, which is told, too.
          else if (!open.delete(operation.id))
            expect([operation.kind, outcome]).toEqual(['start', 'completed']);
        }
        expect([...open]).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('settles in the same moment or not: it is never counted twice (listed or not)', async () => {
    const honest = fc.record({
      before: fc.integer({ min: 0, max: 4 }),
      lists: fc.boolean(),
      bootMs: fc.constantFrom(0, 5_000, 20_000),
      sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(honest, async ({ before, lists, bootMs, sizes }) => {
        const sorted = [...sizes].sort((a, b) => a - b);
        const scene = begin({
          before,
          drains: true,
          lists,
          bootMs,
          onDrainTimeout: 'wait',
          behaviours: ['ok'],
          lies: [0],
          steps: [],
        });
        await run(scene, 0);
        for (const size of sorted) {
          scene.size = Math.max(before, size);
          scene.stage.scaleTo(scene.size);
          for (let i = 0; i < 8; i++) {
            scene.pool.advance(scene.second * 1000);
            scene.stage.seconds = scene.second;
            // The loop looks before the promises of the moment have settled, and again after.
            expect(scene.stage.review().size).toBe(scene.size);
            expect((await scene.stage.at(scene.second)).size).toBe(scene.size);
            scene.second += 5;
          }
          expect(scene.pool.workers.size).toBe(scene.size);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('any orchestrator', () => {
  const calls = fc.array(fc.constantFrom('ok', 'ok', 'reject', 'throw', 'hang', 'late'), {
    minLength: 1,
    maxLength: 6,
  });
  const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 60 })), {
    minLength: 1,
    maxLength: 10,
  });

  it('gets one call at a time, and is held to the newest size once it behaves', async () => {
    await fc.assert(
      fc.asyncProperty(calls, sizes, fc.integer({ min: 0, max: 12 }), async (behaviours, steps, last) => {
        let well = false;
        let count = 0;
        let replicas = 2;
        const open = new Set<AbortSignal>();
        const late: (() => void)[] = [];
        const scaleTo = (size: number, signal: AbortSignal): Promise<void> => {
          const behaviour = well ? 'ok' : behaviours[count++ % behaviours.length];
          if (behaviour === 'throw') throw new Error('thrown');
          open.add(signal);
          expect([...open].filter(({ aborted }) => !aborted)).toHaveLength(1);
          return new Promise((resolve, reject) => {
            const accept = (): void => {
              open.delete(signal);
              replicas = size;
              resolve();
            };
            if (behaviour === 'ok') accept();
            else if (behaviour === 'late') late.push(accept);
            else if (behaviour === 'reject') {
              open.delete(signal);
              reject(new Error('rejected'));
            }
          });
        };
        const observe = (): PoolObservation => ({ ready: replicas, busy: 0, queued: 0 });
        const stage = new Stage({ observe, scaleTo }, observe);
        let second = 0;
        const play = async (size: number, ticks: number): Promise<void> => {
          for (let i = 0; i < ticks; i++, second += 5) {
            await stage.at(second);
            stage.scaleTo(size);
            await settle();
            if (second % 35 === 0) late.shift()?.();
          }
        };
        await play(2, 1);
        for (const [size, ticks] of steps) await play(size, ticks);
        well = true;
        while (late.length > 0) late.shift()?.();
        await play(last, 300);
        expect(replicas).toBe(last);
        expect(stage.review()).toEqual({ ready: last, starting: 0, retrying: 0, draining: 0, size: last });
        await stage.actuator.stop(AbortSignal.abort());
        expect(stage.actuator.operations()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
