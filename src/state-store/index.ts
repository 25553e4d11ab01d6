export type { StateStore, Versioned } from './state-store.ts';
