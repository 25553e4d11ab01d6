import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { VIRTUAL_START, VirtualClock } from '../../src/testing/virtual-clock.ts';

describe('VirtualClock', () => {
  test('stands still until it is told to move', async () => {
    const clock = new VirtualClock();
    expect(clock.now()).toBe(VIRTUAL_START);
    expect(clock.monotonic()).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(clock.now()).toBe(VIRTUAL_START);
    await clock.advance(1500);
    expect(clock.now()).toBe(VIRTUAL_START + 1500);
    expect(clock.monotonic()).toBe(1500);
  });

  test('begins on a Monday at midnight, UTC', () => {
    expect(new Date(VIRTUAL_START).toUTCString()).toBe('Mon, 05 Jan 2026 00:00:00 GMT');
  });

  test('wakes sleepers in order of time, each at its own time', async () => {
    const clock = new VirtualClock(0);
    const log: string[] = [];
    for (const ms of [300, 100, 200]) clock.sleep(ms).then(() => log.push(`${ms} at ${clock.now()}`));
    expect(clock.pending).toBe(3);
    await clock.advance(250);
    expect(log).toEqual(['100 at 100', '200 at 200']);
    expect(clock.pending).toBe(1);
    await clock.advance(250);
    expect(log.at(-1)).toBe('300 at 300');
    expect(clock.now()).toBe(500);
  });

  test('those due together wake in the order in which they went to sleep', async () => {
    const clock = new VirtualClock(0);
    const log: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) clock.sleep(10).then(() => log.push(name));
    await clock.advance(10);
    expect(log.join('')).toBe('abcde');
  });

  test('a loop that sleeps again and again runs through within one advance', async () => {
    const clock = new VirtualClock(0);
    const ticks: number[] = [];
    const loop = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(15_000);
        await Promise.resolve().then(() => Promise.resolve()); // a chain of promises takes no virtual time
        ticks.push(clock.now());
      }
    };
    void loop();
    await clock.advance(60_000);
    expect(ticks).toEqual([15_000, 30_000, 45_000, 60_000]);
  });

  test('a sleep of nothing, of less than nothing or of NaN ends with the next advance', async () => {
    const clock = new VirtualClock(0);
    let woken = 0;
    for (const ms of [0, -5, Number.NaN]) clock.sleep(ms).then(() => woken++);
    await clock.advance(0);
    expect(woken).toBe(3);
    expect(clock.now()).toBe(0);
  });

  test('an aborted sleep rejects with the reason and no longer counts', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const nap = clock.sleep(1000, abort.signal);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(nap).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
    await clock.advance(2000);
  });

  test('a signal that is aborted already rejects at once', async () => {
    const clock = new VirtualClock();
    await expect(clock.sleep(1000, AbortSignal.abort('late'))).rejects.toBe('late');
    expect(clock.pending).toBe(0);
  });

  test('an abort after the sleep has ended changes nothing', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const nap = clock.sleep(10, abort.signal);
    await clock.advance(10);
    abort.abort();
    await expect(nap).resolves.toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test('thousands of deadlines that are never reached do not pile up', async () => {
    const clock = new VirtualClock();
    let longNaps = 0;
    clock.sleep(3_600_000).then(() => longNaps++);
    for (let i = 0; i < 5000; i++) {
      const abort = new AbortController();
      clock.sleep(30_000, abort.signal).catch(() => {});
      abort.abort();
    }
    expect(clock.pending).toBe(1);
    await clock.advance(3_600_000);
    expect(longNaps).toBe(1);
  });

  test('wall time jumps apart from the monotonic clock and wakes nobody', async () => {
    const clock = new VirtualClock(1_000_000);
    let woken = false;
    clock.sleep(1000).then(() => {
      woken = true;
    });
    clock.setWall(5_000_000);
    await clock.advance(500);
    expect([clock.now(), clock.monotonic(), woken]).toEqual([5_000_500, 500, false]);
    clock.setWall(0);
    await clock.advance(500);
    expect([clock.now(), clock.monotonic(), woken]).toEqual([500, 1000, true]);
  });

  test('advanceTo takes wall time, and refuses the past', async () => {
    const clock = new VirtualClock(1000);
    await clock.advanceTo(4000);
    expect(clock.monotonic()).toBe(3000);
    expect(() => clock.advanceTo(3999)).toThrow(InvalidOptionError);
    expect(() => clock.advance(-1)).toThrow('ms must be a number of at least 0, got -1');
  });

  test('advanceToNext goes from sleeper to sleeper', async () => {
    const clock = new VirtualClock(0);
    clock.sleep(40).catch(() => {});
    clock.sleep(70).catch(() => {});
    expect(await clock.advanceToNext()).toBe(true);
    expect(clock.now()).toBe(40);
    expect(await clock.advanceToNext()).toBe(true);
    expect(clock.now()).toBe(70);
    expect(await clock.advanceToNext()).toBe(false);
    expect(clock.now()).toBe(70);
  });

  test('whatever is slept and aborted, the rest wakes in order and on time', async () => {
    const naps = fc.array(fc.record({ ms: fc.nat(1000), aborted: fc.boolean() }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(naps, async (plan) => {
        const clock = new VirtualClock(0);
        const woken: number[] = [];
        for (const { ms, aborted } of plan) {
          const abort = new AbortController();
          clock.sleep(ms, abort.signal).then(
            () => woken.push(clock.now()),
            () => {},
          );
          if (aborted) abort.abort();
        }
        await clock.advance(1000);
        const expected = plan.filter((nap) => !nap.aborted).map((nap) => nap.ms);
        expect(woken).toEqual(expected.sort((a, b) => a - b));
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
