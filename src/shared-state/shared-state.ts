import { randomUUID } from 'node:crypto';
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
import { current, type Entry, fromDocument, type Ledger, merge, newIn, toDocument } from './ledger.ts';
import type { SharedKind } from './shared-kind.ts';
import { SharedPasts } from './shared-pasts.ts';
import { SharedSignals } from './shared-signals.ts';
import { SharedTimetable } from './shared-timetable.ts';

/** Key of the ledger in the store. */
const LEDGER = 'shared';
/** The first tick waits so long for what was shared before, ms. */
const FIRST_WAIT_MS = 1_000;
/** Times that a ledger is merged and written when other instances write at the same time, before the next turn. */
const MOST_ATTEMPTS = 8;

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
 * of one ledger, in which the newest counts: it is read and merged once an interval, and written when something has
 * changed here. What is large and changes slowly, what pools have learned, are documents of their own: written by the
 * leader in turn, each once in a slow interval, and read at the start and when this instance begins to lead.
 *
 * All of it happens between ticks and never holds one up. While the store is away everything goes on, and what was
 * changed meanwhile is merged when it is back.
 */
export class SharedState {
  readonly #clock: Clock;
  readonly #host: SharingHost;
  readonly #store: CheckedStore;
  readonly #learned: LearnedDocuments;
  readonly #pasts: SharedPasts;
  readonly #kinds: ReadonlyMap<string, SharedKind>;
  readonly #instance = randomUUID().slice(0, 8);
  /** Entries that could not be understood, and why. */
  readonly #refused = new Map<Entry, string>();
  /** Pools that have taken over what was learned. */
  #met = new WeakSet<SharedPool>();
  #ledger: Ledger = new Map();
  #isUnsaved = false;
  #isFailing = false;
  #isAwaited = false;
  #begun = false;
  #isClosing = false;
  #isOver = false;
  /** For another turn, after the one that runs. */
  #isAsked = false;
  #running: Promise<void> | undefined;
  #dueAt = Number.NEGATIVE_INFINITY;
  /** Documents of pools that are due: grows by the number of pools in a slow interval. */
  #owed = 0;
  #owedAt: number | undefined;
  #next = 0;

