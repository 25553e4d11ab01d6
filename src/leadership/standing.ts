import type { Clock } from '../clock.ts';
import type { Instant } from '../core/instant.ts';
import { NotLeaderError } from '../errors.ts';
import { type Candidacy, type Leadership, soleLeader } from './leadership.ts';

/** This instance has begun or ceased to lead. */
export interface LeadershipEvent {
  /** Epoch ms. */
  readonly at: number;
  readonly leader: boolean;
  /** Of the term that has begun. */
  readonly fencingToken?: number;
}

/** In `status()`. Plain JSON. */
export interface LeadershipStatus {
  readonly leader: boolean;
  /** Of the term that lasts. */
  readonly fencingToken?: number;
}

/** Where one controller stands among the instances. */
export class Standing {
  /** It led when it last looked, once a tick. */
  leads: boolean;
  readonly #leadership: Leadership;
  readonly #clock: Clock;
  #joined = false;
  /** Of which it led when it last looked. */
  #term: number | undefined;

  constructor(leadership: Leadership | undefined, clock: Clock) {
    this.#leadership = leadership ?? soleLeader;
    this.#clock = clock;
    this.leads = leadership === undefined;
  }

  get isAlone(): boolean {
    return this.#leadership === soleLeader;
  }

  join(candidate: Omit<Candidacy, 'clock'>): void {
    if (this.#joined) return;
    this.#joined = true;
    this.#leadership.join({ ...candidate, clock: this.#clock });
  }

  async leave(): Promise<void> {
    if (this.#joined) await this.#leadership.leave();
  }

  /**
   * Gives what has changed since the last look, to be called until nothing has. A term that follows on another one of its
   * own ends that first: somebody else may have led in between.
   */
  look(at: Instant): LeadershipEvent | undefined {
    const leader = this.#leadership.isLeader(at);
    const term = leader ? this.#leadership.fencingToken : undefined;
    if (leader === this.leads && term === this.#term) return undefined;
    this.leads = leader && !this.leads;
    this.#term = this.leads ? term : undefined;
    return { at: at.now, ...this.#status(this.leads) };
  }

  /** Called at the very moment of an action: gives its fencing token. @throws NotLeaderError */
  authorize(): number | undefined {
    const { now, monotonic } = { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
    if (!this.#leadership.isLeader({ now, monotonic })) throw new NotLeaderError();
    return this.#leadership.fencingToken;
  }

  /** Of this instance, if it leads at this very moment: its fencing token, or 0 where it is alone. */
  term(): number | undefined {
    const at = { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
    return this.#leadership.isLeader(at) ? (this.#leadership.fencingToken ?? 0) : undefined;
  }

  /** Absent where it is alone. */
  status(at: Instant): LeadershipStatus | undefined {
    if (this.isAlone) return undefined;
    return this.#status(this.#leadership.isLeader(at));
  }

  #status(leader: boolean): LeadershipStatus {
    const { fencingToken } = this.#leadership;
    return { leader, ...(leader && fencingToken !== undefined && { fencingToken }) };
  }
}
