/** One moment, on both clocks. Read once a tick and passed on. */
export interface Instant {
  /** Wall time, epoch ms: for calendars and for people. It may jump. */
  readonly now: number;
  /** Monotonic ms from an arbitrary origin: for durations and deadlines. */
  readonly monotonic: number;
}
