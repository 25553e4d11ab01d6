import { type Clock, systemClock } from '../../src/clock.ts';

/** Time that passes so many times as quickly: long leases, short tests. */
export function quickClock(speed: number): Clock {
  const began = { now: systemClock.now(), monotonic: systemClock.monotonic() };
  return {
    now: () => began.now + (systemClock.now() - began.now) * speed,
    monotonic: () => began.monotonic + (systemClock.monotonic() - began.monotonic) * speed,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}
