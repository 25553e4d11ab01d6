import type { FeedMessage } from '../dashboard/feed-message.ts';
import { mergePool } from '../dashboard/merge.ts';
import { messageOf } from '../errors.ts';
import type { DashboardPool } from '../telemetry/dashboard-data.ts';

/** All that is known after a message. */
export interface TopState extends FeedMessage {
  /** The watched pool, with everything that came before. */
  readonly pool?: DashboardPool;
}

/** A snapshot with all messages after it taken in. */
export function takeIn(known: TopState | undefined, { event, message }: FeedEvent): TopState {
  const trends = new Map(known?.pools.map(({ id, trend }) => [id, trend ?? []]));
  const pools =
    event === 'snapshot'
      ? message.pools
      : message.pools.map((row) => ({
          ...row,
          trend: [...(trends.get(row.id) ?? []), row.demand].slice(-60),
        }));
  const pool =
    event === 'snapshot' || message.pool === undefined ? message.pool : mergePool(known?.pool, message.pool);
  return { fleet: message.fleet, pools, ...(pool !== undefined && { pool }) };
}

export interface FeedEvent {
  readonly event: 'snapshot' | 'tick';
  readonly message: FeedMessage;
}

export interface FeedOptions {
  /** Folder of the dashboard, with a `/` at its end. */
  readonly base: string;
  readonly pool?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Reads a dashboard's event stream until it ends.
 *
 * @throws Error with a sentence for people, when it cannot be read
 */
export async function* readFeed({ base, pool, headers, signal }: FeedOptions): AsyncGenerator<FeedEvent> {
  const url = new URL('events', base);
  if (pool !== undefined) url.searchParams.set('pool', pool);
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal });
  } catch (error) {
    throw new Error(`${url.origin} cannot be reached: ${messageOf((error as Error).cause ?? error)}`);
  }
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}`);
  if (!/^text\/event-stream/.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    throw new Error(`there is no dashboard at ${base}`);
  }
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event] = /^event: (snapshot|tick)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (event !== undefined && data !== undefined) {
        yield { event: event as FeedEvent['event'], message: JSON.parse(data) as FeedMessage };
      }
    }
  }
}
