/** Jobs that have ended since some moment. */
export interface Ended {
  readonly completed: number;
  readonly failed: number;
  /** Cancelled when they could have run already. */
  readonly cancelled: number;
}

/** One look at a queue of pg-boss, as `snapshotStatement` takes it. Counts of jobs; times by the database's clock. */
export interface QueueSnapshot {
  /** When the look was taken, epoch ms. */
  readonly at: number;
  /** Jobs that could begin. */
  readonly due: number;
  /** Jobs whose time has not come: sent with a delay, or to be retried after one. */
  readonly delayed: number;
  readonly active: number;
  /** How long ago the first of the due jobs could have begun, ms; 0 without any. */
  readonly oldestMs: number;
  /** `singleton` and `stately` queues run one job of a key at a time. */
  readonly isKeyed: boolean;
  /** Keys of which a job is due and none is active; 0 where the queue is not keyed. */
  readonly freeKeys: number;
  /** Since the moment that the question named. */
  readonly ended: Ended;
  /** Since `SETTLING_MS` before this look. */
  readonly lately: Ended;
  /** Mean of those that ended, from start to end; `null` where none did. */
  readonly serviceTimeMs: number | null;
  /** Mean of those that ended, from when they could begin to their (last) start. */
  readonly waitTimeMs: number | null;
}

/** What is asked of one queue. */
export interface Question {
  readonly queue: string;
  /** Count what has ended since then, epoch ms; `null`: since `SETTLING_MS` ago. */
  readonly since: number | null;
  /** It runs one job of a key at a time, or may: only then are its keys counted. */
  readonly isKeyed: boolean;
}

/**
 * A job is marked with the time at which the transaction began that completed it, and shows when that one is committed:
 * up to this much later it is still counted.
 */
export const SETTLING_MS = 60_000;

/**
 * All queues in one statement, which gives `looks`: the answers as JSON text, whatever type parsers the host's driver
 * has. `$1` names, `$2` moments, `$3` the earliest moment, apart from the others so that the planner knows how little
 * is newer; `$4` names of the queues that are keyed, as far as is known.
 *
 * What waits is read from pg-boss's own index (`job_i5`). Of what runs and has ended pg-boss has none: with that of
 * `pgBossIndex` it costs what ran in the last minute, without it all jobs that the queue keeps. pg-boss moves ended
 * jobs to its archive; where it does so at once, they are counted there.
 */
export function snapshotStatement(schema: string): string {
  const settled = `date_trunc('milliseconds', now()) - interval '${SETTLING_MS} ms'`;
  const earliest = `least(to_timestamp($3::float8 / 1000), ${settled})`;
  const hasEnded = `state IN ('completed', 'failed', 'cancelled')`;
  const count = (condition: string): string => `json_build_object(
      'completed', count(*) FILTER (WHERE ${condition} AND state = 'completed'),
      'failed', count(*) FILTER (WHERE ${condition} AND state = 'failed'),
      'cancelled', count(*) FILTER (WHERE ${condition} AND state = 'cancelled' AND start_after <= completed_on))`;
  const mean = (from: string, to: string): string =>
    `avg(extract(epoch FROM ${to} - ${from}) * 1000) FILTER (WHERE ${hasEnded})`;
  const columns = 'name, state, start_after, started_on, completed_on';
  return `
WITH asked AS (
  SELECT nr, name, coalesce(to_timestamp(since / 1000), ${settled}) AS since
  FROM unnest($1::text[], $2::float8[]) WITH ORDINALITY AS asked (name, since, nr)
), waiting AS (
  SELECT name,
    count(*) FILTER (WHERE start_after <= now()) AS due,
    count(*) FILTER (WHERE start_after > now()) AS delayed,
    min(start_after) FILTER (WHERE start_after <= now()) AS oldest
  FROM ${schema}.job
  WHERE name = ANY ($1::text[]) AND state < 'active'
  GROUP BY name
), free AS (
  SELECT name, count(*) AS keys
  FROM (
    SELECT name, coalesce(singleton_key, '') FROM ${schema}.job
    WHERE name = ANY ($4::text[]) AND state < 'active' AND start_after <= now()
    EXCEPT
    SELECT name, coalesce(singleton_key, '') FROM ${schema}.job
    WHERE name = ANY ($4::text[]) AND state = 'active'
  ) AS free
  GROUP BY name
), kept AS (
  SELECT ${columns} FROM ${schema}.job
  WHERE name = ANY ($1::text[]) AND (state = 'active' OR ${hasEnded} AND completed_on > ${earliest})
  UNION ALL
  SELECT ${columns} FROM ${schema}.archive
  WHERE archived_on > ${earliest} AND ${hasEnded}
), ran AS (
  SELECT nr,
    count(*) FILTER (WHERE state = 'active') AS active,
    ${count('true')} AS ended,
    ${count(`completed_on > ${settled}`)} AS lately,
    ${mean('started_on', 'completed_on')} AS "serviceTimeMs",
    ${mean('start_after', 'started_on')} AS "waitTimeMs"
  FROM kept JOIN asked USING (name)
  WHERE state = 'active' OR completed_on > since
  GROUP BY nr
), looks AS (
  SELECT nr - 1 AS index, extract(epoch FROM date_trunc('milliseconds', now())) * 1000 AS at,
    policy IN ('singleton', 'stately') AS "isKeyed", keys AS "freeKeys", due, delayed,
    extract(epoch FROM now() - oldest) * 1000 AS "oldestMs",
    active, ended, lately, "serviceTimeMs", "waitTimeMs"
  FROM asked JOIN ${schema}.queue USING (name)
    LEFT JOIN waiting USING (name) LEFT JOIN free USING (name) LEFT JOIN ran USING (nr)
)
SELECT coalesce(json_agg(looks), '[]')::text AS looks FROM looks`;
}

type Answer = { readonly [Field in keyof QueueSnapshot]: QueueSnapshot[Field] | null } & {
  readonly index: number;
};

/** Reads what the statement gives, in the order of the questions; `undefined` where there is no such queue. */
export function parseSnapshots(rows: readonly unknown[], questions: number): (QueueSnapshot | undefined)[] {
  const [{ looks }] = rows as [{ looks: string }];
  const snapshots = Array.from<QueueSnapshot | undefined>({ length: questions });
  for (const { index, ...answer } of JSON.parse(looks) as Answer[]) snapshots[index] = snapshotOf(answer);
  return snapshots;
}

const NONE: Ended = { completed: 0, failed: 0, cancelled: 0 };

/** Joins find nothing where there are no jobs. */
function snapshotOf(answer: Omit<Answer, 'index'>): QueueSnapshot {
  return {
    at: answer.at ?? 0,
    due: answer.due ?? 0,
    delayed: answer.delayed ?? 0,
    oldestMs: Math.max(0, answer.oldestMs ?? 0),
    isKeyed: answer.isKeyed ?? false,
    freeKeys: answer.freeKeys ?? 0,
    active: answer.active ?? 0,
    ended: answer.ended ?? NONE,
    lately: answer.lately ?? NONE,
    serviceTimeMs: answer.serviceTimeMs,
    waitTimeMs: answer.waitTimeMs,
  };
}
