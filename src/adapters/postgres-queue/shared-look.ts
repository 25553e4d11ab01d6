import { messageOf } from '../../errors.ts';
import { ask, type JobDatabase } from './job-database.ts';
import { parseSnapshots, type Question, type QueueSnapshot, snapshotStatement } from './snapshot.ts';

interface Asking {
  readonly question: Question;
  readonly resolve: (snapshot: QueueSnapshot) => void;
  readonly reject: (reason: unknown) => void;
}

/** A statement that has no answer by then has lost its connection, ms: the next look tries another. */
const GIVE_UP_MS = 30_000;

/** PostgreSQL's codes for a schema, a table and a column that are not there. */
const NOT_THERE = ['3F000', '42P01', '42703'];

/**
 * Looks at all queues of a database that are asked for at the same time in one statement, one statement at a time. Who
 * asks while one is under way is in the next.
 */
export class SharedLook {
  readonly #database: JobDatabase;
  readonly #schema: string;
  readonly #statement: string;
  #asking: Asking[] = [];
  #isUnderWay = false;

  constructor(database: JobDatabase, schema: string) {
    this.#database = database;
    this.#schema = schema;
    this.#statement = snapshotStatement(schema);
  }

  at(question: Question): Promise<QueueSnapshot> {
    return new Promise((resolve, reject) => {
      this.#asking.push({ question, resolve, reject });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isUnderWay || this.#asking.length === 0) return;
    this.#isUnderWay = true;
    setImmediate(async () => {
      const asking = this.#asking;
      this.#asking = [];
      try {
        this.#answer(asking, await this.#look(asking.map(({ question }) => question)));
      } catch (error) {
        for (const { reject } of asking) reject(this.#explained(error));
      } finally {
        this.#isUnderWay = false;
        this.#begin();
      }
    });
  }

  async #look(questions: readonly Question[]): Promise<(QueueSnapshot | undefined)[]> {
    const moments = questions.map(({ since }) => since);
    const known = moments.filter((since) => since !== null);
    const rows = await inTime(
      ask(this.#database, this.#statement, [
        questions.map(({ queue }) => queue),
        moments,
        known.length > 0 ? Math.min(...known) : null,
        questions.filter(({ isKeyed }) => isKeyed).map(({ queue }) => queue),
      ]),
    );
    return parseSnapshots(rows, questions.length);
  }

  #answer(asking: readonly Asking[], snapshots: readonly (QueueSnapshot | undefined)[]): void {
    for (const [index, { question, resolve, reject }] of asking.entries()) {
      const snapshot = snapshots[index];
      if (snapshot !== undefined) resolve(snapshot);
      else reject(new Error(`pg-boss has no queue "${question.queue}" in the schema "${this.#schema}"`));
    }
  }

  #explained(error: unknown): unknown {
    if (!NOT_THERE.includes((error as { code?: string }).code ?? '')) return error;
    return new Error(`the schema "${this.#schema}" is not one of pg-boss 10: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the database gave no answer within ${GIVE_UP_MS} ms`)),
      GIVE_UP_MS,
    );
    answer.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
