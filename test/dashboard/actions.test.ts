import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { createDashboard, type DashboardActions } from '../../src/dashboard/index.ts';
import { InvalidOptionError, NotLeaderError } from '../../src/errors.ts';
import { FakeController } from './fake-controller.ts';

const HOST = 'http://ops.example';

function open(actions?: DashboardActions) {
  const controller = new FakeController('web');
  const { fetch } = createDashboard(controller, actions === undefined ? {} : { actions });
  const session = async (): Promise<{ actions: string[]; token?: string }> => {
    const response = await fetch(new Request(`${HOST}/x/session`));
    return (await response.json()) as { actions: string[]; token?: string };
  };
  const post = async (
    action: string,
    body: unknown,
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Response> => {
    const all = {
      origin: HOST,
      'content-type': 'application/json',
      'x-flyball-token': (await session()).token,
      ...headers,
    };
    const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return fetch(
      new Request(`${HOST}/x/actions/${action}`, {
        method: 'POST',
        headers: given,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    );
  };
  return { controller, fetch, session, post };
}

const everyone: DashboardActions = { authorize: () => true };

describe('a dashboard only shows', () => {
  it('unless the host says who may act', async () => {
    const { controller, post, session } = open();
    expect(await session()).toEqual({ actions: [] });
    expect((await post('pause', { pool: 'web' })).status).toBe(403);
    expect(controller.pause).not.toHaveBeenCalled();
  });

  it('to those who may not act', async () => {
    const { controller, post, session } = open({ authorize: () => false });
    expect(await session()).toEqual({ actions: [] });
    for (const action of ['pause', 'resume', 'apply', 'signal']) {
      expect((await post(action, { pool: 'web', to: 3 })).status).toBe(403);
    }
    expect(controller.pause).not.toHaveBeenCalled();
    expect(controller.apply).not.toHaveBeenCalled();
  });

  it('when who may act cannot be told', async () => {
    const { controller, post } = open({
      authorize: () => {
        throw new Error('the session store is down');
      },
    });
    expect((await post('pause', { pool: 'web' })).status).toBe(403);
    expect(controller.pause).not.toHaveBeenCalled();
  });

  it('where authorize answers with something that is not true', async () => {
    const { post } = open({ authorize: () => 'no' as unknown as boolean });
    expect((await post('pause', { pool: 'web' })).status).toBe(403);
  });
});

describe('a forged request is refused, whoever’s session it rides on', () => {
  it.each([
    ['of another origin', { origin: 'http://evil.example' }],
    ['of no origin', { origin: undefined }],
    ['of an opaque origin', { origin: 'null' }],
    ['of a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['without the token', { 'x-flyball-token': undefined }],
    ['with another token', { 'x-flyball-token': 'a'.repeat(32) }],
  ])('%s: 403', async (_, headers) => {
    const authorize = vi.fn(() => true);
    const { controller, post } = open({ authorize });
    await expect(post('pause', { pool: 'web' }, headers)).resolves.toMatchObject({ status: 403 });
    expect(controller.pause).not.toHaveBeenCalled();
    expect(authorize, 'only by session, never for the forged one').not.toHaveBeenCalledWith(
      expect.objectContaining({ method: 'POST' }),
      expect.anything(),
    );
  });

  it('a form cannot send one', async () => {
    const { post } = open(everyone);
    expect((await post('pause', 'pool=web', { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('a link cannot do anything', async () => {
    const { controller, fetch } = open(everyone);
    expect((await fetch(new Request(`${HOST}/actions/pause?pool=web`))).status).toBe(405);
    expect(controller.pause).not.toHaveBeenCalled();
  });

  it('tokens of another dashboard do not fit', async () => {
    const { token } = await open(everyone).session();
    const { post } = open(everyone);
    expect((await post('pause', { pool: 'web' }, { 'x-flyball-token': token })).status).toBe(403);
  });
});

describe('who may, can', () => {
  it('pause and resume a pool', async () => {
    const { controller, post } = open(everyone);
    expect(await (await post('pause', { pool: 'web' })).json()).toEqual({ done: 'pause' });
    await post('resume', { pool: 'web' });
    expect(controller.pause).toHaveBeenCalledWith('web');
    expect(controller.resume).toHaveBeenCalledWith('web');
  });

  it('set a size, without waiting until the workers have started', async () => {
    const { controller, post } = open(everyone);
    controller.apply.mockReturnValue(new Promise(() => {}));
    expect((await post('apply', { pool: 'web', to: 7, reason: 'release' })).status).toBe(200);
    expect(controller.apply).toHaveBeenCalledWith('web', { to: 7, reason: 'release' });
  });

  it('announce load', async () => {
    const { controller, post } = open(everyone);
    const signal = { type: 'external', pool: 'web', expectedDemand: 9 };
    expect((await post('signal', { signal })).status).toBe(200);
    expect(controller.signal).toHaveBeenCalledWith(signal);
  });

  it('do only what the host allows', async () => {
    const { post, session } = open({ authorize: () => true, allow: ['pause'] });
    expect(await session()).toMatchObject({ actions: ['pause'], token: expect.any(String) });
    expect((await post('apply', { pool: 'web', to: 3 })).status).toBe(403);
  });

  it('be told pool by pool', async () => {
    const { post } = open({ authorize: (_, { pool }) => pool !== 'payments' });
    expect((await post('pause', { pool: 'web' })).status).toBe(200);
    expect((await post('pause', { pool: 'payments' })).status).toBe(403);
  });

  it('act through a proxy that rewrites the host, where its origin is known', async () => {
    const { post } = open({ ...everyone, origins: ['https://ops.example.com'] });
    const headers = { origin: 'https://ops.example.com' };
    expect((await post('pause', { pool: 'web' }, headers)).status).toBe(200);
  });

  it('be known by what the host’s middleware left on Node’s request', async () => {
    const seen: unknown[] = [];
    const { listener } = createDashboard(new FakeController('web'), {
      actions: {
        authorize: (_, { incoming }) => {
          seen.push((incoming as IncomingMessage & { user?: string }).user);
          return true;
        },
      },
    });
    const server = createServer((request, response) => {
      listener(Object.assign(request, { user: 'ada' }), response);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { token } = (await (await fetch(`${origin}/session`)).json()) as { token: string };
    const response = await fetch(`${origin}/actions/pause`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json', 'x-flyball-token': token },
      body: JSON.stringify({ pool: 'web' }),
    });
    expect(response.status).toBe(200);
    expect(new Set(seen)).toEqual(new Set(['ada']));
    server.closeAllConnections();
    server.close();
  });
});

describe('a mistake is told, a failure is not', () => {
  it.each([
    ['apply', { pool: 'web', to: 'many' }, /to must be a number/],
    ['apply', { pool: 'web', to: 3, reason: 'x'.repeat(501) }, /reason must be a text/],
    ['pause', {}, /pool must name a pool/],
    [
      'signal',
      { signal: { type: 'load-spike', magnitude: 7 } },
      /signal\.magnitude must be a number from 0 to 1/,
    ],
    ['pause', '[]', /must be a JSON object/],
    ['pause', 'nonsense', /is not JSON/],
    ['pause', `{"pool":"${'x'.repeat(20_000)}"}`, /longer than/],
  ])('%s %j: 400', async (action, body, message) => {
    const response = await open(everyone).post(action, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringMatching(message) });
  });

  it('what the controller refuses is told in its words', async () => {
    const { controller, post } = open(everyone);
    controller.apply.mockRejectedValue(
      new InvalidOptionError('decision.to', 'must be an integer from 1 to 40', 99),
    );
    const response = await post('apply', { pool: 'web', to: 99 });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: 'decision.to must be an integer from 1 to 40, got 99' });
  });

  it('an instance that does not lead refuses to act', async () => {
    const { controller, post } = open(everyone);
    controller.apply.mockRejectedValue(new NotLeaderError());
    const response = await post('apply', { pool: 'web', to: 3 });
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/does not lead/) });
  });

  it('what breaks inside is not', async () => {
    const { controller, post } = open(everyone);
    controller.pause.mockImplementation(() => {
      throw new Error('password=1234');
    });
    const response = await post('pause', { pool: 'web' });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('1234');
  });
});
