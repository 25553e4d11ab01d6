import type { Clock } from '../clock.ts';
import { isPromise, withDeadline } from '../deadline.ts';
import { DeadlineError } from '../errors.ts';
import type { StateStore, Versioned } from '../state-store/state-store.ts';

/** Time that one call gets, ms. */
const TIMEOUT_MS = 5_000;
/** A call that got no answer is waited for so long before the next one is made, ms: a client may queue them. */
const PATIENCE_MS = 60_000;

/** A store whose calls end in time, and whose answers are what they should be. */
export class CheckedStore implements Pick<StateStore, 'read' | 'replace'> {
  readonly #store: StateStore;
  readonly #clock: Clock;
  #silentUntil = Number.NEGATIVE_INFINITY;

  constructor(store: StateStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** A call has had no answer: it is not yet time for another one. */
  get isSilent(): boolean {
    return this.#clock.monotonic() < this.#silentUntil;
  }

  async read(key: string): Promise<Versioned | undefined> {
    const found: unknown = await this.#call('read()', () => this.#store.read(key));
    if (found === undefined) return undefined;
    const { value, version } = (found ?? {}) as Partial<Versioned>;
    if (!Number.isSafeInteger(version) || (version as number) < 1) {
      throw new Error(`read() of the state store gave no document with a version: ${String(version)}`);
    }
    return { value, version: version as number };
  }

  async replace(key: string, value: unknown, expected: number): Promise<boolean> {
    const isReplaced: unknown = await this.#call('replace()', () =>
      this.#store.replace(key, value, expected),
    );
    if (typeof isReplaced !== 'boolean') {
      throw new Error(`replace() of the state store gave neither true nor false: ${String(isReplaced)}`);
    }
    return isReplaced;
  }

  async #call<T>(what: string, work: () => Promise<T>): Promise<T> {
    const pending = work();
    try {
      return await withDeadline(this.#clock, TIMEOUT_MS, `${what} of the state store`, () => pending);
    } catch (error) {
      if (error instanceof DeadlineError && isPromise(pending)) this.#await(pending);
      throw error;
    }
  }

  #await(pending: Promise<unknown>): void {
    const until = this.#clock.monotonic() + PATIENCE_MS;
    this.#silentUntil = until;
    const answered = (): void => {
      if (this.#silentUntil === until) this.#silentUntil = Number.NEGATIVE_INFINITY;
    };
    pending.then(answered, answered);
  }
}
