import { randomUUID } from 'node:crypto';
import type { Instant } from '../core/instant.ts';
import { messageOf } from '../errors.ts';
import type { StateStore } from '../state-store/state-store.ts';
import { current, type Entry, fromDocument, type Ledger, merge, newIn, toDocument } from './ledger.ts';
import type { SharedKind } from './shared-kind.ts';

/** Key of the ledger in the store. */
const KEY = 'shared';
/** Times that a ledger is merged and written while other instances write at the same time. */
const MOST_ATTEMPTS = 8;

/** What is needed beside the store. */
export interface LedgerHost {
  readonly kinds: ReadonlyMap<string, SharedKind>;
  instant(): Instant;
  /** Something was taken over on which sizes depend. */
  taken(kind: string, cause: string): void;
}

/** One instance's copy of the ledger, and how it is brought together with the others'. */
export class SharedLedger {
  /** Something has changed here that the store does not have yet. */
  isUnsaved = false;
  /** It has been read: what others did is known. */
  isRead = false;
  readonly #store: Pick<StateStore, 'read' | 'replace'>;
  readonly #host: LedgerHost;
  readonly #instance = randomUUID().slice(0, 8);
  /** Entries that could not be understood, and why. */
  readonly #refused = new Map<Entry, string>();
  #ledger: Ledger = new Map();
  #complaint: string | undefined;

  constructor(store: Pick<StateStore, 'read' | 'replace'>, host: LedgerHost) {
    this.#store = store;
    this.#host = host;
  }

  /** Enters what has changed here. */
  collect(at: Instant): void {
    const changed = new Map<string, Entry>();
    for (const [kind, shared] of this.#host.kinds) {
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
    this.isUnsaved = true;
  }

  /** Reads, merges, takes over what is new, and writes where the store lacks something. */
  async exchange(): Promise<void> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const { value, version = 0 } = (await this.#store.read(KEY)) ?? {};
      const { ledger, isForeign, complaint } = fromDocument(value);
      this.#complaint = complaint;
      const at = this.#host.instant();
      // First, so that what was changed here since is the newer one.
      this.collect(at);
      const remote = current(ledger, at.now);
      const news = newIn(remote, this.#ledger);
      this.#ledger = current(merge(this.#ledger, remote), at.now);
      for (const entry of news) this.#take(entry, at);
      this.isRead = true;
      this.collect(at);
      this.isUnsaved = !isForeign && newIn(this.#ledger, remote).length > 0;
      if (!this.isUnsaved) return;
      this.isUnsaved = false;
      let isReplaced = false;
      try {
        isReplaced = await this.#store.replace(KEY, toDocument(this.#ledger), version);
      } finally {
        this.isUnsaved ||= !isReplaced;
      }
      if (isReplaced) return;
    }
    throw new Error(`the shared state could not be replaced in ${MOST_ATTEMPTS} attempts`);
  }

  /** Has an entry taken over again, for something that was not there when it came. */
  retake(key: string): void {
    const entry = this.#ledger.get(key);
    if (entry !== undefined) this.#take(entry, this.#host.instant());
  }

  /** What is wrong with the ledger as it is kept. */
  complaints(): string[] {
    for (const entry of this.#refused.keys()) {
      if (this.#ledger.get(entry.key) !== entry) this.#refused.delete(entry);
    }
    return [...(this.#complaint === undefined ? [] : [this.#complaint]), ...this.#refused.values()];
  }

  #take(entry: Entry, at: Instant): void {
    const kind = entry.key.slice(0, entry.key.indexOf(' '));
    const name = entry.key.slice(kind.length + 1);
    try {
      const cause = this.#host.kinds.get(kind)?.take(name, entry, at);
      if (cause !== undefined) this.#host.taken(kind, cause);
    } catch (error) {
      this.#refused.set(entry, `${entry.key}: ${messageOf(error)}`);
    }
  }
}
