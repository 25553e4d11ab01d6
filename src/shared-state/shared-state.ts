import { type Clock, systemClock } from '../clock.ts';
import type { Trigger } from '../core/decision.ts';
import type { Instant } from '../core/instant.ts';
import type { PoolId } from '../core/observation.ts';
import { withDeadline } from '../deadline.ts';
import { messageOf } from '../errors.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import type { StateStore } from '../state-store/state-store.ts';
import type { SignalBoard } from '../triggers/signal-board.ts';
import { CheckedStore } from './checked-store.ts';
import { LearnedDocuments, type SharedPool } from './learned-documents.ts';
import type { SharedKind } from './shared-kind.ts';
import { SharedLedger } from './shared-ledger.ts';
import { SharedPasts } from './shared-pasts.ts';
import { SharedSignals } from './shared-signals.ts';
import { SharedTimetable } from './shared-timetable.ts';

/** The first tick waits so long for what was shared before, ms. */
const FIRST_WAIT_MS = 1_000;

/** What shares its state. */
export interface SharingHost {
  readonly pools: ReadonlyMap<PoolId, SharedPool>;
  /** ms. */
  readonly intervals: { readonly fast: number; readonly slow: number };
  board(): SignalBoard;
  scheduler(): Scheduler | undefined;
  /** Of this instance, while it leads. */
  term(): number | undefined;
  /** Sizes should be decided on at once. */
  wake(trigger: Trigger, cause: string): void;
  failed(error: unknown): void;
  recovered(): void;
}

/**
 * What several instances know together and what a restart must not forget. Small things that matter at once are entries
 * of one ledger: it is read and merged once an interval, and written when something has changed here. What is large and
 * changes slowly, what pools have learned, are documents of their own: written by the leader one after the other, each
 * once in a slow interval, and read at the start and when this instance begins to lead.
 *
 * It makes one call to the store at a time, and no tick waits for it but the first, for a moment. While the store is away
 * everything goes on, and what was changed meanwhile is merged when it is back.
 */
export class SharedState {
  readonly #clock: Clock;
  readonly #host: SharingHost;
  readonly #store: CheckedStore;
  readonly #ledger: SharedLedger;
  readonly #learned: LearnedDocuments;
  /** Pools that have taken over what was learned. */
  #met = new WeakSet<SharedPool>();
  #isBegun = false;
  #isClosing = false;
  #isTicking = false;
  /** The first tick waits. */
  #isAwaited = false;
  /** The ledger is to be exchanged. */
  #isAsked = false;
  #isFailing = false;
  /** Why the newest document of a pool could not be kept. */
  #unkept: string | undefined;
  #running: Promise<void> | undefined;
  #dueAt = Number.NEGATIVE_INFINITY;
  /** Documents that are due: grows by the number of pools in a slow interval. */
  #owed = 0;
  #countedAt: number | undefined;
  #next = 0;

