import type { Instant } from '../core/instant.ts';
import type { PoolId } from '../core/observation.ts';
import type { SharedPool } from './learned-documents.ts';
import type { Entry } from './ledger.ts';
import { parseRecentPast } from './pool-documents.ts';
import type { Change, SharedKind } from './shared-kind.ts';

/** Nothing that was done longer ago than this matters to a size, ms. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;

/** What the leader did to the pools lately, so that the next one keeps its pace. Written by the leader only. */
export class SharedPasts implements SharedKind {
  readonly #pools: ReadonlyMap<PoolId, SharedPool>;
  readonly #term: () => number | undefined;
  /** Revision of each pool's past that is shared. */
  readonly #shared = new WeakMap<SharedPool, number>();
  readonly #isKnown: () => boolean;

  /**
   * @param term of this instance, while it leads
   * @param isKnown what was done before this instance is: what it shares does not hide it then
   */
  constructor(
    pools: ReadonlyMap<PoolId, SharedPool>,
    term: () => number | undefined,
    isKnown: () => boolean,
  ) {
    this.#pools = pools;
    this.#term = term;
    this.#isKnown = isKnown;
  }

  changes(at: Instant): readonly Change[] {
    const changes: Change[] = [];
    if (!this.#isKnown()) return changes;
    let term: number | undefined;
    for (const pool of this.#pools.values()) {
      const { memory } = pool;
      if ((this.#shared.get(pool) ?? 0) === memory.revision) continue;
      term ??= this.#term();
      if (term === undefined) break;
      this.#shared.set(pool, memory.revision);
      changes.push({ name: pool.id, term, until: at.now + REMEMBERED_MS, value: memory.recent(at) });
    }
    return changes;
  }

  take(name: string, { value }: Entry, at: Instant): undefined {
    const pool = this.#pools.get(name);
    if (pool === undefined || value === undefined) return;
    const past = parseRecentPast(value);
    if (past === undefined) throw new Error(`the past of ${name} is not readable`);
    pool.memory.takeRecent(past, this.#term() !== undefined, at);
  }
}
