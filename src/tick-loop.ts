import type { Clock } from './clock.ts';
import type { Trigger } from './core/decision.ts';

/** Wakes closer together than this are served by one tick. */
const WAKE_SPACING_MS = 250;

/** Why an evaluation runs. */
export interface Occasion {
  readonly trigger: Trigger;
  /** The reason in words, where there is one beyond the interval. */
  readonly cause?: string;
}

export const ON_INTERVAL: Occasion = { trigger: 'interval' };

/** What the loop runs. */
export interface Ticking {
  /** One evaluation; must not reject. */
  tick(occasion: Occasion): Promise<void>;
  /** The earliest monotonic time at which an operation's deadline or retry is due. */
  nextDeadline(): number;
}

/** Ticks once per interval, at deadlines, and when woken. One timer at a time, none after `stop`. */
export class TickLoop {
  readonly #clock: Clock;
  #intervalMs: number;
  readonly #ticking: Ticking;
  #running: Promise<void> | undefined;
  #stopped = false;
  #rest = new AbortController();
  #woken: Occasion | undefined;
  #nextAt: number | undefined;

  constructor(clock: Clock, intervalMs: number, ticking: Ticking) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#ticking = ticking;
  }

  get running(): boolean {
    return this.#running !== undefined && !this.#stopped;
  }

  /** Monotonic time of the next interval; absent while the loop does not run. */
  get nextAt(): number | undefined {
    return this.running ? this.#nextAt : undefined;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Asks for a tick now. While a tick runs, the next follows at once. */
  wake(occasion: Occasion): void {
    this.#woken ??= occasion;
    this.#rest.abort();
  }

  /** Another interval holds from now on. */
  set intervalMs(ms: number) {
    this.#intervalMs = ms;
    this.#rest.abort();
  }

  /** What it was woken for since the last tick: a host that drives the ticks itself asks here. */
  takeWake(): Occasion | undefined {
    const woken = this.#woken;
    this.#woken = undefined;
    return woken;
  }

  /** A deadline may have moved: looks again how long to rest. */
  reconsider(): void {
    this.#rest.abort();
  }

  /** Settles when the running tick has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#rest.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let occasion = ON_INTERVAL;
    while (!this.#stopped) {
      const began = this.#clock.monotonic();
      this.#nextAt = began + this.#intervalMs;
      await this.#ticking.tick(occasion);
      occasion = await this.#nextOccasion(began);
    }
  }

  async #nextOccasion(began: number): Promise<Occasion> {
    const earliest = began + Math.min(WAKE_SPACING_MS, this.#intervalMs);
    while (!this.#stopped) {
      const due =
        this.#woken === undefined ? Math.min(began + this.#intervalMs, this.#ticking.nextDeadline()) : 0;
      const restUntil = Math.max(earliest, due);
      if (this.#clock.monotonic() >= restUntil) break;
      await this.#restUntil(restUntil);
    }
    return this.takeWake() ?? ON_INTERVAL;
  }

  async #restUntil(monotonic: number): Promise<void> {
    this.#rest = new AbortController();
    try {
      await this.#clock.sleep(Math.max(0, monotonic - this.#clock.monotonic()), this.#rest.signal);
    } catch {
      // Woken, stopped, or told that a deadline has moved: the caller looks which.
    }
  }
}
