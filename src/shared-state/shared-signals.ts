import type { Instant } from '../core/instant.ts';
import type { PoolId } from '../core/observation.ts';
import type { Supply } from '../core/resources.ts';
import type { ActiveSignal, SignalType } from '../core/signal.ts';
import type { Posted, SignalBoard, Slot } from '../triggers/signal-board.ts';
import type { Entry } from './ledger.ts';
import type { Change, SharedKind } from './shared-kind.ts';

/** What was shared under a name, and until when (epoch ms). */
interface Shared {
  readonly slot: Slot;
  readonly value: Posted['value'];
  readonly until: number;
}

/**
 * A detector raises a signal again at every tick while its cause lasts. That is shared only where it brings something
 * new, or when less than this part of its time is left to what was shared.
 */
const RENEWED_RATIO = 0.75;

const TYPES: readonly SignalType[] = ['load-spike', 'rate-limit', 'error-rate', 'external', 'cost-threshold'];

/** The signals in force: raised or withdrawn at one instance, they are so everywhere. */
export class SharedSignals implements SharedKind {
  readonly #boardNow: () => SignalBoard;
  readonly #manages: (pool: PoolId) => boolean;
  #board: SignalBoard;
  readonly #shared = new Map<string, Shared>();

  /** @param board the one that is in use */
  constructor(board: () => SignalBoard, manages: (pool: PoolId) => boolean) {
    this.#boardNow = board;
    this.#board = board();
    this.#manages = manages;
  }

  changes(at: Instant): readonly Change[] {
    this.#followBoard(at);
    const changes: Change[] = [];
    const posted = this.#board.posted(at);
    if (posted.length === 0 && this.#shared.size === 0) return changes;
    const present = new Set<string>();
    for (const { pool, place, value, endsAt } of posted) {
      const slot: Slot = { ...(pool !== undefined && { pool }), place };
      const name = nameOf(slot);
      present.add(name);
      const until = Math.round(at.now + endsAt - at.monotonic);
      const known = this.#shared.get(name);
      if (known?.value === value || (known && renews(value, until, known, at.now))) continue;
      this.#shared.set(name, { slot, value, until });
      changes.push({ name, until, value });
    }
    for (const [name, { slot, until }] of this.#shared) {
      if (present.has(name)) continue;
      this.#shared.delete(name);
      // Over, or gone with its pool: only what was withdrawn is news.
      if (until > at.now && (slot.pool === undefined || this.#manages(slot.pool))) {
        changes.push({ name, until });
      }
    }
    return changes;
  }

  take(name: string, { value, until = 0, at: writtenAt }: Entry, at: Instant): string | undefined {
    this.#followBoard(at);
    const slot = parseName(name);
    // Not longer than at the instance that wrote it, whose clock may be ahead.
    const leftMs = Math.min(until - at.now, until - writtenAt);
    if (leftMs <= 0) return undefined;
    if (value === undefined) {
      this.#shared.delete(name);
      this.#board.takeDown(slot);
      return 'a signal was withdrawn at another instance';
    }
    const sound = slot.pool === undefined ? parseLimit(value) : parseSignal(value, slot.pool);
    this.#shared.set(name, { slot, value: sound, until: at.now + leftMs });
    this.#board.post({ ...slot, value: sound, endsAt: at.monotonic + leftMs }, at);
    return 'reason' in sound ? sound.reason : sound.by;
  }

  /** Another board is in use since the options were changed: what is shared is in force on that one, too. */
  #followBoard(at: Instant): void {
    const board = this.#boardNow();
    if (board === this.#board) return;
    this.#board = board;
    for (const { slot, value, until } of this.#shared.values()) {
      if (until > at.now) board.post({ ...slot, value, endsAt: at.monotonic + until - at.now }, at);
    }
  }
}

function renews(value: Posted['value'], until: number, known: Shared, now: number): boolean {
  return (
    !known.slot.place.startsWith('host\n') &&
    weight(value) === weight(known.value) &&
    known.until - now >= RENEWED_RATIO * (until - now)
  );
}

/** What of a signal decides on sizes, but for the demand that a detector measures anew at each tick. */
function weight(value: Posted['value']): string {
  return 'total' in value ? `${value.total}` : `${value.emergency} ${value.ceiling}`;
}

function nameOf({ pool, place }: Slot): string {
  return JSON.stringify(pool === undefined ? [place] : [pool, place]);
}

/** @throws Error */
function parseName(name: string): Slot {
  const parts: unknown = JSON.parse(name);
  const [pool, place] =
    Array.isArray(parts) && parts.length === 1 ? [undefined, parts[0]] : (parts as unknown[]);
  if (typeof place !== 'string' || (pool !== undefined && typeof pool !== 'string'))
    throw new Error('no signal');
  return pool === undefined ? { place } : { pool, place };
}

/** @throws Error */
function parseSignal(value: unknown, pool: PoolId): ActiveSignal {
  const signal = (value ?? {}) as Partial<Record<keyof ActiveSignal, unknown>>;
  const { type, name, magnitude, raisedAt, expiresAt, emergency, expectedDemand, ceiling, reason } = signal;
  const sound =
    TYPES.includes(type as SignalType) &&
    (name === undefined || typeof name === 'string') &&
    [magnitude, raisedAt, expiresAt].every(isAmount) &&
    typeof emergency === 'boolean' &&
    [expectedDemand, ceiling].every((each) => each === undefined || isAmount(each)) &&
    typeof reason === 'string' &&
    signal.pool === pool;
  if (!sound) throw new Error(`a signal of ${pool} is not readable`);
  return value as ActiveSignal;
}

/** @throws Error */
function parseLimit(value: unknown): Supply {
  const { resource, total, by } = (value ?? {}) as Partial<Record<keyof Supply, unknown>>;
  if (resource !== 'cost' || !isAmount(total) || typeof by !== 'string') {
    throw new Error('a limit of what may be spent is not readable');
  }
  return { resource, total, by };
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}
