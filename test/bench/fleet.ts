/** What a tick of 1,000 pools costs with schedules, a guard and a budget: `npm run bench:fleet`. */
import type { PoolObservation, ReplicaPoolAdapter } from '../../src/core/model.ts';
import { quotaGuard } from '../../src/guards/guards.ts';
import type { ControllerOptions } from '../../src/options.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { Random } from '../../src/testing/random.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const POOLS = 1_000;
const TICKS = 60;

class MemoryReplicas implements ReplicaPoolAdapter {
  readonly #random: Random;
  #ready = 4;
  #total = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  observe(): PoolObservation {
    const arrived = Math.floor(this.#random.next() * 240);
    this.#total += arrived;
    const busy = Math.min(this.#ready, arrived / 30);
    return { ready: this.#ready, busy, queued: 0, arrived: this.#total, completed: this.#total };
  }

  async scaleTo(size: number): Promise<void> {
    this.#ready = size;
  }
}

async function tickMs(options: Partial<ControllerOptions>): Promise<number> {
  const clock = new VirtualClock();
  const controller = new ScalingController({
    clock,
    pools: Array.from({ length: POOLS }, (_, index) => ({
      id: `pool-${index}`,
      adapter: new MemoryReplicas(index + 1),
      maxWorkers: 40,
      needs: { memoryBytes: 64 * 2 ** 20 },
      price: { perWorkerHour: 0.1 },
      share: { priority: index % 3 },
    })),
    ...options,
  });
  const times: number[] = [];
  for (let tick = 0; tick < TICKS; tick++) {
    await clock.advance(15_000);
    const began = performance.now();
    await controller.tick();
    times.push(performance.now() - began);
  }
  await controller.stop();
  return times.sort((a, b) => a - b)[Math.floor(TICKS / 2)] as number;
}

const plain = await tickMs({});
const full = await tickMs({
  schedules: ['business-hours', 'weekend', 'maintenance-window'],
  zone: 'Europe/Berlin',
  resources: quotaGuard({ maxMemoryBytes: 400 * 2 ** 30, maxTotalWorkers: 5_000 }),
  budget: { maxWorkers: 4_500, maxCostPerHour: 500 },
});
console.log(`a tick of ${POOLS.toLocaleString('en')} pools (median)`);
console.log(`  each on its own                   ${plain.toFixed(1).padStart(7)} ms`);
console.log(
  `  with schedules, guard and budget  ${full.toFixed(1).padStart(7)} ms   (bar: 50 ms), ${(full / plain).toFixed(2)} ×`,
);
