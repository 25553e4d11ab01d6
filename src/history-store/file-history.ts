import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadSample } from '../core/forecast.ts';
import type { PoolId } from '../core/observation.ts';
import { InvalidOptionError } from '../errors.ts';
import type { HistoryRange, HistoryStore } from './history-store.ts';
import { retentionOf } from './memory-history.ts';
import { fromLine, toLine } from './sample-line.ts';
import { thinSamples } from './thin-samples.ts';

export interface FileHistoryOptions {
  /** What is older than this, counted from a pool's newest sample, is deleted. Days; default 60. */
  readonly retentionDays?: number;
  /** Samples are kept as they came for this long; then they are thinned to five minutes. Days; default 2. */
  readonly fineDays?: number;
  /**
   * Wait for the disk at every append, so that a power cut loses nothing either. Without it only a crash of the
   * process is survived, which is what usually happens. Default `false`.
   */
  readonly sync?: boolean;
}

const DAY_MS = 86_400_000;
const COARSE_MS = 5 * 60_000;
/** Names of files: the day in UTC, and whether its samples are thinned. */
const SEGMENT = /^(\d{4}-\d{2}-\d{2})(\.thin)?\.log$/;
/** File systems take 255 bytes; the rest is for a suffix. */
const LONGEST_NAME = 240;

interface Segment {
  readonly name: string;
  /** Midnight, epoch ms. */
  readonly day: number;
  readonly isThin: boolean;
}

/**
 * A history in files: a folder for each pool, in it a file for each day (UTC), in it a line with a checksum for each
 * sample. Lines are only ever appended; a process that is killed in the middle of a write leaves half a line, which
 * reading passes over. Old days are thinned into a new file that takes the place of the old one in one step, and
 * deleted after the retention. One process may write; any number may read.
 *
 * @throws InvalidOptionError
 * @throws Error when the folder cannot be made
 */
export async function fileHistory(folder: string, options: FileHistoryOptions = {}): Promise<HistoryStore> {
  if (typeof folder !== 'string' || folder === '') {
    throw new InvalidOptionError('folder', 'must name a folder', folder);
  }
  const store = new FileHistory(folder, options);
  await mkdir(folder, { recursive: true });
  return store;
}

class FileHistory implements HistoryStore {
  readonly #folder: string;
  readonly #retentionMs: number;
  readonly #fineMs: number;
  readonly #sync: boolean;
  /** The last thing that is being done to each pool's files: one after another. */
  readonly #queues = new Map<PoolId, Promise<unknown>>();
  /** Day of each pool's newest sample: when it changes, old days are seen to. */
  readonly #newestDay = new Map<PoolId, number>();
  /** Files that are known to end with a whole line. */
  readonly #clean = new Set<string>();
  #closed = false;

  constructor(folder: string, options: FileHistoryOptions) {
    this.#folder = folder;
    this.#retentionMs = retentionOf(options.retentionDays ?? 60);
    const fineDays = options.fineDays ?? 2;
    if (!(fineDays >= 1)) throw new InvalidOptionError('fineDays', 'must be at least 1', fineDays);
    this.#fineMs = fineDays * DAY_MS;
    this.#sync = options.sync ?? false;
  }

  append(pool: PoolId, samples: readonly LoadSample[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('this history is closed'));
    if (samples.length === 0) return Promise.resolve();
    return this.#enqueue(pool, () => this.#write(pool, samples));
  }

