import { expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { withDeadline } from '../src/deadline.ts';

it('every deadline ends its call, also where the timer has ended a part of a millisecond early', async () => {
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 100; i++) {
    const began = performance.now();
    while (performance.now() - began < 0.13); // begins anywhere between two ticks of the timers' clock
    calls.push(withDeadline(systemClock, 30, 'it', () => new Promise<never>(() => {})) as Promise<never>);
  }
  const outcomes = Promise.allSettled(calls).then((all) => all.map(({ status }) => status));
  const late = new Promise((resolve) => setTimeout(resolve, 2_000, 'some have not ended'));
  expect(await Promise.race([outcomes, late])).toEqual(Array(100).fill('rejected'));
});
