import { memoryState } from '../../src/state-store/memory-state.ts';
import type { StateStore } from '../../src/state-store/state-store.ts';
import { describeStateStore } from './state-store-contract.ts';

const places = new Map<string, StateStore>();

describeStateStore('memoryState', (place) => {
  const store = places.get(place) ?? memoryState();
  places.set(place, store);
  return store;
});
