import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import type { PoolId } from '../core/observation.ts';
import type { Signal } from '../core/signal.ts';
import { InvalidOptionError, messageOf, NotLeaderError } from '../errors.ts';
import { parseSignal } from '../triggers/parse-signal.ts';
import { json, refusal } from './answers.ts';
import type { DashboardController } from './controller-port.ts';
import { readJson } from './read-json.ts';

/** What can be done from the page. */
export type DashboardAction = 'pause' | 'resume' | 'apply' | 'signal';

export const DASHBOARD_ACTIONS: readonly DashboardAction[] = ['pause', 'resume', 'apply', 'signal'];

/** What somebody is about to do. */
export interface ActionAttempt {
  readonly action: DashboardAction;
  /** Absent where the page only asks what may be offered, and for signals to all pools. */
  readonly pool?: PoolId;
  /** Node's request, when the dashboard is mounted by its `listener`: it carries what the host's middleware left. */
  readonly incoming?: IncomingMessage;
}

/** Makes the page more than a display. */
export interface DashboardActions {
  /**
   * Decides whether this request may do that: reads the session, the header, whatever the host signs people in with.
   * `false` and every exception are answered with 403. Forged requests of other sites never get this far.
   */
  authorize(request: Request, attempt: ActionAttempt): boolean | Promise<boolean>;
  /** What is offered at all. Default: everything. */
  readonly allow?: readonly DashboardAction[];
  /**
   * Origins from which actions are taken besides the one of the request itself, such as `https://ops.example.com`:
   * needed behind a proxy that rewrites the `Host` header. Default: none.
   */
  readonly origins?: readonly string[];
}

/** Header with the token of `session`. A foreign site cannot set it. */
const TOKEN_HEADER = 'x-flyball-token';

/** An action that is refused by the controller is so at once; one that is carried out takes as long as a start, ms. */
const REFUSAL_MS = 100;

/** Takes actions from the page. */
export class ActionDesk {
  readonly #controller: DashboardController;
  readonly #options: DashboardActions | undefined;
  readonly #clock: Clock;
  readonly #offered: readonly DashboardAction[];
  readonly #token: string = randomBytes(24).toString('base64url');

  constructor(controller: DashboardController, options: DashboardActions | undefined, clock: Clock) {
    this.#controller = controller;
    this.#options = options;
    this.#clock = clock;
    const allowed = options === undefined ? [] : (options.allow ?? DASHBOARD_ACTIONS);
    this.#offered = allowed.filter((action) => action !== 'signal' || controller.signal !== undefined);
  }

  /** What this request may do, and the token that it needs for it. */
  async session(request: Request, incoming: IncomingMessage | undefined): Promise<Response> {
    const actions: DashboardAction[] = [];
    for (const action of this.#offered) {
      if (await this.#isAuthorized(request, { action, ...(incoming && { incoming }) })) actions.push(action);
    }
    return json(200, { actions, ...(actions.length > 0 && { token: this.#token }) });
  }

  async take(name: string, request: Request, incoming: IncomingMessage | undefined): Promise<Response> {
    if (request.method !== 'POST') return refusal(405, 'actions are taken by POST', { allow: 'POST' });
    const action = this.#offered.find((each) => each === name);
    if (action === undefined) return refusal(403, 'this dashboard does not offer that action');
    if (!this.#isSameOrigin(request))
      return refusal(403, 'actions are taken from the dashboard’s own page only');
    if (!this.#hasToken(request)) return refusal(403, `the token in ${TOKEN_HEADER} is missing or old`);
    if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
      return refusal(415, 'actions are sent as application/json');
    }
    let body: Record<string, unknown>;
    try {
      body = await readJson(request);
    } catch (error) {
      return refusal(400, messageOf(error));
    }
    const pool = typeof body.pool === 'string' ? body.pool : undefined;
    const attempt = { action, ...(pool !== undefined && { pool }), ...(incoming && { incoming }) };
    if (!(await this.#isAuthorized(request, attempt))) return refusal(403, 'you may not do that');
    return this.#perform(action, body);
  }

  async #perform(action: DashboardAction, body: Record<string, unknown>): Promise<Response> {
    try {
      switch (action) {
        case 'pause':
        case 'resume':
          this.#controller[action](poolOf(body));
          break;
        case 'apply':
          await this.#apply(body);
          break;
        case 'signal':
          await this.#controller.signal?.(signalOf(body));
      }
      return json(200, { done: action });
    } catch (error) {
      // What the caller did wrong is told; what went wrong inside stays inside.
      if (error instanceof InvalidOptionError) return refusal(400, error.message);
      if (error instanceof NotLeaderError) return refusal(409, error.message);
      return refusal(500, `${action} failed`);
    }
  }

  /** Settles when the operations have begun: they take as long as a worker takes to start. */
  async #apply(body: Record<string, unknown>): Promise<void> {
    const { to, reason } = body;
    if (typeof to !== 'number') throw new InvalidOptionError('to', 'must be a number of workers', to);
    if (reason !== undefined && (typeof reason !== 'string' || reason.length > 500)) {
      throw new InvalidOptionError('reason', 'must be a text of at most 500 characters', reason);
    }
    const applied = this.#controller.apply(poolOf(body), {
      to,
      reason: reason || 'applied from the dashboard',
    });
    await Promise.race([applied, this.#clock.sleep(REFUSAL_MS)]);
    applied.catch(() => {});
  }

  async #isAuthorized(request: Request, attempt: ActionAttempt): Promise<boolean> {
    try {
      return (await this.#options?.authorize(request, attempt)) === true;
    } catch {
      return false;
    }
  }

  #hasToken(request: Request): boolean {
    const given = Buffer.from(request.headers.get(TOKEN_HEADER) ?? '');
    const token = Buffer.from(this.#token);
    return given.length === token.length && timingSafeEqual(given, token);
  }

  /** Browsers say where a POST comes from, and pages cannot make them lie. */
  #isSameOrigin(request: Request): boolean {
    const origin = request.headers.get('origin');
    if (origin === null) return false;
    if (this.#options?.origins?.includes(origin)) return true;
    const site = request.headers.get('sec-fetch-site');
    if (site !== null && site !== 'same-origin') return false;
    // A proxy that ends TLS changes the scheme that is seen here, so that hosts are compared.
    return (
      URL.canParse(origin) &&
      new URL(origin).host === (request.headers.get('host') ?? new URL(request.url).host)
    );
  }
}

function poolOf({ pool }: Record<string, unknown>): PoolId {
  if (typeof pool !== 'string') throw new InvalidOptionError('pool', 'must name a pool', pool);
  return pool;
}

function signalOf({ signal }: Record<string, unknown>): Signal {
  return parseSignal(signal);
}
