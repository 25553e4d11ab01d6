import { InvalidOptionError } from '../../errors.ts';
import type { LoadObservation, PoolSource } from '../compose-adapter.ts';
import { sharedCall } from '../shared-call.ts';
import type { JobDatabase } from './job-database.ts';
import { RunningTotals } from './running-totals.ts';
import { SharedLook } from './shared-look.ts';
import { type QueueSnapshot, SETTLING_MS } from './snapshot.ts';

export interface PgBossQueueOptions {
  /** The schema that pg-boss was given. Default `pgboss`. */
  readonly schema?: string;
}

/** Queues of one database share their looks, a schema each. */
const looks = new WeakMap<JobDatabase, Map<string, SharedLook>>();

/**
 * A queue of pg-boss 10 as the place where a pool's work waits. `database` is the `PgBoss`, or a `Pool` of pg: queues
 * that are made with the same one are looked at in one statement a tick.
 *
 * `queued` counts the jobs that could begin now, also those to be tried again; in a `singleton` or `stately` queue one
 * for each key of which none is active, since no further worker could have the others. `context` adds `delayedJobs`,
 * `blockedJobs` (those others) and `oldestWaitingMs`. The totals count from the first look on, what is there then has
 * arrived. `serviceTimeMs` and `waitTimeMs` are means of the jobs that ended within the last minute.
 *
 * It makes nothing in the database. Without the index of `pgBossIndex` a look reads all jobs that the queue keeps.
 *
 * @throws InvalidOptionError
 */
export function pgBossQueue(
  database: JobDatabase,
  queue: string,
  options: PgBossQueueOptions = {},
): PoolSource {
  const { schema = 'pgboss' } = options;
  if (typeof queue !== 'string' || queue === '') {
    throw new InvalidOptionError('queue', 'must be the name of a queue', queue);
  }
  const look = lookAt(database, checkedSchema(schema));
  const totals = new RunningTotals();
  let before: QueueSnapshot | undefined;

  const observe = sharedCall(async (): Promise<LoadObservation> => {
    const snapshot = await look.at({
      queue,
      since: before === undefined ? null : before.at - SETTLING_MS,
      isKeyed: before?.isKeyed ?? true,
    });
    before = snapshot;
    return { ...loadOf(snapshot), ...totals.add(snapshot) };
  });
  return { observe };
}

/**
 * The statement that makes the index by which `pgBossQueue` finds the jobs that run or have ended, in the queues that
 * are there and in those that come. Run it once, as the owner of the table, where the queues keep many jobs.
 *
 * @throws InvalidOptionError
 */
export function pgBossIndex(schema = 'pgboss'): string {
  return `CREATE INDEX IF NOT EXISTS job_flyball ON ${checkedSchema(schema)}.job (state, completed_on) WHERE state >= 'active'`;
}

function lookAt(database: JobDatabase, schema: string): SharedLook {
  if (!['query', 'getDb'].some((method) => typeof Reflect.get(Object(database), method) === 'function')) {
    throw new InvalidOptionError('database', 'must be a PgBoss or have a method query', database);
  }
  const ofDatabase = looks.get(database) ?? new Map<string, SharedLook>();
  looks.set(database, ofDatabase);
  const look = ofDatabase.get(schema) ?? new SharedLook(database, schema);
  ofDatabase.set(schema, look);
  return look;
}

function loadOf(snapshot: QueueSnapshot): LoadObservation {
  const { due, delayed, active, oldestMs, isKeyed, freeKeys, serviceTimeMs, waitTimeMs } = snapshot;
  const queued = isKeyed ? freeKeys : due;
  return {
    queued,
    active,
    ...(serviceTimeMs !== null && { serviceTimeMs }),
    ...(waitTimeMs !== null && { waitTimeMs }),
    context: { delayedJobs: delayed, blockedJobs: due - queued, oldestWaitingMs: oldestMs },
  };
}

/** By pg-boss's own rule: it stands in statements as it is. */
function checkedSchema(schema: unknown): string {
  if (typeof schema === 'string' && /^[A-Za-z_]\w{0,49}$/.test(schema)) return schema;
  throw new InvalidOptionError(
    'schema',
    'must be a name of at most 50 letters, digits and underscores',
    schema,
  );
}
