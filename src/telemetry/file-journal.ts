import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Journal, JournalRange } from '../core/journal.ts';
import type { TickRecord } from '../core/record.ts';
import { InvalidOptionError } from '../errors.ts';
import { readRecords, recordPieces } from './json-lines.ts';

export interface FileJournalOptions {
  /** Size at which a file is put aside and a new one begun, bytes. An integer, 1 or more; default 64 MiB. */
  readonly rotateBytes?: number;
  /** Files put aside that are kept: `<path>.1` (the newest), `<path>.2`, … An integer, 0 or more; default 10. */
  readonly keep?: number;
  /**
   * How much may wait in memory for a disk that is slow or full, in pools × ticks. What comes beyond it is lost, and
   * said. An integer, 1 or more; default 20,000: some 60 MB.
   */
  readonly maxBuffered?: number;
}

/** A record that waits for the disk, and who wants to know. */
interface Waiting {
  readonly record: TickRecord;
  readonly kept: () => void;
  readonly failed: (error: unknown) => void;
}

/** Characters that are put into words and written at once; between two pieces other work gets its turn. */
const PIECE_CHARS = 64 * 1024;

/**
 * Keeps records in a file, one line of JSON each, and begins a new file when one is full.
 *
 * A tick costs it a push to a list: records are put into words and written after the tick, piece by piece. While the
 * disk fails, records wait in memory, up to `maxBuffered`, and are written with the next one that is appended. A
 * process that dies loses what it has not written yet, and may leave half a line, which `read` passes over. One
 * process writes; any number may read.
 *
 * @param path of the file; its directory is made when it is missing
 * @throws InvalidOptionError
 */
export function fileJournal(path: string, options: FileJournalOptions = {}): Journal {
  return new FileJournal(path, options);
}

class FileJournal implements Journal {
  readonly #path: string;
  readonly #rotateBytes: number;
  readonly #keep: number;
  readonly #maxBuffered: number;
  readonly #waiting: Waiting[] = [];
  #buffered = 0;
  #writing: Promise<unknown> | undefined;

  constructor(path: string, options: FileJournalOptions) {
    if (typeof path !== 'string' || path === '')
      throw new InvalidOptionError('path', 'must name a file', path);
    this.#path = path;
    this.#rotateBytes = integer('rotateBytes', options.rotateBytes ?? 64 * 2 ** 20, 1);
    this.#keep = integer('keep', options.keep ?? 10, 0);
    this.#maxBuffered = integer('maxBuffered', options.maxBuffered ?? 20_000, 1);
  }

  append(record: TickRecord): Promise<void> {
    // However large, one record may always wait.
    if (this.#waiting.length > 0 && this.#buffered + record.pools.length > this.#maxBuffered) {
      void this.#write();
      const count = this.#waiting.length;
      return Promise.reject(new Error(`the disk does not keep up: ${count} records wait, this one is lost`));
    }
    this.#buffered += record.pools.length;
    return new Promise((kept, failed) => {
      this.#waiting.push({ record, kept, failed });
      void this.#write();
    });
  }

  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const failure = await this.#write();
      if (failure !== undefined) throw failure;
    }
  }

  async *read({
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
  }: JournalRange = {}): AsyncGenerator<TickRecord> {
    await this.flush();
    const files: FileHandle[] = [];
    try {
      // All are opened before one is read: a file that is put aside meanwhile is still read once.
      for (let age = this.#keep; age >= 0; age--) {
        const file = await open(this.#aged(age)).catch(unlessMissing);
        if (file !== undefined) files.push(file);
      }
      for (const file of files) yield* readRecords(file, from, to);
    } finally {
      await Promise.all(files.map((file) => file.close()));
    }
  }

  /** Writes all that waits; gives what went wrong. One at a time. */
  #write(): Promise<unknown> {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #drain(): Promise<unknown> {
    await nextTurn(); // after the tick
    try {
      while (this.#waiting.length > 0) await this.#fill();
      return undefined;
    } catch (error) {
      for (const { failed } of this.#waiting) failed(error);
      return error;
    }
  }

  /** Writes records until none waits or the file is full, and then puts it aside. */
  async #fill(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const file = await open(this.#path, 'a+');
    let { size } = await file.stat();
    try {
      // Half a line, of a process that died or a disk that was full: nothing is to be written behind it.
      if (size > 0 && !(await endsLine(file, size))) size += await put(file, '\n');
      for (
        let next = this.#waiting[0];
        next !== undefined && size < this.#rotateBytes;
        next = this.#waiting[0]
      ) {
        let text = '';
        for (const piece of recordPieces(next.record)) {
          text += piece;
          if (text.length < PIECE_CHARS) continue;
          size += await put(file, text);
          text = '';
        }
        size += await put(file, text);
        this.#waiting.shift();
        this.#buffered -= next.record.pools.length;
        next.kept();
      }
    } finally {
      await file.close();
    }
    if (size >= this.#rotateBytes) await this.#putAside();
  }

  async #putAside(): Promise<void> {
    if (this.#keep === 0) {
      await rm(this.#path);
      return;
    }
    for (let age = this.#keep - 1; age >= 0; age--) {
      await rename(this.#aged(age), this.#aged(age + 1)).catch(unlessMissing);
    }
  }

  #aged(age: number): string {
    return age === 0 ? this.#path : `${this.#path}.${age}`;
  }
}

async function put(file: FileHandle, text: string): Promise<number> {
  const bytes = Buffer.from(text);
  await file.writeFile(bytes);
  return bytes.length;
}

async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function integer(field: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least) {
    throw new InvalidOptionError(field, `must be an integer, ${least} or more`, value);
  }
  return value;
}
