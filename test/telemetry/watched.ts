import type { ControllerOptions, PoolOptions } from '../../src/options.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { SimulatedPool } from '../../src/testing/simulated-pool.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Workload } from '../../src/testing/workload.ts';
import { diurnal } from '../../src/testing/workloads.ts';

const INTERVAL_MS = 15_000;

export interface Watched {
  readonly clock: VirtualClock;
  readonly adapter: SimulatedPool;
  readonly controller: ScalingController;
  /** Ticks, interval by interval. */
  run(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** A simulated pool under a real controller, whose time a test moves. */
export function watched(
  pool: Partial<PoolOptions> = {},
  options: Partial<ControllerOptions> = {},
  workload: Workload = diurnal({ low: 2, high: 20 }),
): Watched {
  const clock = new VirtualClock();
  const adapter = new SimulatedPool({
    clock,
    workload,
    fidelity: 'flow',
    startupMs: 60_000,
    initialWorkers: 4,
  });
  const controller = new ScalingController({
    clock,
    pools: [{ id: 'embedding', adapter, policy: 'adaptive', maxWorkers: 60, ...pool }],
    intervalMs: INTERVAL_MS,
    ...options,
  });
  const run = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += INTERVAL_MS) {
      await clock.advance(INTERVAL_MS);
      await controller.tick();
    }
  };
  const stop = async (): Promise<void> => {
    const stopping = controller.stop();
    await clock.advance(60_000);
    await stopping;
  };
  return { clock, adapter, controller, run, stop };
}
