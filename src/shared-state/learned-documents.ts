import type { PoolId } from '../core/observation.ts';
import type { PoolMemory } from '../pool/pool-memory.ts';
import type { StateStore } from '../state-store/state-store.ts';
import { type Learned, parseLearned, type Unusable } from './pool-documents.ts';

/** What is needed of a pool. */
export interface SharedPool {
  readonly id: PoolId;
  readonly memory: PoolMemory;
}

/** Documents that are read at a time: each may have a hundred kilobytes. */
const AT_A_TIME = 16;

/** What each pool has learned: a document of its own, since it is large and changes slowly. */
export class LearnedDocuments {
  readonly #store: Pick<StateStore, 'read' | 'replace'>;
  /** Of each pool's document, as it was seen last. */
  readonly #versions = new Map<PoolId, number>();
  readonly #complaints = new Map<PoolId, string>();

  constructor(store: Pick<StateStore, 'read' | 'replace'>) {
    this.#store = store;
  }

  /** What is wrong with documents as they are kept. */
  complaints(): string[] {
    return [...this.#complaints].map(([id, complaint]) => `what ${id} has learned ${complaint}`);
  }

  /** Has pools take over what is kept of them. */
  async read(pools: readonly SharedPool[], now: () => number): Promise<void> {
    for (let from = 0; from < pools.length; from += AT_A_TIME) {
      const some = pools.slice(from, from + AT_A_TIME);
      const found = await Promise.all(some.map(({ id }) => this.#read(id)));
      for (const [i, { memory }] of some.entries()) {
        const learned = found[i];
        if (learned !== undefined && !('complaint' in learned)) memory.takeLearned(learned, now());
      }
    }
  }

  /** Keeps what a pool has learned, unless a later leader has done so. */
  async write({ id, memory }: SharedPool, term: number, now: number): Promise<void> {
    const learned = memory.learned();
    if (learned.startupsMs.length === 0 && learned.predictor === undefined && !learned.rehearsal?.seenMs)
      return;
    const document: Learned = { version: 1, term, at: now, ...learned };
    if (await this.#replace(id, document)) return;
    const found = await this.#read(id);
    const isOthers =
      found !== undefined && ('complaint' in found ? found.isForeign : found.term > document.term);
    if (!isOthers) await this.#replace(id, document);
  }

  async #read(id: PoolId): Promise<Learned | Unusable | undefined> {
    const found = await this.#store.read(keyOf(id));
    const learned = found && parseLearned(found.value);
    const unusable = learned !== undefined && 'complaint' in learned ? learned : undefined;
    // Of a foreign one it is looked again before each write whether it is there still.
    this.#versions.set(id, unusable?.isForeign ? 0 : (found?.version ?? 0));
    if (unusable === undefined) this.#complaints.delete(id);
    else this.#complaints.set(id, unusable.complaint);
    return learned;
  }

  async #replace(id: PoolId, document: Learned): Promise<boolean> {
    const expected = this.#versions.get(id) ?? 0;
    const isReplaced = await this.#store.replace(keyOf(id), document, expected);
    if (isReplaced) {
      this.#versions.set(id, expected + 1);
      this.#complaints.delete(id);
    }
    return isReplaced;
  }
}

function keyOf(pool: PoolId): string {
  return `pool/${pool}`;
}
