export { fileState } from './file-state.ts';
export { memoryState } from './memory-state.ts';
export type { StateStore, Versioned } from './state-store.ts';
