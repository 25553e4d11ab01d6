import type { ServerResponse } from 'node:http';
import type { Client, EventStream } from './event-stream.ts';

/**
 * Bytes that may wait for one client. One that is slower than that is dropped: its browser comes back by itself and
 * gets a fresh snapshot, which is what it needs. (A snapshot of a full day is about 0.5 MB.)
 */
const MOST_WAITING = 2_097_152;

export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx holds answers back unless told otherwise.
  'x-accel-buffering': 'no',
};

/** A client behind a Fetch-style response. */
export function streamClient(stream: EventStream, pool: string | undefined): ReadableStream<Uint8Array> {
  let ended = false;
  let client: Client;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        client = {
          pool,
          send(bytes) {
            if (ended || (controller.desiredSize ?? 0) <= 0) return false;
            controller.enqueue(bytes);
            return true;
          },
          close() {
            if (!ended) controller.close();
            ended = true;
          },
        };
        stream.add(client);
      },
      cancel() {
        ended = true;
        stream.remove(client);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING }),
  );
}

/** A client behind Node's response: no web stream in between. */
export function nodeClient(stream: EventStream, response: ServerResponse, pool: string | undefined): void {
  const client: Client = {
    pool,
    send(bytes) {
      if (response.destroyed || response.writableEnded || response.writableLength > MOST_WAITING)
        return false;
      response.write(bytes);
      return true;
    },
    close() {
      // One that does not read would never see an orderly end.
      if (response.writableLength > MOST_WAITING) response.destroy();
      else response.end();
    },
  };
  response.on('close', () => stream.remove(client));
  response.on('error', () => stream.remove(client));
  stream.add(client);
}
