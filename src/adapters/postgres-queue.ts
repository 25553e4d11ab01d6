export type { JobDatabase } from './postgres-queue/job-database.ts';
export { type PgBossQueueOptions, pgBossIndex, pgBossQueue } from './postgres-queue/pg-boss-queue.ts';
