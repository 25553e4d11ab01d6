import type { Clock } from '../clock.ts';
import type { Instant } from '../core/instant.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { Candidacy, Leadership } from './leadership.ts';
import type { Claimed, Lease, LeaseStore } from './lease.ts';

/** Followers look at least this often, ms. */
const LOOK_MS = 500;
/** They look at a lease that runs out so soon no more often than this, ms. */
const LEAST_REST_MS = 10;

/** A term that this instance has. Monotonic and wall times, ms. */
interface Term {
  readonly number: number;
  /** It may act from here … */
  readonly from: number;
  /** … to here … */
  readonly until: number;
  /** … and to here on the wall clock, which goes on while a machine sleeps. */
  readonly untilWall: number;
}

/**
 * Leadership by a lease, wherever that is kept: whoever has it leads; it is renewed three times in its length, given up
 * by `stop()`, and free for others once it runs out.
 *
 * The lease is counted from before the call that renewed it was sent, and ends a margin early, so the leader knows that
 * its time is over before the others do. A process that was frozen finds its lease over when it wakes.
 */
export class LeaseKeeper implements Leadership {
  readonly #store: LeaseStore;
  readonly #lease: Lease;
  readonly #left = new AbortController();
  #clock: Clock | undefined;
  #running: Promise<void> | undefined;
  #leaving: Promise<void> | undefined;
  #term: Term | undefined;
  #newestTerm = 0;

  constructor(store: LeaseStore, lease: Lease) {
    this.#store = store;
    this.#lease = lease;
  }

  get fencingToken(): number | undefined {
    return this.#term?.number;
  }

  isLeader(at: Instant): boolean {
    const term = this.#lasting(at);
    return term !== undefined && at.monotonic >= term.from;
  }

  join(candidate: Candidacy): void {
    this.#clock = candidate.clock;
    this.#running ??= this.#run(candidate);
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#release();
    return this.#leaving;
  }

  /** Where the place is away nobody waits for it: the lease runs out. */
  async #release(): Promise<void> {
    this.#left.abort();
    this.#term = undefined;
    await this.#running;
    const clock = this.#clock;
    if (clock === undefined) return;
    const late = new AbortController();
    const released = new AbortController();
    void clock.sleep(this.#renewMs, released.signal).then(
      () => late.abort(this.#silence()),
      () => {},
    );
    try {
      await unlessAborted(this.#store.release(clock, late.signal), late.signal);
    } finally {
      released.abort();
    }
  }

  async #run(candidate: Candidacy): Promise<void> {
    const { clock } = candidate;
    const { signal } = this.#left;
    let told: number | undefined;
    while (!signal.aborted) {
      const restMs = await this.#claim(candidate);
      if (signal.aborted) return;
      const at = instant(clock);
      const leads = this.isLeader(at);
      const term = leads ? this.#term?.number : undefined;
      if (term !== told) candidate.changed();
      told = term;
      // A term that could not be renewed ends while it rests.
      const lastsMs = leads ? (this.#term?.until ?? 0) - at.monotonic : restMs;
      await clock.sleep(Math.min(restMs, lastsMs), signal).catch(() => {});
    }
  }

  /** Takes, renews or looks at the lease. Gives the time until it does so again. */
  async #claim(candidate: Candidacy): Promise<number> {
    const { clock } = candidate;
    const left = this.#left.signal;
    const sentAt = instant(clock);
    const call = new AbortController();
    const answered = new AbortController();
    const hangUp = (): void => call.abort(left.reason);
    left.addEventListener('abort', hangUp, { once: true });
    try {
      const answer = this.#store.claim(
        { clock, newestTerm: this.#newestTerm, ownTerm: this.#lasting(sentAt)?.number },
        call.signal,
      );
      void this.#watch(candidate, call, answered.signal);
      const claimed = await unlessAborted(answer, left);
      candidate.recovered();
      return this.#take(claimed, sentAt, clock);
    } catch (error) {
      if (!call.signal.aborted) candidate.failed(error);
      return Math.min(LOOK_MS, this.#renewMs);
    } finally {
      left.removeEventListener('abort', hangUp);
      answered.abort();
    }
  }

  #take({ term: number, takenForMs, beginsInMs }: Claimed, sentAt: Instant, clock: Clock): number {
    this.#newestTerm = Math.max(this.#newestTerm, number);
    if (takenForMs > 0) {
      this.#term = undefined;
      return Math.min(LOOK_MS, Math.max(LEAST_REST_MS, takenForMs + 1));
    }
    const at = instant(clock);
    const known = this.#term?.number === number ? this.#term : undefined;
    const from = known?.from ?? (beginsInMs > 0 ? at.monotonic + beginsInMs : sentAt.monotonic);
    const lastsMs = this.#lease.leaseMs - this.#lease.marginMs;
    const term = { number, from, until: sentAt.monotonic + lastsMs, untilWall: sentAt.now + lastsMs };
    if (isOver(known ?? term, at) || isOver(term, at)) {
      // The answer came too late: a term that was over does not begin again, the next one does.
      this.#term = undefined;
      return 0;
    }
    this.#term = term;
    return from > at.monotonic ? Math.min(this.#renewMs, from - at.monotonic) : this.#renewMs;
  }

  /**
   * Tells of a place that does not answer. Its client may keep the call while it is away: then the answer is waited for,
   * since a second call would wait behind the first.
   */
  async #watch(candidate: Candidacy, call: AbortController, answered: AbortSignal): Promise<void> {
    const { clock } = candidate;
    try {
      await clock.sleep(this.#renewMs, answered);
      const silence = this.#silence();
      candidate.failed(silence);
      call.abort(silence);
      const lastsMs = (this.#term?.until ?? Number.NEGATIVE_INFINITY) - clock.monotonic();
      if (lastsMs <= 0) return;
      await clock.sleep(lastsMs, answered);
      candidate.changed();
    } catch {
      // Answered, or not asked any more.
    }
  }

  #lasting(at: Instant): Term | undefined {
    return this.#term === undefined || isOver(this.#term, at) ? undefined : this.#term;
  }

  get #renewMs(): number {
    return this.#lease.leaseMs / 3;
  }

  #silence(): Error {
    return new Error(`${this.#store.place} has not answered for ${Math.round(this.#renewMs)} ms`);
  }
}

function isOver({ until, untilWall }: Term, { now, monotonic }: Instant): boolean {
  return monotonic >= until || now >= untilWall;
}

function instant(clock: Clock): Instant {
  return { now: clock.now(), monotonic: clock.monotonic() };
}