  constructor(store: StateStore, clock: Clock, host: SharingHost) {
    this.#clock = clock;
    this.#host = host;
    this.#store = new CheckedStore(store, clock);
    this.#learned = new LearnedDocuments(this.#store);
    const kinds = new Map<string, SharedKind>([
      ['signal', new SharedSignals(host.board, (pool) => host.pools.has(pool))],
      ['schedule', new SharedTimetable(host.scheduler)],
      ['past', new SharedPasts(host.pools, host.term, () => this.#ledger.isRead)],
    ]);
    this.#ledger = new SharedLedger(this.#store, {
      kinds,
      instant: () => this.#instant(),
      taken: (kind, cause) => {
        if (!this.#isAwaited) host.wake(kind === 'signal' ? 'signal' : 'wake', cause);
      },
    });
  }

  /** A tick begins: looks what others have shared, when that is due. The first waits a moment for it. Never rejects. */
  look(): void | Promise<void> {
    const isFirst = !this.#isBegun;
    this.#isBegun = true;
    this.#isTicking = true;
    this.share();
    if (isFirst) return this.#await();
  }

  /** Something may have changed here: shares it. */
  share(): void {
    if (!this.#isBegun || this.#isClosing) return;
    const at = this.#instant();
    this.#ledger.collect(at);
    const isUrgent = this.#ledger.isUnsaved && !this.#isFailing;
    if (isUrgent || at.monotonic >= this.#dueAt) this.#isAsked = true;
    this.#resume();
  }

  /** The tick is over: shares what it has changed, and keeps what pools have learned. */
  rest(): void {
    this.#isTicking = false;
    this.#count();
    this.share();
  }

  /** This instance has begun to lead: it takes over what the one before it had learned. */
  lead(): void {
    this.#met = new WeakSet();
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }

  /** Keeps all there is to keep. Settles in time; never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    if (!this.#isBegun) return;
    try {
      // A store takes real time, whatever clock the pools live by.
      await withDeadline(systemClock, timeoutMs, 'the last write', () => this.#keepAll());
    } catch (error) {
      this.#host.failed(error);
    }
  }

  #instant(): Instant {
    return { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
  }

  async #await(): Promise<void> {
    this.#isAwaited = true;
    try {
      await withDeadline(this.#clock, FIRST_WAIT_MS, 'the first look', () => this.#running);
    } catch {
      // It goes on by itself, and tells what is wrong.
    }
    this.#isAwaited = false;
  }

  get #hasWork(): boolean {
    if (this.#isClosing || this.#store.isSilent) return false;
    return this.#isAsked || (this.#owed >= 1 && !this.#isTicking);
  }

  #resume(): void {
    if (this.#hasWork) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#hasWork) {
      if (this.#isAsked) await this.#exchange();
      else await this.#keepNext();
    }
    this.#running = undefined;
  }

  async #exchange(): Promise<void> {
    this.#isAsked = false;
    this.#dueAt = this.#clock.monotonic() + this.#host.intervals.fast;
    try {
      await this.#ledger.exchange();
      await this.#meet();
      this.#isFailing = false;
      const [complaint = this.#unkept] = [...this.#ledger.complaints(), ...this.#learned.complaints()];
      if (complaint === undefined) this.#host.recovered();
      else this.#host.failed(new Error(complaint));
    } catch (error) {
      this.#isFailing = true;
      this.#host.failed(error);
    }
  }

  /** Has pools that are new take over what is kept of them. */
  async #meet(): Promise<void> {
    const met = this.#met;
    const strangers = [...this.#host.pools.values()].filter((pool) => !met.has(pool));
    // A pool that was added may be later than its entry.
    for (const { id } of strangers) this.#ledger.retake(`past ${id}`);
    await this.#learned.read(strangers, () => this.#clock.now());
    for (const pool of strangers) met.add(pool);
  }

  /** Counts the documents that are due. */
  #count(): void {
    const now = this.#clock.monotonic();
    const { size } = this.#host.pools;
    const passedMs = now - (this.#countedAt ?? now);
    this.#countedAt = now;
    this.#owed = Math.min(size, this.#owed + (size * passedMs) / this.#host.intervals.slow);
  }

  async #keepNext(): Promise<void> {
    this.#owed--;
    const pools = [...this.#host.pools.values()];
    const pool = pools[this.#next++ % pools.length];
    if (pool !== undefined) await this.#keep(pool);
  }

  async #keepAll(): Promise<void> {
    await this.#running;
    if (this.#store.isSilent) return;
    this.#ledger.collect(this.#instant());
    await this.#exchange();
    this.#unkept = undefined;
    for (const pool of this.#host.pools.values()) {
      if (this.#isFailing || this.#unkept !== undefined) return;
      await this.#keep(pool);
    }
  }

  /** Keeps what a pool has learned, where this instance leads and knows what was kept before. */
  async #keep(pool: SharedPool): Promise<void> {
    const term = this.#host.term();
    if (term === undefined || !this.#met.has(pool)) return;
    try {
      await this.#learned.write(pool, term, Math.round(this.#clock.now()));
      this.#unkept = undefined;
    } catch (error) {
      this.#owed = 0;
      this.#unkept = messageOf(error);
      this.#host.failed(error);
    }
  }
}
