/** What is kept under a key, and which edition of it. */
export interface Versioned {
  /** Plain JSON. */
  readonly value: unknown;
  /** 1 for the first, one more at each change. */
  readonly version: number;
}

/**
 * Keeps small documents that instances share and that survive a restart: what predictors have learned, signals in
 * force, schedules that were changed at run time. Several instances may write: each says which edition it has seen.
 */
export interface StateStore {
  /** `undefined`: nothing is kept under this key. */
  read(key: string): Promise<Versioned | undefined>;
  /**
   * Replaces what is kept under a key, in one step, where it still has the version `expected` (0: there is none yet).
   * Settles when a process that dies afterwards has not lost it.
   *
   * @param value plain JSON
   * @returns whether it was replaced; `false`: another was quicker, read again
   */
  replace(key: string, value: unknown, expected: number): Promise<boolean>;
  /** Settles when all that was written is kept. The store takes no more then. */
  close(): Promise<void>;
}
