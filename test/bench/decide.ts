/**
 * What a tick costs: `npm run bench`. Ratios of one run, as machines differ and are noisy: the cost of a pool at
 * 10,000 pools over that at 100 tells whether it is linear.
 */
import type { PoolObservation, WorkerPoolAdapter } from '../../src/core/model.ts';
import { decide } from '../../src/decide.ts';
import { createPolicy } from '../../src/policies/create-policy.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { createView } from '../../src/testing/create-view.ts';
import { Random } from '../../src/testing/random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const TICKS = 40;

/** An in-memory pool whose load wanders; a start is ready at once. */
class MemoryPool implements WorkerPoolAdapter {
  readonly #random: Random;
  #ready = 4;
  #arrived = 0;
  #completed = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  observe(): PoolObservation {
    const arrived = Math.floor(this.#random.next() * 240);
    this.#arrived += arrived;
    this.#completed += arrived;
    return {
      ready: this.#ready,
      busy: Math.min(this.#ready, arrived / 30),
      queued: 0,
      arrived: this.#arrived,
      completed: this.#completed,
    };
  }

  async startWorker(): Promise<string> {
    return `worker-${this.#ready++}`;
  }

  async stopWorker(): Promise<void> {
    this.#ready--;
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

async function tickMs(count: number, forecasts: boolean): Promise<number> {
  const clock = new VirtualClock();
  const controller = new ScalingController({
    pools: Array.from({ length: count }, (_, index) => ({
      id: `pool-${index}`,
      adapter: new MemoryPool(index + 1),
      maxWorkers: 40,
    })),
    clock,
    predictive: { enabled: forecasts },
  });
  const times: number[] = [];
  for (let tick = 0; tick < TICKS; tick++) {
    await clock.advance(15_000);
    const began = performance.now();
    await controller.tick();
    times.push(performance.now() - began);
  }
  await controller.stop();
  return median(times.slice(5));
}

function decideMicros(policyName: 'adaptive' | 'conservative' | 'high-performance', count: number): number {
  const policy = createPolicy(policyName);
  const random = new Random(7);
  const inputs = Array.from({ length: count }, (_, index) => ({
    view: createView({ pool: `pool-${index}`, size: 10, demand: random.next() * 14 }),
    policy,
    trigger: 'interval' as const,
  }));
  const times: number[] = [];
  for (let round = 0; round < TICKS; round++) {
    const began = performance.now();
    decide(inputs);
    times.push(((performance.now() - began) * 1_000) / count);
  }
  return median(times.slice(5));
}

console.log('decide, one pool of 10,000 (median)');
for (const name of ['adaptive', 'conservative', 'high-performance'] as const) {
  console.log(`  ${name.padEnd(18)} ${decideMicros(name, 10_000).toFixed(2).padStart(8)} µs   (bar: 20 µs)`);
}

for (const forecasts of [false, true]) {
  console.log(`\na whole tick ${forecasts ? 'with forecasts' : 'that reacts only'} (median)`);
  const perPool: number[] = [];
  for (const count of [100, 1_000, 10_000]) {
    const ms = await tickMs(count, forecasts);
    perPool.push((ms * 1_000) / count);
    const bar = count === 10_000 ? '   (bar: 400 ms)' : '';
    const cells = `${ms.toFixed(2).padStart(9)} ms ${((ms * 1_000) / count).toFixed(2).padStart(8)} µs a pool`;
    console.log(`  ${String(count).padStart(6)} pools ${cells}${bar}`);
  }
  const ratio = (perPool[2] as number) / (perPool[0] as number);
  console.log(`  a pool among 10,000 costs ${ratio.toFixed(2)} × one among 100`);
}
