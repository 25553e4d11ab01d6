/** One thing that instances share. Of two under the same key the newer one counts. Plain JSON. */
export interface Entry {
  readonly key: string;
  /** Of the leader that wrote it; 0 where every instance may. The higher term is the newer one, then the later time. */
  readonly term: number;
  /** When it was written: epoch ms, but always later than what it replaced, whatever the writer's clock says. */
  readonly at: number;
  /** The instance that wrote it: decides between two of one time, alike at all instances. */
  readonly by: string;
  /** Epoch ms from which on it is forgotten; absent = never. */
  readonly until?: number;
  /** Absent: it was taken back. Kept so that what it replaced cannot return. */
  readonly value?: unknown;
}

/** What instances share, by key. */
export type Ledger = ReadonlyMap<string, Entry>;

/** How a ledger is kept. Plain JSON. */
export interface LedgerDocument {
  readonly version: 1;
  readonly entries: readonly Entry[];
}

const VERSION = 1;
/** The last moment that a `Date` knows. */
const LAST_MS = 8.64e15;

/** Above 0 where `a` is newer than `b`, 0 where they are the same. */
function compare(a: Entry, b: Entry): number {
  return a.term - b.term || a.at - b.at || (a.by === b.by ? 0 : a.by > b.by ? 1 : -1);
}

/**
 * What two instances know together. The order in which ledgers are merged does not matter, nor how often: whoever has
 * seen the same entries has the same ledger.
 */
export function merge(a: Ledger, b: Ledger): Ledger {
  return newestOf([...a.values(), ...b.values()]);
}

function newestOf(entries: Iterable<Entry>): Ledger {
  const newest = new Map<string, Entry>();
  for (const entry of entries) {
    const known = newest.get(entry.key);
    if (known === undefined || compare(entry, known) > 0) newest.set(entry.key, entry);
  }
  return newest;
}

/** Entries of `ledger` that `before` does not have, or has older. */
export function newIn(ledger: Ledger, before: Ledger): Entry[] {
  return [...ledger.values()].filter((entry) => {
    const known = before.get(entry.key);
    return known === undefined || compare(entry, known) > 0;
  });
}

/** What still matters at `now` (epoch ms). */
export function current(ledger: Ledger, now: number): Ledger {
  return new Map([...ledger].filter(([, { until }]) => until === undefined || until > now));
}

export function toDocument(ledger: Ledger): LedgerDocument {
  return { version: VERSION, entries: [...ledger.values()] };
}

/** What a store gave, read with care. */
export interface LedgerReading {
  readonly ledger: Ledger;
  /** It is of another format, which must not be replaced. */
  readonly isForeign?: boolean;
  /** What is wrong with it. */
  readonly complaint?: string;
}

/** Takes what is a ledger, or those parts of it that are. */
export function fromDocument(document: unknown): LedgerReading {
  if (document === undefined) return { ledger: new Map() };
  const { version, entries } = (document ?? {}) as Partial<Record<keyof LedgerDocument, unknown>>;
  if (typeof version === 'number' && version !== VERSION) {
    const complaint = `the shared state is of format ${version}, and ${VERSION} is known here: it is left alone`;
    return { ledger: new Map(), isForeign: true, complaint };
  }
  if (!Array.isArray(entries)) return { ledger: new Map(), complaint: 'the shared state is not readable' };
  const sound = entries.filter(isEntry);
  const ledger = newestOf(sound);
  const broken = entries.length - sound.length;
  return {
    ledger,
    ...(broken > 0 && { complaint: `${broken} entries of the shared state are not readable` }),
  };
}

function isEntry(value: unknown): value is Entry {
  const { key, term, at, by, until } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  return (
    typeof key === 'string' &&
    isWhole(term) &&
    isWhole(at) &&
    typeof by === 'string' &&
    (until === undefined || isWhole(until))
  );
}

function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LAST_MS;
}
