import type { BreakerState } from './actuator.ts';
import type { ResolvedLifecycleOptions } from './lifecycle-options.ts';

/** The options that a breaker needs. */
export type BreakerOptions = Pick<
  ResolvedLifecycleOptions,
  'retryDelayMs' | 'retryDelayMaxMs' | 'breakerThreshold' | 'breakerOpenMs' | 'breakerOpenMaxMs'
>;

/**
 * When to try again what has failed: exponential backoff first, an open circuit after `breakerThreshold` failures
 * in a row, then one probe at a time. Without timers: it is told the (monotonic) time, so it behaves the same under
 * a virtual clock (docs/adr/0009-own-circuit-breaker.md).
 *
 * Failures are counted in waves: ten starts that were begun together and fail together are one failure, not ten.
 */
export class Breaker {
  state: BreakerState = 'closed';
  /** Failed waves in a row. */
  failures = 0;
  /** Nothing is tried before this time. */
  retryAt: number = Number.NEGATIVE_INFINITY;
  readonly #options: BreakerOptions;
  #failedAt = Number.NEGATIVE_INFINITY;
  #openMs: number;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#openMs = options.breakerOpenMs;
  }

  /** How many tries may begin at `at`, when `inFlight` of them have not shown yet how they end. */
  permits(at: number, inFlight: number, ignoreBackoff = false): number {
    if (this.state === 'closed') return at >= this.retryAt || ignoreBackoff ? Number.POSITIVE_INFINITY : 0;
    if (at < this.retryAt) return 0;
    this.state = 'half-open';
    return inFlight > 0 ? 0 : 1;
  }

  /** A try that was begun at `begunAt` has failed at `at`. Returns `true` when this opens a closed breaker. */
  failure(at: number, begunAt: number): boolean {
    if (begunAt <= this.#failedAt) return false; // of a wave that was counted
    this.#failedAt = at;
    this.failures++;
    const wasClosed = this.state === 'closed';
    if (wasClosed && this.failures < this.#options.breakerThreshold) {
      this.retryAt = at + backoffMs(this.failures, this.#options);
      return false;
    }
    this.#openMs = wasClosed
      ? this.#options.breakerOpenMs
      : Math.min(2 * this.#openMs, Math.max(this.#options.breakerOpenMs, this.#options.breakerOpenMaxMs));
    this.state = 'open';
    this.retryAt = at + this.#openMs;
    return wasClosed;
  }

  /** A try has succeeded. Returns `true` when this closes the breaker. */
  success(): boolean {
    const wasClosed = this.state === 'closed';
    this.state = 'closed';
    this.failures = 0;
    this.retryAt = Number.NEGATIVE_INFINITY;
    this.#failedAt = Number.NEGATIVE_INFINITY;
    return !wasClosed;
  }
}

/** Delay after the nth failure in a row: with 1 s and 60 s it is 1, 2, 4, 8, 16, 32, 60, 60, … s. */
export function backoffMs(
  failures: number,
  options: Pick<BreakerOptions, 'retryDelayMs' | 'retryDelayMaxMs'>,
): number {
  const { retryDelayMs, retryDelayMaxMs } = options;
  return Math.max(retryDelayMs, Math.min(retryDelayMaxMs, retryDelayMs * 2 ** (failures - 1)));
}
