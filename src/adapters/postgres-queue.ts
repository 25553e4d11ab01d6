export type { JobDatabase } from './postgres-queue/job-database.ts';
export { type PgBossQueueOptions, pgBossIndex, pgBossQueue } from './postgres-queue/pg-boss-queue.ts';
export {
  type PgBossWorkers,
  type PgBossWorkersOptions,
  pgBossWorkers,
} from './postgres-queue/pg-boss-workers.ts';
