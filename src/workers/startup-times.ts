import type { Startup } from '../core/view.ts';

/** Starts that are remembered: enough for a 90th percentile, few enough to follow a new image within a day. */
const CAPACITY = 32;

/** The pool's start-up time, learned from its newest starts. */
export class StartupTimes {
  readonly #times: number[] = [];
  #next = 0;
  #startup: Startup;

  /** `assumedMs` is what `startup` says until the first start has been seen. */
  constructor(assumedMs: number) {
    this.#startup = { p50Ms: assumedMs, p90Ms: assumedMs, samples: 0 };
  }

  get startup(): Startup {
    return this.#startup;
  }

  /** 90th percentile in ms of what was learned; 0 while nothing was. */
  get learnedP90Ms(): number {
    return this.#startup.samples === 0 ? 0 : this.#startup.p90Ms;
  }

  /** What was learned, oldest first, ms. */
  all(): number[] {
    const { length } = this.#times;
    return Array.from({ length }, (_, i) => this.#times[(this.#next + i) % length] as number);
  }

  add(durationMs: number): void {
    if (!(durationMs >= 0)) return;
    this.#times[this.#next] = durationMs;
    this.#next = (this.#next + 1) % CAPACITY;
    const sorted = this.#times.toSorted((a, b) => a - b);
    this.#startup = {
      p50Ms: nearestRank(sorted, 0.5),
      p90Ms: nearestRank(sorted, 0.9),
      samples: sorted.length,
    };
  }
}

/** Nearest-rank percentile; the largest of fewer than ten values is their 90th. */
function nearestRank(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}
