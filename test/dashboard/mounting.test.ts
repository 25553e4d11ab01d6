import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDashboard, type Dashboard, type FeedMessage } from '../../src/dashboard/index.ts';
import { EventReader } from './event-reader.ts';
import { FakeController } from './fake-controller.ts';

/** How hosts mount it: what they do with the prefix, and which of the two doors they use. */
const HOSTS: readonly (readonly [
  name: string,
  prefix: string,
  mount: (dashboard: Dashboard) => RequestListener,
])[] = [
  ['node:http, at the root', '', ({ listener }) => listener],
  [
    'node:http, under a prefix that it leaves alone (as Fastify does)',
    '/ops/scaling',
    ({ listener }) =>
      (request, response) => {
        if (request.url?.startsWith('/ops/scaling')) listener(request, response);
        else response.writeHead(404).end();
      },
  ],
  [
    'a router that cuts the prefix off and keeps the whole (as Express does)',
    '/scaling',
    ({ listener }) =>
      (request, response) => {
        const { url = '' } = request;
        (request as IncomingMessage & { originalUrl: string }).originalUrl = url;
        request.url = url.slice('/scaling'.length) || '/';
        listener(request, response);
      },
  ],
  ['a Fetch host that passes requests on (as Hono does with all)', '/a/b', ({ fetch }) => fetchHost(fetch)],
  [
    'a Fetch host that cuts the prefix off (as Hono does with mount)',
    '/a/b',
    ({ fetch }) =>
      fetchHost((request) => {
        const url = new URL(request.url);
        url.pathname = url.pathname.slice('/a/b'.length) || '/';
        return fetch(new Request(url, request));
      }),
  ],
];

/** The least of a Fetch server. */
function fetchHost(handle: (request: Request) => Promise<Response>): RequestListener {
  return (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.on('close', () => gone.abort());
    void (async () => {
      const response = await handle(new Request(`http://${incoming.headers.host}${incoming.url}`));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      const reader = response.body?.getReader();
      gone.signal.addEventListener('abort', () => void reader?.cancel().catch(() => {}));
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) break;
        outgoing.write(value);
      }
      outgoing.end();
    })().catch(() => outgoing.destroy());
  };
}

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe.each(HOSTS)('%s', (_, prefix, mount) => {
  it('shows the page, its data and its stream', async () => {
    const controller = new FakeController('web');
    const dashboard = createDashboard(controller);
    const origin = await serve(mount(dashboard));

    for (const path of [prefix, `${prefix}/`]) {
      const page = await fetch(`${origin}${path}`);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await page.text()).toContain('<title>flyball</title>');
    }

    const data = await (await fetch(`${origin}${prefix}/data?series=false`)).json();
    expect(data).toMatchObject({ version: 1, pools: [{ id: 'web' }] });

    const response = await fetch(`${origin}${prefix}/events?pool=web`);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = new EventReader(response.body as ReadableStream<Uint8Array>);
    expect(await events.json<FeedMessage>()).toMatchObject({
      event: 'snapshot',
      message: { pool: { id: 'web' } },
    });
    controller.step();
    expect(await events.json<FeedMessage>()).toMatchObject({
      event: 'tick',
      message: { pool: { id: 'web' } },
    });

    await events.cancel();
    await expect.poll(() => controller.listeners).toBe(0);
    dashboard.close();
  });
});
