import { expect, it, vi } from 'vitest';
import { ScalingController } from '../../src/scaling-controller.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { HandPool } from '../hand-pool.ts';

it('busy counted in jobs and not in workers is told, and told as over when it is mended', async () => {
  const clock = new VirtualClock();
  const pool = new HandPool({ ready: 4, busy: 9 });
  const controller = new ScalingController({
    clock,
    pools: [{ id: 'web', adapter: pool, mode: 'recommend' }],
  });
  const faults = vi.fn();
  controller.on('fault', ({ source, message, recovered }) => faults(source, message, recovered));
  const ticks = async (count: number): Promise<void> => {
    for (let tick = 0; tick < count; tick++) {
      await controller.tick();
      await clock.advance(15_000);
    }
  };

  await ticks(3);
  expect(faults).not.toHaveBeenCalled(); // a pool that changes right now looks the same
  await ticks(5);
  expect(faults).toHaveBeenCalledTimes(1);
  expect(faults.mock.calls[0]?.slice(0, 2)).toEqual([
    'reading',
    'busy is 9, with 4 workers counted (busy is in workers, at most those that are there): the pool is not shrunk on that',
  ]);
  pool.set({ busy: 3 });
  await ticks(1);
  expect(faults.mock.calls[1]).toEqual(['reading', expect.any(String), true]);
});

it('a total that runs back at every look is no running total', async () => {
  const clock = new VirtualClock();
  const pool = new HandPool({ ready: 4, busy: 2 });
  const controller = new ScalingController({
    clock,
    pools: [{ id: 'web', adapter: pool, mode: 'recommend' }],
  });
  const messages: string[] = [];
  controller.on('fault', ({ message }) => messages.push(message));
  for (let completed = 100; completed > 90; completed--) {
    pool.set({ completed });
    await controller.tick();
    await clock.advance(15_000);
  }
  expect(messages).toEqual([expect.stringContaining('completed ran back from')]);
});
