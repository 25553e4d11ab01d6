import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** What frameworks leave on Node's request. */
interface Framed extends IncomingMessage {
  /** Express: the URL before mounting cut it. */
  readonly originalUrl?: string;
  /** A body that a parser has read already. */
  readonly body?: unknown;
}

/** @throws TypeError when the request's target or Host is no URL */
export function toRequest(incoming: Framed): Request {
  const { method = 'GET', headers, url = '/' } = incoming;
  const scheme = (incoming.socket as { encrypted?: boolean } | null)?.encrypted === true ? 'https' : 'http';
  const host = headers.host ?? 'localhost';
  // The path of an absolute or `//host/…` target must not become the host.
  const target = new URL((incoming.originalUrl ?? url).replace(/^\/+/, '/'), `${scheme}://${host}`);
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) pairs.push([name, each]);
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(target, {
    method,
    headers: pairs,
    ...(hasBody && { body: bodyOf(incoming), duplex: 'half' }),
  } as RequestInit);
}

function bodyOf(incoming: Framed): ReadableStream<Uint8Array> | string {
  const { body } = incoming;
  if (body === undefined) return Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : JSON.stringify(body);
}

/** Sends a response whose body is short. */
export async function sendResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(response.body === null ? undefined : Buffer.from(await response.arrayBuffer()));
}
