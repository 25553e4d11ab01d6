export { type SqlStore, type SqlStoreOptions, sqlStore } from './sql-store.ts';
