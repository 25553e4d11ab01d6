interface Watched<Item> {
  readonly items: Set<Item>;
  readonly listener: () => void;
}

/**
 * Hears the signals of many. Items under the same signal share one listener: `addEventListener` looks through those
 * that are there, so 100,000 jobs under the one signal of a batch would take minutes to add.
 */
export class AbortWatch<Item> {
  readonly #watched = new Map<AbortSignal, Watched<Item>>();
  readonly #onAbort: (item: Item, reason: unknown) => void;

  constructor(onAbort: (item: Item, reason: unknown) => void) {
    this.#onAbort = onAbort;
  }

  /** Until it is unwatched or aborted. */
  watch(item: Item, signal: AbortSignal): void {
    const watched = this.#watched.get(signal) ?? this.#listen(signal);
    watched.items.add(item);
  }

  unwatch(item: Item, signal: AbortSignal): void {
    const watched = this.#watched.get(signal);
    if (!watched?.items.delete(item) || watched.items.size > 0) return;
    signal.removeEventListener('abort', watched.listener);
    this.#watched.delete(signal);
  }

  #listen(signal: AbortSignal): Watched<Item> {
    const items = new Set<Item>();
    const listener = (): void => {
      this.#watched.delete(signal);
      for (const item of items) this.#onAbort(item, signal.reason);
    };
    const watched = { items, listener };
    this.#watched.set(signal, watched);
    signal.addEventListener('abort', listener, { once: true });
    return watched;
  }
}
