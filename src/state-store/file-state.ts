import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidOptionError } from '../errors.ts';
import type { StateStore } from './state-store.ts';

/** Names of the empty files that point: version and the file that has the document; 0 before there is one. */
const POINTER = /^(\d+)(?:\.([0-9a-f-]{36}))?$/;
/** File systems take 255 bytes. */
const LONGEST_NAME = 240;
/** Of those that another process replaced in the moment between finding and reading a document. */
const MOST_LOOKS = 100;

/** What a key's folder shows. */
interface Look {
  /** Name of the pointer. */
  readonly pointer: string;
  readonly version: number;
  /** Name of the file that has the document; absent for version 0. */
  readonly document: string | undefined;
  /** All other documents: replaced ones, and those of a process that was killed. */
  readonly others: readonly string[];
}

/**
 * State in files: a folder for each key, in it the document and an empty file whose name, `<version>.<document>`,
 * points to it. A document is written aside under a name of its own; renaming the pointer then is the one step that puts
 * it into force. Of several processes that replace one version a single one finds the pointer to rename, so nothing is
 * locked, and one that is killed or frozen at any point holds up nobody.
 *
 * @param folder on a local disk; any number of processes of one machine may share it
 * @throws InvalidOptionError
 * @throws Error when the folder cannot be made
 */
export async function fileState(folder: string): Promise<StateStore> {
  if (typeof folder !== 'string' || folder === '') {
    throw new InvalidOptionError('folder', 'must name a folder', folder);
  }
  await mkdir(folder, { recursive: true });
  return new FileState(folder);
}

class FileState implements StateStore {
  readonly #folder: string;
  readonly #writing = new Set<Promise<unknown>>();
  #closed = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(key: string): Promise<{ value: unknown; version: number } | undefined> {
    const folder = this.#folderOf(key);
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const look = await lookInto(folder);
      if (look?.document === undefined) return undefined;
      const text = await readFile(join(folder, look.document), 'utf8').catch(unlessMissing);
      if (text !== undefined) return { value: parsed(text), version: look.version };
    }
    throw new Error(`${folder}: the document is missing`);
  }

  async replace(key: string, value: unknown, expected: number): Promise<boolean> {
    if (this.#closed) throw new Error('this store is closed');
    const write = this.#replace(this.#folderOf(key), JSON.stringify(value), expected);
    const settled = write.then(
      () => {},
      () => {},
    );
    this.#writing.add(settled);
    try {
      return await write;
    } finally {
      this.#writing.delete(settled);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#writing);
  }

  async #replace(folder: string, text: string, expected: number): Promise<boolean> {
    const look = (await lookInto(folder)) ?? (expected === 0 ? await this.#begin(folder) : undefined);
    if (look === undefined || look.version !== expected) return false;
    const document = randomUUID();
    const path = join(folder, document);
    // On the disk before anything points to it, so that a power cut leaves the one or the other.
    await writeFile(path, text, { flush: true });
    try {
      await rename(join(folder, look.pointer), join(folder, `${expected + 1}.${document}`));
    } catch (error) {
      await rm(path, { force: true });
      unlessMissing(error);
      return false;
    }
    // Whoever wrote one of these has looked before this rename, and so will not find the pointer that it saw.
    for (const other of look.others) await rm(join(folder, other), { force: true });
    if (look.document !== undefined) await rm(join(folder, look.document), { force: true });
    return true;
  }

  /** Makes a key's folder with its first pointer, in one step: a pointer is there from then on, always. */
  async #begin(folder: string): Promise<Look | undefined> {
    const aside = join(this.#folder, `.${randomUUID()}`);
    await mkdir(aside);
    await writeFile(join(aside, '0'), '');
    try {
      await rename(aside, folder);
    } catch {
      // Another process was quicker, or it cannot be made: the next look tells.
      await rm(aside, { recursive: true, force: true });
    }
    return lookInto(folder);
  }

  /** Letters that some file systems do not tell apart, and all that have a meaning to one, are written as bytes. */
  #folderOf(key: string): string {
    const name = [...Buffer.from(key)].map(nameOfByte).join('');
    if (name === '' || name.length > LONGEST_NAME) {
      throw new InvalidOptionError('key', 'must be a text of 1 to about 240 characters', key);
    }
    return join(this.#folder, name);
  }
}

/** `undefined`: there is no such folder. */
async function lookInto(folder: string): Promise<Look | undefined> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const names = await readdir(folder).catch(unlessMissing);
    if (names === undefined) return undefined;
    const pointers = names.flatMap((name) => {
      const [pointer, version, document] = POINTER.exec(name) ?? [];
      return pointer === undefined ? [] : { pointer, version: Number(version), document };
    });
    // While it is renamed, it may be seen twice or not at all.
    const newest = pointers.sort((a, b) => b.version - a.version)[0];
    if (newest === undefined) continue;
    const others = names.filter((name) => !POINTER.test(name) && name !== newest.document);
    return { ...newest, others };
  }
  throw new Error(`${folder}: nothing says which document is in force`);
}

function nameOfByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[a-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** What somebody has broken by hand is no document: it can be replaced. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
