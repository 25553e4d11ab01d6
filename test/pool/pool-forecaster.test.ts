import { expect, it } from 'vitest';
import type { LoadSample } from '../../src/core/forecast.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

it('a predictor sees what was observed, the numbers of the host included', async () => {
  const samples: LoadSample[] = [];
  const controller = new ScalingController({
    pools: [
      {
        id: 'orders',
        adapter: {
          observe: () => ({
            ready: 4,
            busy: 2,
            queued: 3,
            responseTimeMs: 80,
            context: { ordersOpened: 17 },
          }),
          scaleTo: async () => {},
        },
      },
    ],
    clock: new VirtualClock(),
    predictor: { name: 'spy', observe: (sample) => samples.push(sample), forecast: () => undefined },
  });
  await controller.tick();
  await controller.stop();
  expect(samples).toMatchObject([{ utilization: 0.5, queued: 3, context: { ordersOpened: 17 } }]);
});
