import type { FeedMessage } from '../feed-message.ts';

export type ConnectionState = 'connecting' | 'live' | 'lost';

export interface ConnectionHandlers {
  snapshot(message: FeedMessage): void;
  tick(message: FeedMessage): void;
  state(state: ConnectionState): void;
}

/** The folder of the page's address: all else lies beside it, wherever the host has mounted it. */
export const base: string = `${location.pathname.replace(/\/$/, '')}/`;

/** No sign of life for so long, though heartbeats come every 15 s: the stream is dead, ms. */
const SILENCE_MS = 45_000;
const LONGEST_PAUSE_MS = 15_000;

/** Watches one pool; comes back by itself when the stream ends. Returns the function that ends it. */
export function connect(pool: string | undefined, handlers: ConnectionHandlers): () => void {
  const url = `${base}events${pool === undefined ? '' : `?pool=${encodeURIComponent(pool)}`}`;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = 1_000;
  let heardAt = Date.now();

  const heard = (): void => {
    heardAt = Date.now();
  };
  const open = (): void => {
    source?.close();
    heard();
    source = new EventSource(url);
    source.addEventListener('snapshot', (event) => {
      heard();
      pauseMs = 1_000;
      handlers.snapshot(JSON.parse(event.data) as FeedMessage);
      handlers.state('live');
    });
    source.addEventListener('tick', (event) => {
      heard();
      handlers.tick(JSON.parse(event.data) as FeedMessage);
    });
    source.addEventListener('beat', heard);
    source.addEventListener('error', () => {
      handlers.state('lost');
      // After a refusal (503, a session that ended) browsers do not try again by themselves.
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, pauseMs);
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    });
  };
  handlers.state('connecting');
  open();
  const watchdog = setInterval(() => {
    if (Date.now() - heardAt < SILENCE_MS) return;
    handlers.state('lost');
    open();
  }, 5_000);
  const onVisible = (): void => {
    if (!document.hidden && source?.readyState === EventSource.CLOSED) open();
  };
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    clearTimeout(timer);
    clearInterval(watchdog);
    document.removeEventListener('visibilitychange', onVisible);
    source?.close();
  };
}
