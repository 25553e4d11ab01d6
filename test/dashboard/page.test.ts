import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDashboard } from '../../src/dashboard/index.ts';
import { InvalidOptionError } from '../../src/errors.ts';
import { FakeController } from './fake-controller.ts';

const get = (path: string, options = {}, init: RequestInit = {}): Promise<Response> =>
  createDashboard(new FakeController('web'), options).fetch(new Request(`http://here${path}`, init));

describe('the page', () => {
  it('runs the script and the style that its policy names, and nothing else', async () => {
    const response = await get('/');
    const html = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    const hashOf = (tag: string): string => {
      const content = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] as string;
      return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
    };
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${hashOf('script')};`);
    expect(policy).toContain(`style-src ${hashOf('style')};`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/\son\w+=/);
  });

  it('asks nobody else for anything', async () => {
    const html = await (await get('/')).text();
    expect(html).not.toMatch(/(?:src|href)=["'](?:https?:)?\/\//);
    expect(html).not.toMatch(/@import|url\((?!["']?data:)/);
  });

  it('keeps uPlot’s licence with uPlot', async () => {
    expect(await (await get('/')).text()).toContain('Copyright (c) 2022 Leon Sorokin');
  });

  it('holds no data of the service', async () => {
    expect(await (await get('/')).text()).not.toContain('"web"');
  });

  it('shows its title as text', async () => {
    const html = await (await get('/', { title: '<img src=x onerror=alert(1)> & "co"' })).text();
    expect(html).toContain('<title>&#60;img src=x onerror=alert(1)&#62; &#38; &#34;co&#34;</title>');
    expect(html).not.toContain('<img src=x');
  });

  it('is not sent again while it is the same', async () => {
    const first = await get('/');
    const again = await get('/', {}, { headers: { 'if-none-match': first.headers.get('etag') as string } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it.each(['/', '/data', '/session', '/events', '/favicon.ico', '/actions/pause'])(
    '%s is neither sniffed, framed, nor told to other sites',
    async (path) => {
      const { headers, body } = await get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
      await body?.cancel();
    },
  );
});

describe('the paths', () => {
  it.each([
    ['GET', '/favicon.ico', 404],
    ['GET', '/app.js.map', 404],
    ['POST', '/', 405],
    ['POST', '/data', 405],
    ['DELETE', '/events', 405],
    ['HEAD', '/', 200],
  ])('%s %s: %i', async (method, path, status) => {
    const response = await get(path, {}, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(
      status === 200 ? /^text\/html/ : /^application\/json/,
    );
  });

  it('data takes what dashboard() takes', async () => {
    const controller = new FakeController('web', 'mail');
    const dashboard = createDashboard(controller);
    const ask = async (query: string): Promise<unknown> => {
      await dashboard.fetch(new Request(`http://here/x/data${query}`));
      return controller.queries.at(-1);
    };
    expect(await ask('')).toEqual({});
    expect(await ask('?pool=web&pool=mail&series=false&since=5')).toEqual({
      pools: ['web', 'mail'],
      series: false,
      since: 5,
    });
    expect(await ask('?since=nonsense')).toEqual({});
  });

  it('what fails inside stays inside', async () => {
    const controller = new FakeController('web');
    controller.dashboard = () => {
      throw new Error('secret');
    };
    const response = await createDashboard(controller).fetch(new Request('http://here/data'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });
});

it('HEAD of the stream opens none', async () => {
  const controller = new FakeController('web');
  const { fetch } = createDashboard(controller);
  const response = await fetch(new Request('http://here/events', { method: 'HEAD' }));
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(response.body).toBeNull();
  expect(controller.listeners).toBe(0);
});

describe('the options', () => {
  it.each([
    [{ title: 7 }, 'title'],
    [{ maxClients: 0 }, 'maxClients'],
    [{ heartbeatMs: 0 }, 'heartbeatMs'],
    [{ heartbeatMs: Number.NaN }, 'heartbeatMs'],
    [{ actions: {} }, 'actions.authorize'],
    [{ actions: { authorize: () => true, allow: ['reboot'] } }, 'actions.allow'],
  ])('%j is refused, naming %s', (options, field) => {
    const create = (): unknown => createDashboard(new FakeController(), options as never);
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(field);
  });
});
