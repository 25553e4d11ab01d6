import type { ResolvedLifecycleOptions } from './lifecycle-options.ts';
import { StartupTimes } from './startup-times.ts';

/** How long a start may take: what the options say, and longer where the pool's own starts show that it must be. */
export class StartDeadline {
  readonly times: StartupTimes;
  readonly #options: ResolvedLifecycleOptions;
  /** Twice the time of the start that was cut last; 0 after one that succeeded. */
  #stretchedMs = 0;

  constructor(
    options: ResolvedLifecycleOptions,
    times: StartupTimes = new StartupTimes(options.assumedStartupMs),
  ) {
    this.#options = options;
    this.times = times;
  }

  /**
   * For the next start, in ms. A pool that boots in 200 s and says nothing of it gets 30, 60, 120 and then 240 s;
   * from then on it has twice its 90th percentile, 400 s.
   */
  timeoutMs(emergency: boolean): number {
    const { startTimeoutMs, emergencyStartTimeoutMs, longestStartMs } = this.#options;
    const usualMs = emergency ? emergencyStartTimeoutMs : startTimeoutMs;
    const neededMs = Math.max(this.#stretchedMs, 2 * this.times.learnedP90Ms);
    return Math.max(usualMs, Math.min(neededMs, longestStartMs));
  }

  /** A start was cut that had `timeoutMs`: the next one gets twice that. */
  missed(timeoutMs: number): void {
    this.#stretchedMs = Math.max(this.#stretchedMs, 2 * timeoutMs);
  }

  /** A start took `durationMs`. */
  met(durationMs: number): void {
    this.times.add(durationMs);
    this.#stretchedMs = 0;
  }
}
