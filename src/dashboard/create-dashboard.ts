import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { InvalidOptionError } from '../errors.ts';
import type { DashboardQuery } from '../telemetry/dashboard-data.ts';
import { ActionDesk, DASHBOARD_ACTIONS, type DashboardActions } from './actions.ts';
import { answer, json, refusal } from './answers.ts';
import { EVENT_STREAM_HEADERS, nodeClient, streamClient } from './clients.ts';
import type { DashboardController } from './controller-port.ts';
import { EventStream } from './event-stream.ts';
import { sendResponse, toRequest } from './node-request.ts';
import { createPage } from './page.ts';

export interface DashboardOptions {
  /** Heading of the page. Default `flyball`. */
  readonly title?: string;
  /** Lets people act from the page. Default: none, the page only shows. */
  readonly actions?: DashboardActions;
  /** Open event streams; one more is answered with 503. An integer, 1 or more; default 200. */
  readonly maxClients?: number;
  /** Time between signs of life on a quiet stream, ms. Above 0; default 15,000. */
  readonly heartbeatMs?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface Dashboard {
  /** For hosts that speak Fetch: Hono, `app.mount('/scaling', dashboard.fetch)`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** For hosts that speak Node: node:http, Express, `app.use('/scaling', dashboard.listener)`. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends all open streams; further requests are answered with 503. */
  close(): void;
}

/**
 * The live page of a controller: capacity against demand, every decision and why, schedules, budget, health.
 *
 * It goes by the last part of the path (`…/`, `…/data`, `…/events`, `…/session`, `…/actions/<name>`), so that it works
 * under any prefix, whether the host's router cuts the prefix off or not. It shows the inside of a service: mount it
 * behind whatever guards the host's other internal pages.
 *
 * @throws InvalidOptionError
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { ScalingController } from 'flyball';
 * import { createDashboard } from 'flyball/dashboard';
 *
 * const dashboard = createDashboard(new ScalingController({ pools: [] }));
 * const server = createServer(dashboard.listener).listen(0, '127.0.0.1');
 * server.close();
 * ```
 */
export function createDashboard(controller: DashboardController, options: DashboardOptions = {}): Dashboard {
  checkOptions(options);
  const { title = 'flyball', actions, maxClients = 200, heartbeatMs = 15_000, clock = systemClock } = options;
  const page = createPage(title);
  const desk = new ActionDesk(controller, actions, clock);
  const stream = new EventStream(controller, { clock, maxClients, heartbeatMs });
  let closed = false;

  /** Everything but the event stream of the Node listener. */
  async function respond(request: Request, incoming?: IncomingMessage): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [last = '', before] = pathname.split('/').reverse();
    if (closed) return refusal(503, 'the dashboard is closed');
    if (before === 'actions') {
      const response = await desk.take(last, request, incoming);
      // A pause has no tick of its own.
      if (response.ok) stream.changed();
      return response;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refusal(405, 'only actions are sent', { allow: 'GET, HEAD' });
    }
    if (last === 'data') return json(200, controller.dashboard(queryOf(searchParams)));
    if (last === 'session') return desk.session(request, incoming);
    if (last === 'events') {
      if (request.method === 'HEAD') return answer(200, null, EVENT_STREAM_HEADERS);
      if (stream.isFull) return full();
      return answer(200, streamClient(stream, searchParams.get('pool') ?? undefined), EVENT_STREAM_HEADERS);
    }
    // favicon.ico, app.js.map and the like.
    if (last.includes('.')) return refusal(404, 'there is no such file');
    return page(request);
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let request: Request;
    try {
      request = toRequest(incoming);
    } catch {
      await sendResponse(refusal(400, 'the request cannot be read'), outgoing);
      return;
    }
    const { pathname, searchParams } = new URL(request.url);
    if (!closed && request.method === 'GET' && pathname.endsWith('/events')) {
      if (stream.isFull) return sendResponse(full(), outgoing);
      const { status, headers } = answer(200, null, EVENT_STREAM_HEADERS);
      outgoing.writeHead(status, Object.fromEntries(headers));
      nodeClient(stream, outgoing, searchParams.get('pool') ?? undefined);
      return;
    }
    await sendResponse(await respond(request, incoming), outgoing);
  }

  return {
    fetch: (request) => respond(request).catch(failure),
    listener(incoming, outgoing) {
      handle(incoming, outgoing).catch(() => {
        if (outgoing.headersSent) outgoing.destroy();
        else void sendResponse(failure(), outgoing);
      });
    },
    close() {
      closed = true;
      stream.close();
    },
  };
}

const full = (): Response => refusal(503, 'too many open streams', { 'retry-after': '10' });
const failure = (): Response => refusal(500, 'the dashboard failed to answer');

/** `?pool=a&pool=b&series=false&since=1732430000000`, as `dashboard()` takes it. */
function queryOf(params: URLSearchParams): DashboardQuery {
  const pools = params.getAll('pool');
  const since = Number(params.get('since') ?? Number.NaN);
  return {
    ...(pools.length > 0 && { pools }),
    ...(params.has('series') && { series: params.get('series') !== 'false' }),
    ...(Number.isFinite(since) && { since }),
  };
}

function checkOptions({ title, actions, maxClients, heartbeatMs }: DashboardOptions): void {
  if (title !== undefined && typeof title !== 'string') {
    throw new InvalidOptionError('title', 'must be a text', title);
  }
  if (maxClients !== undefined && !(Number.isInteger(maxClients) && maxClients >= 1)) {
    throw new InvalidOptionError('maxClients', 'must be an integer, 1 or more', maxClients);
  }
  if (heartbeatMs !== undefined && !(heartbeatMs > 0)) {
    throw new InvalidOptionError('heartbeatMs', 'must be above 0', heartbeatMs);
  }
  if (actions === undefined) return;
  if (typeof actions.authorize !== 'function') {
    throw new InvalidOptionError(
      'actions.authorize',
      'must be a function: without it nobody may act',
      actions.authorize,
    );
  }
  const unknown = actions.allow?.find((action) => !DASHBOARD_ACTIONS.includes(action));
  if (unknown !== undefined) {
    throw new InvalidOptionError('actions.allow', `may name ${DASHBOARD_ACTIONS.join(', ')}`, unknown);
  }
}
