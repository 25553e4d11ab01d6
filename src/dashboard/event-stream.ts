import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { DashboardController, DashboardEventName } from './controller-port.ts';
import { Feed } from './feed.ts';

/** One who listens. Neither method may throw. */
export interface Client {
  /** The pool it watches; `undefined` = the first. */
  readonly pool: string | undefined;
  /** `false`: it is gone, or takes in too slowly. */
  send(bytes: Uint8Array): boolean;
  close(): void;
}

export interface EventStreamOptions {
  readonly clock: Clock;
  readonly maxClients: number;
  readonly heartbeatMs: number;
}

/** A controller that ticks faster than this is told of at this pace, ms. */
const PACE_MS = 250;
const EVENTS: readonly DashboardEventName[] = ['tick', 'scaled', 'fault', 'trial'];
/** An event and no comment, as a page cannot see comments and has to know whether the stream still lives. */
const HEARTBEAT: Uint8Array = Buffer.from('event: beat\ndata: 1\n\n');
/** Browsers come back after this time when the stream ends, ms. */
const RETRY: Uint8Array = Buffer.from('retry: 2000\n\n');

/**
 * Tells clients what happens. The controller is only listened to while somebody is there, and a tick costs no more than
 * a flag: messages are made and sent after it.
 */
export class EventStream {
  readonly #controller: DashboardController;
  readonly #options: EventStreamOptions;
  readonly #feed: Feed;
  readonly #clients = new Set<Client>();
  readonly #closed = new AbortController();
  #listening: AbortController | undefined;
  #due = false;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(controller: DashboardController, options: EventStreamOptions) {
    this.#controller = controller;
    this.#options = options;
    this.#feed = new Feed(controller, () => options.clock.monotonic());
  }

  get size(): number {
    return this.#clients.size;
  }

  get isFull(): boolean {
    return this.#closed.signal.aborted || this.#clients.size >= this.#options.maxClients;
  }

  /** Sends the snapshot, then all that follows. */
  add(client: Client): void {
    if (client.send(RETRY) && client.send(this.#feed.snapshot(client.pool))) {
      this.#clients.add(client);
      this.#listen();
    } else {
      client.close();
    }
  }

  /** The client has gone by itself. */
  remove(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#unlisten();
  }

  close(): void {
    this.#closed.abort();
    for (const client of this.#clients) client.close();
    this.#clients.clear();
    this.#unlisten();
  }

  #listen(): void {
    if (this.#listening !== undefined) return;
    this.#listening = new AbortController();
    for (const name of EVENTS) this.#controller.on(name, this.changed);
    void this.#beat(this.#listening.signal);
  }

  #unlisten(): void {
    if (this.#listening === undefined) return;
    this.#listening.abort();
    this.#listening = undefined;
    for (const name of EVENTS) this.#controller.off(name, this.changed);
  }

  /** There is something new to show. */
  readonly changed = (): void => {
    this.#feed.changed();
    if (this.#due || this.#listening === undefined) return;
    this.#due = true;
    const { clock } = this.#options;
    const waitMs = Math.max(0, this.#lastAt + PACE_MS - clock.monotonic());
    clock.sleep(waitMs, this.#listening.signal).then(
      () => this.#publish(),
      () => {
        this.#due = false;
      },
    );
  };

  #publish(): void {
    this.#due = false;
    this.#lastAt = this.#options.clock.monotonic();
    let messages: ReadonlyMap<string | undefined, Uint8Array>;
    try {
      messages = this.#feed.news(new Set([...this.#clients].map(({ pool }) => pool)));
    } catch (error) {
      // A controller whose data cannot be had (a clock of the host's that throws, say) must not end the process.
      const note = Buffer.from(`: no data: ${messageOf(error).replaceAll(/\s+/g, ' ')}\n\n`);
      this.#sendAll(() => note);
      return;
    }
    this.#sendAll((client) => messages.get(client.pool));
  }

  #sendAll(bytesFor: (client: Client) => Uint8Array | undefined): void {
    for (const client of [...this.#clients]) {
      const bytes = bytesFor(client);
      if (bytes === undefined || client.send(bytes)) continue;
      this.remove(client);
      client.close();
    }
  }

  /** Keeps proxies from ending a quiet connection, and finds out who has gone. */
  async #beat(signal: AbortSignal): Promise<void> {
    const { clock, heartbeatMs } = this.#options;
    try {
      while (!signal.aborted) {
        await clock.sleep(heartbeatMs, signal);
        this.#sendAll(() => HEARTBEAT);
      }
    } catch {
      // Aborted: nobody listens any more.
    }
  }
}
