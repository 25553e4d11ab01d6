/** What happens when a worker still runs jobs at its drain deadline. */
export type DrainTimeoutChoice = 'wait' | 'stop';

/** How workers come and go. Every field is optional; the defaults are `lifecycleDefaults`. */
export interface LifecycleOptions {
  /**
   * Milliseconds that one start gets, default 30,000. A start that the pool itself still reports as `starting` is
   * given more, up to `longestStartMs`; a start that follows one that was cut gets twice its time; and no start gets
   * less than twice the learned 90th percentile of the start-up time.
   */
  readonly startTimeoutMs?: number;
  /** The same for a start in an emergency, default 15,000. */
  readonly emergencyStartTimeoutMs?: number;
  /** Milliseconds after which a start is given up whatever the pool reports, default 1,800,000 (30 min). */
  readonly longestStartMs?: number;
  /** Start-up time in ms that is assumed until the pool's own starts have shown one, default 60,000. */
  readonly assumedStartupMs?: number;
  /** Milliseconds that a worker gets to end its jobs before `onDrainTimeout` applies, default 30,000. */
  readonly drainTimeoutMs?: number;
  /**
   * Milliseconds for one removal, its drain and its stop together, default 60,000. A stop that follows a long drain
   * gets at least half of it.
   */
  readonly removalTimeoutMs?: number;
  /**
   * What happens at the drain deadline: `wait` (default) lets the worker end its jobs however long they take;
   * `stop` ends it with `graceful: false` and reports its jobs in a fault.
   */
  readonly onDrainTimeout?: DrainTimeoutChoice;
  /**
   * Milliseconds for which an observation may lag behind a call that has settled (a started worker not yet in
   * `ready`, a stopped one still there), default 30,000. Two further observations are awaited in any case.
   */
  readonly visibilityGraceMs?: number;
  /** Milliseconds before the first retry of what failed, default 1,000; doubles with every failure in a row. */
  readonly retryDelayMs?: number;
  /** Longest time between two retries, ms, default 60,000. */
  readonly retryDelayMaxMs?: number;
  /** Failures in a row that open the circuit breaker, default 5. Starts that fail together count as one. */
  readonly breakerThreshold?: number;
  /** Milliseconds for which the breaker stays open before it lets one probe through, default 30,000. */
  readonly breakerOpenMs?: number;
  /** The open time doubles with every failed probe up to this many ms, default 300,000. */
  readonly breakerOpenMaxMs?: number;
  /** Replica pools: milliseconds within which `scaleTo` must be accepted, default 30,000. */
  readonly scaleTimeoutMs?: number;
  /**
   * Replica pools: milliseconds for which a size other than the one asked for must last before it is taken as set
   * by someone else and adopted, default 120,000.
   */
  readonly adoptAfterMs?: number;
}

export type ResolvedLifecycleOptions = Required<LifecycleOptions>;

export const lifecycleDefaults: ResolvedLifecycleOptions = {
  startTimeoutMs: 30_000,
  emergencyStartTimeoutMs: 15_000,
  longestStartMs: 1_800_000,
  assumedStartupMs: 60_000,
  drainTimeoutMs: 30_000,
  removalTimeoutMs: 60_000,
  onDrainTimeout: 'wait',
  visibilityGraceMs: 30_000,
  retryDelayMs: 1_000,
  retryDelayMaxMs: 60_000,
  breakerThreshold: 5,
  breakerOpenMs: 30_000,
  breakerOpenMaxMs: 300_000,
  scaleTimeoutMs: 30_000,
  adoptAfterMs: 120_000,
};
