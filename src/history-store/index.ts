export { type FileHistoryOptions, fileHistory } from './file-history.ts';
export type { HistoryRange, HistoryStore } from './history-store.ts';
export { type ImportOptions, importHistory } from './import-history.ts';
export { type MemoryHistoryOptions, memoryHistory } from './memory-history.ts';
export {
  type HistoryFault,
  type RecordHistoryOptions,
  recordHistory,
  type TickSource,
} from './record-history.ts';
