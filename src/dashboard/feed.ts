import type { Decision } from '../core/decision.ts';
import type { DashboardData, DashboardPool } from '../telemetry/dashboard-data.ts';
import type { DashboardController } from './controller-port.ts';
import { type Fleet, type PoolRow, rowOf } from './feed-message.ts';

/** Points of a trend line, and the most pools that get one in a snapshot. */
const TREND_POINTS = 60;
const MOST_TRENDS = 100;
/** Many clients that connect at once (a restart, a proxy that drops them all) are served the same snapshot. */
const SNAPSHOT_AGE_MS = 1_000;

interface Sent {
  /** Moment of the newest point. */
  readonly at: number;
  readonly change: Decision | undefined;
  readonly held: Decision | undefined;
}

/**
 * Makes the messages of the event stream. Each is serialised once, and shared by all clients that watch the same pool;
 * the part that concerns all pools is serialised once for everyone.
 */
export class Feed {
  readonly #controller: DashboardController;
  readonly #monotonic: () => number;
  readonly #snapshots = new Map<string, { bytes: Uint8Array; madeAt: number }>();
  /** How far the watchers of a pool have been told. */
  readonly #sent = new Map<string, Sent>();

  constructor(controller: DashboardController, monotonic: () => number) {
    this.#controller = controller;
    this.#monotonic = monotonic;
  }

  /** All there is. @param id the pool to show in full; default: the first */
  snapshot(id: string | undefined): Uint8Array {
    const key = id ?? '';
    const known = this.#snapshots.get(key);
    const now = this.#monotonic();
    if (known !== undefined && now - known.madeAt < SNAPSHOT_AGE_MS) return known.bytes;
    const data = this.#controller.dashboard({ series: false });
    const shown = id ?? data.pools[0]?.id;
    const pool = shown === undefined ? undefined : this.#controller.dashboard({ pools: [shown] }).pools[0];
    const bytes = event('snapshot', common(data, this.#trends(data)), pool && JSON.stringify(pool));
    this.#snapshots.set(key, { bytes, madeAt: now });
    return bytes;
  }

  /** Something has happened: snapshots that were made before are no longer the newest. */
  changed(): void {
    this.#snapshots.clear();
  }

  /** What is new since the last call, for the watchers of each of these pools; `undefined` = of the first. */
  news(watched: Iterable<string | undefined>): Map<string | undefined, Uint8Array> {
    const data = this.#controller.dashboard({ series: false });
    const shared = common(data);
    const parts = new Map<string, string | undefined>();
    const messages = new Map<string | undefined, Uint8Array>();
    for (const id of watched) {
      const shown = id ?? data.pools[0]?.id;
      if (shown !== undefined && !parts.has(shown)) parts.set(shown, this.#newsOf(shown));
      messages.set(id, event('tick', shared, shown && parts.get(shown)));
    }
    for (const id of this.#sent.keys()) if (!parts.has(id)) this.#sent.delete(id);
    return messages;
  }

  #newsOf(id: string): string | undefined {
    const sent = this.#sent.get(id);
    // Watched for the first time: its watchers have a snapshot, which is at most this old.
    const since = sent?.at ?? this.#controller.dashboard({ pools: [id], series: false }).at - 10_000;
    const [pool] = this.#controller.dashboard({ pools: [id], since }).pools;
    if (pool === undefined) return undefined;
    this.#sent.set(id, {
      at: pool.recent?.at.at(-1) ?? since,
      change: pool.history[0],
      held: pool.held[0],
    });
    return JSON.stringify({
      ...pool,
      history: newerThan(pool.history, sent?.change),
      held: newerThan(pool.held, sent?.held),
    } satisfies DashboardPool);
  }

  #trends({ at, intervalMs, pools }: DashboardData): Map<string, readonly (number | null)[]> {
    if (pools.length > MOST_TRENDS) return new Map();
    const since = at - TREND_POINTS * intervalMs;
    return new Map(
      this.#controller
        .dashboard({ since })
        .pools.map(({ id, recent }) => [id, recent?.demand.slice(-TREND_POINTS) ?? []]),
    );
  }
}

/** Lists are newest first; the same decision is the same object. */
function newerThan(decisions: readonly Decision[], last: Decision | undefined): readonly Decision[] {
  const index = last === undefined ? -1 : decisions.indexOf(last);
  return index < 0 ? decisions : decisions.slice(0, index);
}

function common(
  { pools, ...fleet }: DashboardData,
  trends?: ReadonlyMap<string, readonly (number | null)[]>,
): string {
  const rows: readonly PoolRow[] = pools.map((pool) => rowOf(pool, trends?.get(pool.id)));
  return `"fleet":${JSON.stringify(fleet satisfies Fleet)},"pools":${JSON.stringify(rows)}`;
}

/** JSON holds no line break, so that one `data:` line is enough. */
function event(name: 'snapshot' | 'tick', shared: string, pool: string | undefined): Uint8Array {
  return Buffer.from(
    `event: ${name}\ndata: {${shared}${pool === undefined ? '' : `,"pool":${pool}`}}\n\n`,
    'utf8',
  );
}
