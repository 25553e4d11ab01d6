import { crc32 } from 'node:zlib';
import type { RehearsalRecord } from '../policies/rehearsal.ts';

/** What the leader did to a pool lately: what pace, cooldowns and the flap budget live by. Plain JSON. */
export interface RecentPast {
  /** Time (epoch ms) and workers, negative on the way down; oldest first. */
  readonly changes: readonly (readonly [at: number, by: number])[];
  /** One that lasts: the size when it began, and when that was. */
  readonly emergency?: { readonly sizeBefore: number; readonly since: number };
}

/** What a pool's own starts and load have taught. Plain JSON. */
export interface Learned {
  readonly version: 1;
  /** Of the leader that wrote it. */
  readonly term: number;
  /** Epoch ms. */
  readonly at: number;
  /** Start-up times, oldest first. */
  readonly startupsMs: readonly number[];
  readonly predictor?: SavedPredictor;
  /** Which headroom has paid. */
  readonly rehearsal?: RehearsalRecord;
}

/** What a predictor knows. */
export interface SavedPredictor {
  /** Name of the predictor: another one would not understand it. */
  readonly name: string;
  /** Samples that it has learned from. */
  readonly samples: number;
  /** What its `save()` gave, as JSON text … */
  readonly state: string;
  /** … and the CRC-32 of that: nobody but the predictor can tell whether it was changed by hand. */
  readonly checksum: number;
}

/** As many as a pool remembers. */
const MOST_CHANGES = 128;
const MOST_STARTUPS = 32;
/** Changes of a leader and of the one before it that are closer than this are the same one, ms. */
const SAME_MS = 1_000;
/** More than any pool has. */
const MOST_WORKERS = 1_000_000;

export function savedPredictor(name: string, samples: number, state: unknown): SavedPredictor {
  const text = JSON.stringify(state);
  return { name, samples, state: text, checksum: crc32(text) };
}

/** `undefined`: it is none. */
export function parseRecentPast(value: unknown): RecentPast | undefined {
  const { changes, emergency } = fieldsOf<RecentPast>(value);
  if (!Array.isArray(changes) || changes.length > MOST_CHANGES || !changes.every(isChange)) return undefined;
  const sorted = changes.toSorted(([a], [b]) => a - b);
  if (emergency === undefined) return { changes: sorted };
  const { sizeBefore, since } = fieldsOf<NonNullable<RecentPast['emergency']>>(emergency);
  return isAmount(sizeBefore) && isAmount(since)
    ? { changes: sorted, emergency: { sizeBefore, since } }
    : undefined;
}

/** What a store gave that cannot be used. */
export interface Unusable {
  /** What is wrong with it. */
  readonly complaint: string;
  /** It is of another format, which must not be replaced. */
  readonly isForeign: boolean;
}

export function parseLearned(value: unknown): Learned | Unusable {
  const { version, term, at, startupsMs, predictor, rehearsal } = fieldsOf<Learned>(value);
  if (typeof version === 'number' && version !== 1) {
    return {
      complaint: `is of format ${version}, and 1 is known here: it is left alone`,
      isForeign: true,
    };
  }
  const sound =
    version === 1 &&
    isAmount(term) &&
    isAmount(at) &&
    Array.isArray(startupsMs) &&
    startupsMs.length <= MOST_STARTUPS &&
    startupsMs.every(isAmount);
  if (!sound || (rehearsal !== undefined && !isRehearsal(rehearsal))) return UNREADABLE;
  const learned: Learned = { version, term, at, startupsMs, ...(rehearsal !== undefined && { rehearsal }) };
  if (predictor === undefined) return learned;
  const { name, samples, state, checksum } = fieldsOf<SavedPredictor>(predictor);
  if (typeof name !== 'string' || !isAmount(samples) || typeof state !== 'string') return UNREADABLE;
  if (crc32(state) !== checksum) return { complaint: 'was changed by hand or is damaged', isForeign: false };
  return { ...learned, predictor: { name, samples, state, checksum } };
}

/**
 * What a leader did, after what the one before it did: for a leader that learns late of its predecessor. Both oldest
 * first.
 */
export function joinChanges(
  before: RecentPast['changes'],
  own: RecentPast['changes'],
): RecentPast['changes'] {
  const from = own[0]?.[0] ?? Number.POSITIVE_INFINITY;
  return [...before.filter(([at]) => at < from - SAME_MS), ...own];
}

const UNREADABLE: Unusable = { complaint: 'is not readable', isForeign: false };

function isChange(value: unknown): boolean {
  const [at, by] = Array.isArray(value) ? (value as unknown[]) : [];
  return isAmount(at) && Number.isInteger(by) && by !== 0 && Math.abs(by as number) <= MOST_WORKERS;
}

function isRehearsal(value: unknown): value is RehearsalRecord {
  const { seenMs, work, inForce, costs } = fieldsOf<RehearsalRecord>(value);
  if (!isAmount(seenMs) || !isAmount(work) || typeof inForce !== 'string') return false;
  return Object.values(fieldsOf<object>(costs)).every(
    (cost) => Array.isArray(cost) && cost.length === 2 && cost.every(isAmount),
  );
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

/** Fields of what may be anything. */
function fieldsOf<T>(value: unknown): { readonly [K in keyof T]?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}
