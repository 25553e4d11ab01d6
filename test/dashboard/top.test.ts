import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { parseTopCall } from '../../src/cli/top-call.ts';
import { spark } from '../../src/cli/top-screen.ts';
import { createDashboard, type Dashboard } from '../../src/dashboard/index.ts';
import { decisionOf, FakeController } from './fake-controller.ts';

class Page implements Terminal {
  readonly isInteractive = false;
  readonly columns = 120;
  output = '';
  errors = '';

  out(text: string): void {
    this.output += text;
  }

  err(text: string): void {
    this.errors += text;
  }
}

describe('flyball top', () => {
  let controller: FakeController;
  let dashboard: Dashboard;
  let server: Server;
  let url: string;
  let asked: string | undefined;
  const page = (): Page => new Page();
  const never = new AbortController().signal;

  beforeEach(async () => {
    controller = new FakeController('web', 'mail', 'ev\u001b[2Jil');
    controller.change('web', 2, 4);
    dashboard = createDashboard(controller);
    server = createServer((request, response) => {
      asked = request.headers.authorization;
      if (request.url?.startsWith('/scaling')) dashboard.listener(request, response);
      else response.writeHead(200, { 'content-type': 'text/html' }).end('hello');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `127.0.0.1:${(server.address() as AddressInfo).port}/scaling`;
  });
  afterEach(async () => {
    dashboard.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('--once prints the pools, the watched one in full, and its decisions', async () => {
    const terminal = page();
    expect(await run(['top', url, '--once'], terminal, never)).toBe(0);
    expect(terminal.output).toContain('4 workers ready for a demand of 2, nothing waiting.');
    expect(terminal.output).toMatch(/▸ web .*█ +2 +4 +50% +0 .*steady/);
    expect(terminal.output).toMatch(/ {2}mail /);
    expect(terminal.output).toMatch(/2 → 4 +demand needs 4 workers/);
    await expect.poll(() => controller.listeners, { message: 'it has gone' }).toBe(0);
  });

  it('tells whether the instance leads, and of one that follows what it would do', async () => {
    const decision = decisionOf('web', controller.at, 4, 6);
    controller.extra = { data: { leadership: { leader: true, fencingToken: 7 } }, status: { decision } };
    const leader = page();
    await run(['top', url, '--once'], leader, never);
    expect(leader.output).toContain('nothing waiting. This instance leads, in term 7.');
    expect(leader.output).toContain('Goes from 4 to 6 workers:');
    controller.extra = { data: { leadership: { leader: false } }, status: { decision } };
    controller.step();
    const follower = page();
    await expect
      .poll(async () => {
        await run(['top', url, '--once'], follower, never);
        return follower.output;
      })
      .toContain('This instance follows');
    expect(follower.output).toContain('Would go from 4 to 6 workers:');
  });

  it('--pool shows another one in full', async () => {
    const terminal = page();
    await run(['top', url, '--once', '--pool', 'mail'], terminal, never);
    expect(terminal.output).toMatch(/▸ mail/);
    expect(terminal.output).toContain('mail  adaptive, 1 to 40 workers');
  });

  it('lets no pool’s name steer the terminal', async () => {
    const terminal = page();
    await run(['top', url, '--once'], terminal, never);
    expect(terminal.output).toContain('ev�[2Jil');
    expect(terminal.output).not.toContain('\u001b');
  });

  it('writes plain lines where there is no terminal, and decisions as they come', async () => {
    const terminal = page();
    const interrupted = new AbortController();
    const ended = run(['top', url], terminal, interrupted.signal);
    await expect.poll(() => terminal.output).toMatch(/mail {2}ready 4 {2}target 4 {2}demand 2 /);
    controller.step();
    controller.change('web', 4, 9);
    controller.step();
    await expect.poll(() => terminal.output).toMatch(/web: .* 4 → 9 +demand needs 9 workers/);
    expect(terminal.output, 'what was there before is no news').not.toContain('2 → 4');
    interrupted.abort();
    expect(await ended).toBe(130);
  });

  it('comes back when the service does', async () => {
    const terminal = page();
    const interrupted = new AbortController();
    const ended = run(['top', url, '--plain'], terminal, interrupted.signal);
    await expect.poll(() => terminal.output).toContain('web');
    server.closeAllConnections();
    await expect.poll(() => terminal.errors).toContain('connection lost');
    terminal.output = '';
    for (let step = 0; step < 4; step++) controller.step();
    await expect.poll(() => terminal.output, { timeout: 5_000 }).toContain('web');
    interrupted.abort();
    await ended;
  });

  it('sends the headers that it is given', async () => {
    await run(['top', url, '--once', '--header', 'Authorization: Bearer abc'], page(), never);
    expect(asked).toBe('Bearer abc');
  });

  it.each([
    [['--once', '--pool', 'nowhere'], 1, 'there is no pool "nowhere" there: web, mail'],
    [['--once', '--nonsense'], 2, "Unknown option '--nonsense'"],
    [['--header', 'nonsense'], 2, "--header must be 'Name: value'"],
    [['another'], 2, 'one address at a time'],
  ])('%j ends with %i: %s', async (args, code, message) => {
    const terminal = page();
    expect(await run(['top', url, ...args], terminal, never)).toBe(code);
    expect(terminal.errors).toContain(message);
    expect(terminal.output).toBe('');
  });

  it('says so where there is no dashboard, and where there is nothing', async () => {
    const elsewhere = page();
    expect(await run(['top', url.replace('/scaling', '/')], elsewhere, never)).toBe(1);
    expect(elsewhere.errors).toContain('there is no dashboard at');
    const nothing = page();
    expect(await run(['top', '127.0.0.1:9'], nothing, never)).toBe(1);
    expect(nothing.errors).toContain('cannot be reached');
    expect(await run(['top'], page(), never)).toBe(2);
  });

  it.each([
    ['localhost:3000/scaling', 'http://localhost:3000/scaling/'],
    ['https://ops.example/a/b/#pool=x', 'https://ops.example/a/b/'],
    ['HTTP://x', 'http://x/'],
  ])('%s is read as %s', (text, base) => {
    expect(parseTopCall([text]).base).toBe(base);
  });

  it.each([
    [[0, 1, 2, 4], '▁▃▅█'],
    [[null, 4], ' █'],
    [[0, 0], '▁▁'],
    [[], ''],
  ])('%j as a line: %s', (values, line) => {
    expect(spark(values, 4)).toBe(line.padStart(4));
  });
});
