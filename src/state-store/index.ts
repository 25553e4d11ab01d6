export { memoryState } from './memory-state.ts';
export type { StateStore, Versioned } from './state-store.ts';
