/** What has a query like a `Pool` of pg. */
interface Queryable {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/** What has a database like a `PgBoss`. */
interface DatabaseOwner {
  getDb(): { executeSql(text: string, values: unknown[]): Promise<{ rows: unknown[] }> };
}

/** Where pg-boss keeps its jobs: the `PgBoss` itself, or a `Pool` of pg. */
export type JobDatabase = Queryable | DatabaseOwner;

export async function ask(database: JobDatabase, text: string, values: unknown[]): Promise<unknown[]> {
  const result =
    'getDb' in database
      ? await database.getDb().executeSql(text, values)
      : await database.query(text, values);
  // pg-boss's own database answers nothing while it is closed.
  if (result === undefined) throw new Error('pg-boss is not started');
  return result.rows;
}
