import type { Clock } from '../clock.ts';
import type { Instant } from '../core/instant.ts';

/** A controller that stands for election. */
export interface Candidacy {
  /** The clock by which a lease is kept: the controller's. */
  readonly clock: Clock;
  /** To be called when it may have begun or ceased to lead: the controller then looks at once. */
  changed(): void;
  /** The place where the lease is kept cannot be reached. */
  failed(error: unknown): void;
  /** It can be reached again. */
  recovered(): void;
}

/**
 * Which of several instances acts. All of them observe, learn and decide; only the one that leads starts and stops
 * workers.
 */
export interface Leadership {
  /**
   * Whether this instance leads for certain at that moment. Asked before each action, so it must answer from what it
   * knows: when a lease may have run out, the answer is `false`.
   */
  isLeader(at: Instant): boolean;
  /**
   * Number of the term: larger than that of any term before. It is passed on with each action, so that what is acted
   * upon can refuse one that was held up on its way. Absent where it does not lead, or is alone.
   */
  readonly fencingToken: number | undefined;
  /** Begins to stand for election. Called once, by the controller's `start()` or first `tick()`. */
  join(candidate: Candidacy): void;
  /** Gives leadership up and stands no more. Called by the controller's `stop()`, after its last action. */
  leave(): Promise<void>;
}

/** One instance, alone: it always leads. */
export const soleLeader: Leadership = {
  isLeader: () => true,
  fencingToken: undefined,
  join() {},
  async leave() {},
};