  async read(pool: PoolId, range: HistoryRange = {}): Promise<LoadSample[]> {
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range;
    return this.#enqueue(pool, async () => {
      const samples: LoadSample[] = [];
      for (const segment of await this.#segments(pool)) {
        if (segment.day > to || segment.day + DAY_MS <= from) continue;
        for (const sample of await this.#readSegment(pool, segment)) {
          if (sample.at >= from && sample.at <= to) samples.push(sample);
        }
      }
      return samples;
    });
  }

  async pools(): Promise<PoolId[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => decodeURIComponent(entry.name));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#queues.values());
  }

  #enqueue<T>(pool: PoolId, work: () => Promise<T>): Promise<T> {
    const done = (this.#queues.get(pool) ?? Promise.resolve()).then(work);
    // What fails here has failed for its caller; the next in line is not concerned.
    const settled = done.then(
      () => {},
      () => {},
    );
    this.#queues.set(pool, settled);
    return done;
  }

  async #write(pool: PoolId, samples: readonly LoadSample[]): Promise<void> {
    const folder = this.#folderOf(pool);
    if (!this.#newestDay.has(pool)) await mkdir(folder, { recursive: true });
    const byDay = new Map<number, string>();
    for (const sample of samples) {
      const day = Math.floor(sample.at / DAY_MS) * DAY_MS;
      byDay.set(day, (byDay.get(day) ?? '') + toLine(sample));
    }
    const thinned = new Set(
      (await this.#segments(pool)).filter(({ isThin }) => isThin).map(({ day }) => day),
    );
    for (const [day, lines] of byDay) {
      await this.#appendLines(join(folder, fileName(day, thinned.has(day))), lines);
    }
    const newest = Math.max(...byDay.keys());
    const before = this.#newestDay.get(pool);
    this.#newestDay.set(pool, Math.max(newest, before ?? newest));
    if (before === undefined || newest > before) await this.#tidy(pool, newest);
  }

  async #appendLines(path: string, lines: string): Promise<void> {
    const file = await open(path, 'a+');
    try {
      if (!this.#clean.has(path)) {
        const { size } = await file.stat();
        const last = size === 0 ? 0x0a : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
        // Half a line, from a process that was killed: what follows must not become part of it.
        if (last !== 0x0a) await file.appendFile('\n');
      }
      this.#clean.delete(path);
      await file.appendFile(lines);
      if (this.#sync) await file.datasync();
      this.#clean.add(path);
    } finally {
      await file.close();
    }
  }

  /** Thins days that are no longer recent and deletes those that are too old. */
  async #tidy(pool: PoolId, newestDay: number): Promise<void> {
    const folder = this.#folderOf(pool);
    for (const segment of await this.#segments(pool)) {
      const path = join(folder, segment.name);
      if (segment.day < newestDay - this.#retentionMs) {
        await rm(path);
      } else if (!segment.isThin && segment.day < newestDay - this.#fineMs) {
        const samples = thinSamples(await this.#readSegment(pool, segment), COARSE_MS);
        const thin = join(folder, fileName(segment.day, true));
        // Written aside and moved into place: killed at any point, one whole file is there.
        await writeFile(`${thin}.new`, samples.map(toLine).join(''), { flush: true });
        await rename(`${thin}.new`, thin);
        await rm(path);
      }
      this.#clean.delete(path);
    }
  }

  /** Oldest first. Of a day that is there twice (killed between two steps of thinning) the thin file counts. */
  async #segments(pool: PoolId): Promise<Segment[]> {
    const names = await readdir(this.#folderOf(pool)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const byDay = new Map<number, Segment>();
    for (const name of names.sort()) {
      const [, date, thin] = SEGMENT.exec(name) ?? [];
      if (date === undefined) continue;
      const day = Date.parse(`${date}T00:00:00Z`);
      if (thin !== undefined || !byDay.has(day)) byDay.set(day, { name, day, isThin: thin !== undefined });
    }
    return [...byDay.values()].sort((a, b) => a.day - b.day);
  }

  async #readSegment(pool: PoolId, segment: Segment): Promise<LoadSample[]> {
    const text = await readFile(join(this.#folderOf(pool), segment.name), 'utf8');
    return text
      .split('\n')
      .map(fromLine)
      .filter((sample) => sample !== undefined)
      .sort((a, b) => a.at - b.at);
  }

  #folderOf(pool: PoolId): string {
    const name = encodeURIComponent(pool).replaceAll('.', '%2E').replaceAll('*', '%2A');
    if (name === '' || name.length > LONGEST_NAME) {
      throw new InvalidOptionError('pool', 'must be a name of 1 to about 240 characters', pool);
    }
    return join(this.#folder, name);
  }
}

function fileName(day: number, isThin: boolean): string {
  return `${new Date(day).toISOString().slice(0, 10)}${isThin ? '.thin' : ''}.log`;
}
