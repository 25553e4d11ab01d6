/**
 * Time, as one object. Nothing else in flyball reads the time or starts a timer (adapters may), so a
 * simulation that brings its own clock owns all of time.
 */
export interface Clock {
  /** Wall time in milliseconds since the epoch. It may jump, in either direction. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never runs back. */
  monotonic(): number;
  /**
   * Settles after `ms` milliseconds; rejects with the signal's reason when the signal is aborted first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay that Node's timers take; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(Math.max(0, ms), LONGEST_TIMER_MS),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
