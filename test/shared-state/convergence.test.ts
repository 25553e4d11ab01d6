import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createScheduler } from '../../src/schedule/scheduler.ts';
import { memoryState } from '../../src/state-store/memory-state.ts';
import { INTERVAL_MS, Service } from './instances.ts';

const NAMES = ['a', 'b', 'c'];
const INSTANCES = 3;

const step = fc.record({
  what: fc.constantFrom('raise', 'withdraw', 'schedule', 'unschedule', 'time'),
  at: fc.nat(INSTANCES - 1),
  name: fc.constantFrom(...NAMES),
  size: fc.integer({ min: 1, max: 9 }),
});

test('whatever is changed at any instance, at the same time or not, all know the same in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const service = new Service(memoryState());
      const timetables = Array.from({ length: INSTANCES + 1 }, () => createScheduler());
      const start = (i: number) => service.start({ schedules: timetables[i] as (typeof timetables)[number] });
      const instances = await Promise.all(Array.from({ length: INSTANCES }, (_, i) => start(i)));
      for (const { what, at, name, size } of steps) {
        const { controller } = instances[at] as (typeof instances)[number];
        const timetable = timetables[at] as (typeof timetables)[number];
        if (what === 'raise') {
          const [durationMs, expectedDemand] = [3_600_000, size];
          controller.signal({ type: 'external', pool: 'web', name, durationMs, expectedDemand });
        } else if (what === 'withdraw') controller.withdraw('external');
        else if (what === 'unschedule') timetable.remove(name);
        else if (what === 'time') await service.run(size * 4_000);
        else {
          const schedule = { name, at: 0, until: 4e12 + size, action: { atLeast: size } };
          timetable.replace([...timetable.schedules.filter((other) => other.name !== name), schedule]);
        }
      }
      await service.run(4 * INTERVAL_MS);
      // One that is started only now, too.
      instances.push(await start(INSTANCES));
      const known = instances.map((instance, i) => ({
        signals: instance
          .last()
          .view.signals.map(({ name, expectedDemand }) => `${name} ${expectedDemand}`)
          .sort(),
        schedules: timetables[i]?.schedules.map((schedule) => JSON.stringify(schedule)).sort(),
      }));
      for (const other of known) expect(other).toEqual(known[0]);
      expect(instances.flatMap(({ faults }) => faults)).toEqual([]);
      await service.stop();
      expect(service.clock.pending).toBe(0);
    }),
    { numRuns: 25 },
  );
});
