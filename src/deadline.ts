import { type Clock, systemClock } from './clock.ts';
import { DeadlineError } from './errors.ts';

/**
 * A host that drives its own clock may await the very call that would advance it. So that a hanging adapter cannot
 * hang such a host, calls on a foreign clock also end after this much of real time.
 */
const FOREIGN_CLOCK_LIMIT_MS = 2_000;

/**
 * Calls `work` and gives what it gives, at once where it is synchronous; rejects with `DeadlineError` after
 * `timeoutMs` on the given clock, and aborts the signal that `work` was given.
 *
 * @param call whose signal is passed on; default: a new one
 */
export function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  what: string,
  work: (signal: AbortSignal) => T | Promise<T>,
  call: AbortController = new AbortController(),
): T | Promise<T> {
  const result = work(call.signal);
  if (!isPromise(result)) return result;
  const began = clock.monotonic();
  const settled = new AbortController();
  const expire = (): never => {
    const error = new DeadlineError(what, timeoutMs);
    call.abort(error);
    throw error;
  };
  const wake = (): never | Promise<never> => {
    const leftMs = timeoutMs - (clock.monotonic() - began);
    if (leftMs <= 0) return expire();
    // Node's timers count whole milliseconds and end up to one early. A foreign clock whose sleep ends before its time
    // has passed (one that a host sets by hand) ends no call.
    return clock === systemClock ? clock.sleep(leftMs, settled.signal).then(wake) : new Promise(() => {});
  };
  const contestants: Promise<T>[] = [result, clock.sleep(timeoutMs, settled.signal).then(wake)];
  if (clock !== systemClock) {
    const limitMs = Math.min(timeoutMs, FOREIGN_CLOCK_LIMIT_MS);
    contestants.push(systemClock.sleep(limitMs, settled.signal).then(expire));
  }
  for (const contestant of contestants) contestant.catch(() => {}); // the losers reject unheard
  return Promise.race(contestants).finally(() => settled.abort());
}

export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}