  constructor(store: StateStore, clock: Clock, host: SharingHost) {
    this.#clock = clock;
    this.#host = host;
    this.#store = new CheckedStore(store, clock);
    this.#learned = new LearnedDocuments(this.#store);
    this.#pasts = new SharedPasts(host.pools, () => host.term());
    const manages = (pool: PoolId): boolean => host.pools.has(pool);
    this.#kinds = new Map<string, SharedKind>([
      ['signal', new SharedSignals(() => host.board(), manages)],
      ['schedule', new SharedTimetable(() => host.scheduler())],
      ['past', this.#pasts],
    ]);
  }

  /**
   * Looks what others have shared. Called when a tick begins, which does not wait for it; but the first waits a moment
   * for what was shared before. Never rejects.
   */
  look(): void | Promise<void> {
    const isFirst = !this.#begun;
    this.#begun = true;
    this.turn(this.#instant());
    if (isFirst) return this.#await();
  }

  /** Shares what has changed here. Called when something may have; once an interval it looks what others have, too. */
  turn(at: Instant): void {
    if (!this.#begun || this.#isClosing) return;
    this.#collect(at);
    const isDue = at.monotonic >= this.#dueAt || (this.#isUnsaved && !this.#isFailing);
    if (!isDue || this.#store.isSilent) return;
    this.#isAsked = true;
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isAsked && !this.#isClosing) {
      this.#isAsked = false;
      this.#dueAt = this.#clock.monotonic() + this.#host.intervals.fast;
      await this.#sync(() => this.#writeDue());
    }
    this.#running = undefined;
  }

  /** This instance has begun to lead: it takes over what the one before it had learned. */
  lead(): void {
    this.#met = new WeakSet();
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }

  /** Keeps all there is to keep. Settles in time; never rejects. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#begun && !this.#store.isSilent) {
      const last = async (): Promise<void> => {
        await this.#running;
        if (this.#store.isSilent) return;
        this.#collect(this.#instant());
        await this.#sync(() => this.#writeAll());
      };
      try {
        // A store takes real time, whatever clock the pools live by.
        await withDeadline(systemClock, timeoutMs, 'the last write', last);
      } catch (error) {
        this.#host.failed(error);
      }
    }
    this.#isOver = true;
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

  #instant(): Instant {
    return { now: this.#clock.now(), monotonic: this.#clock.monotonic() };
  }

  /** Enters into the ledger what has changed here. */
  #collect(at: Instant): void {
    const changed = new Map<string, Entry>();
    for (const [kind, shared] of this.#kinds) {
      for (const { name, term = 0, until, value } of shared.changes(at)) {
        const key = `${kind} ${name}`;
        const known = this.#ledger.get(key);
        changed.set(key, {
          key,
          // Who leads and has seen a higher term leads after it: terms begin anew when the lease has lost its memory.
          term: Math.max(term, known?.term ?? 0),
          at: Math.max(Math.round(at.now), (known?.at ?? 0) + 1),
          by: this.#instance,
          ...(until !== undefined && { until }),
          ...(value !== undefined && { value }),
        });
      }
    }
    if (changed.size === 0) return;
    this.#ledger = merge(this.#ledger, changed);
    this.#isUnsaved = true;
  }

  async #sync(writeLearned: () => Promise<void>): Promise<void> {
    try {
      const complaints = await this.#share();
      await this.#readLearned();
      await writeLearned();
      this.#isFailing = false;
      const [complaint] = [...complaints, ...this.#learned.complaints()];
      if (complaint === undefined) this.#host.recovered();
      else this.#host.failed(new Error(complaint));
    } catch (error) {
      this.#isFailing = true;
      if (!this.#isOver) this.#host.failed(error);
    }
  }

  /** Reads, merges, and writes where there is something to write. Gives what is wrong with what was read. */
  async #share(): Promise<string[]> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const { value, version = 0 } = (await this.#store.read(LEDGER)) ?? {};
      if (this.#isOver) return [];
      const { ledger, isForeign, complaint } = fromDocument(value);
      const at = this.#instant();
      // First, so that what was changed here since is the newer one.
      this.#collect(at);
      const remote = current(ledger, at.now);
      const news = newIn(remote, this.#ledger);
      this.#ledger = current(merge(this.#ledger, remote), at.now);
      for (const entry of news) this.#take(entry, at);
      this.#pasts.isKnown = true;
      this.#collect(at);
      const complaints = [...(complaint === undefined ? [] : [complaint]), ...this.#standingComplaints()];
      if (isForeign || newIn(this.#ledger, remote).length === 0) {
        this.#isUnsaved = false;
        return complaints;
      }
      this.#isUnsaved = false;
      try {
        if (await this.#store.replace(LEDGER, toDocument(this.#ledger), version)) return complaints;
      } catch (error) {
        this.#isUnsaved = true;
        throw error;
      }
      this.#isUnsaved = true;
    }
    throw new Error(`the shared state could not be replaced in ${MOST_ATTEMPTS} attempts`);
  }

  #take(entry: Entry, at: Instant): void {
    const kind = entry.key.slice(0, entry.key.indexOf(' '));
    const name = entry.key.slice(kind.length + 1);
    try {
      const cause = this.#kinds.get(kind)?.take(name, entry, at);
      if (cause !== undefined && !this.#isAwaited)
        this.#host.wake(kind === 'signal' ? 'signal' : 'wake', cause);
    } catch (error) {
      this.#refused.set(entry, `${entry.key}: ${messageOf(error)}`);
    }
  }

  #standingComplaints(): string[] {
    for (const entry of this.#refused.keys()) {
      if (this.#ledger.get(entry.key) !== entry) this.#refused.delete(entry);
    }
    return [...this.#refused.values()];
  }

  async #readLearned(): Promise<void> {
    const met = this.#met;
    const strangers = [...this.#host.pools.values()].filter((pool) => !met.has(pool));
    if (strangers.length === 0) return;
    const at = this.#instant();
    for (const pool of strangers) {
      // A pool that was added after its entry had come.
      const past = this.#ledger.get(`past ${pool.id}`);
      if (past !== undefined) this.#take(past, at);
    }
    await this.#learned.read(strangers, () => this.#clock.now());
    for (const pool of strangers) met.add(pool);
  }

  async #writeDue(): Promise<void> {
    const now = this.#clock.monotonic();
    const { size } = this.#host.pools;
    const passedMs = now - (this.#owedAt ?? now);
    this.#owedAt = now;
    this.#owed = Math.min(size, this.#owed + (size * passedMs) / this.#host.intervals.slow);
    for (; this.#owed >= 1; this.#owed--) {
      const pools = [...this.#host.pools.values()];
      const pool = pools[this.#next++ % pools.length];
      if (pool === undefined || !(await this.#writeOne(pool))) return;
    }
  }

  async #writeAll(): Promise<void> {
    for (const pool of this.#host.pools.values()) if (!(await this.#writeOne(pool))) return;
  }

  /** `false`: it is for another instance to write. */
  async #writeOne(pool: SharedPool): Promise<boolean> {
    const term = this.#host.term();
    if (term === undefined || this.#isOver) return false;
    await this.#learned.write(pool, term, Math.round(this.#clock.now()));
    return true;
  }
}
