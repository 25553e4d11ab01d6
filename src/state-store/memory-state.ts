import type { StateStore } from './state-store.ts';

/** State that lives as long as the process: for controllers of one process, and for tests. */
export function memoryState(): StateStore {
  const kept = new Map<string, { readonly text: string; readonly version: number }>();
  let closed = false;
  return {
    async read(key) {
      const found = kept.get(key);
      return found && { value: JSON.parse(found.text), version: found.version };
    },
    async replace(key, value, expected) {
      if (closed) throw new Error('this store is closed');
      if ((kept.get(key)?.version ?? 0) !== expected) return false;
      // As text, as other stores keep it: what its owner changes later does not change here.
      kept.set(key, { text: JSON.stringify(value), version: expected + 1 });
      return true;
    },
    async close() {
      closed = true;
    },
  };
}
