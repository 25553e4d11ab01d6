export type { PgPool, SqlSource } from './database.ts';
export { type SqlStore, type SqlStoreOptions, sqlStore } from './sql-store.ts';
