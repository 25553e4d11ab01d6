import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDashboard, type Dashboard, type DashboardOptions } from '../../src/dashboard/index.ts';
import { ScalingController } from '../../src/scaling-controller.ts';
import type { DashboardData } from '../../src/telemetry/dashboard-data.ts';
import { launchBrowser, missingBrowser } from './browser.ts';
import { busyDay } from './busy-day.ts';
import { decisionOf, FakeController, NOON } from './fake-controller.ts';
import { LivePool } from './live-pool.ts';

const EVIL = '<img src=x onerror="document.title=\'owned\'">';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

if (missingBrowser !== undefined) console.warn(`the live page is not tested in a browser: ${missingBrowser}`);

describe.skipIf(missingBrowser !== undefined)('the live page, in a browser', () => {
  let browser: Browser;
  let controller: ScalingController;
  let pool: LivePool;
  let server: Server;
  let dashboard: Dashboard;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  /** Serves what is given under /ops and opens it. */
  async function show(shown: Dashboard, context: BrowserContextOptions): Promise<string> {
    dashboard = shown;
    server = createServer((request, response) => {
      if (request.url?.startsWith('/ops')) dashboard.listener(request, response);
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    page = await (await browser.newContext(context)).newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) {
        complaints.push(`asked ${request.url()}`);
      }
    });
    await page.goto(`${origin}/ops`);
    await page.getByRole('heading', { name: 'embedding' }).waitFor();
    return `${origin}/ops`;
  }

  function open(options: DashboardOptions = {}, context: BrowserContextOptions = {}): Promise<string> {
    pool = new LivePool(400);
    controller = new ScalingController({
      pools: [
        { id: 'embedding', adapter: pool, minWorkers: 1, maxWorkers: 40 },
        { id: EVIL, adapter: new LivePool(400), minWorkers: 1, maxWorkers: 4, policy: 'conservative' },
      ],
      intervalMs: 200,
      schedules: [
        { name: EVIL, start: { cron: '0 7 * * *' }, durationMs: 3_600_000, action: { atLeast: 1 } },
      ],
    });
    controller.start();
    return show(createDashboard(controller, options), context);
  }

  afterEach(async () => {
    await page.context().close();
    dashboard.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await controller?.stop();
    controller = undefined as never;
    // Neither an exception, nor a breach of the policy, nor a request to anybody else.
    expect(complaints.splice(0)).toEqual([]);
  });

  const tile = (name: string): Promise<string | null> =>
    page.locator('.tiles > div', { hasText: name }).locator('.tile-value').textContent();

  it('shows a spike, and the decision with its reason, within two seconds', async () => {
    await open();
    await expect.poll(() => tile('Demand')).toMatch(/^[\d.]+$/);
    const before = Date.now();
    pool.load = 12;
    const first = page.locator('.decision summary', { hasText: /to [1-9]\d workers/ }).first();
    await first.waitFor({ timeout: 2_000 });
    await expect.poll(async () => Number(await tile('Demand')), { timeout: 2_000 }).toBeGreaterThan(8);
    expect(Date.now() - before).toBeLessThan(2_000);
    expect(await first.locator('.why').textContent()).toMatch(/demand|work|expected/);
    const scaled = controller.history('embedding').at(-1);
    await expect
      .poll(() => page.locator('.decisions').first().textContent())
      .toContain(scaled?.decision.reason as string);
    await expect
      .poll(() => page.locator('[aria-live]').textContent())
      .toMatch(/embedding: \d+ to \d+ workers/);
    await expect.poll(async () => Number(await tile('Workers ready')), { timeout: 5_000 }).toBeGreaterThan(8);
  });

  it('opens a decision by keyboard, and it stays open while others come', async () => {
    await open();
    pool.load = 8;
    await page.locator('.decision').first().waitFor();
    const isOnSummary = (): Promise<boolean> =>
      page.evaluate('document.activeElement.matches(".decision summary")') as Promise<boolean>;
    for (let tabs = 0; tabs < 60 && !(await isOnSummary()); tabs++) await page.keyboard.press('Tab');
    expect(await isOnSummary()).toBe(true);
    await page.keyboard.press('Enter');
    const waterfall = page.locator('.waterfall');
    await waterfall.waitFor();
    expect(await waterfall.textContent()).toMatch(
      /Who asked for what[\s\S]*adaptive[\s\S]*wanted[\s\S]*done/,
    );
    const changes = controller.history('embedding').length;
    pool.load = 25;
    await expect.poll(() => controller.history('embedding').length).toBeGreaterThan(changes);
    await expect.poll(() => page.locator('.decision').count()).toBeGreaterThan(changes);
    expect(await waterfall.isVisible()).toBe(true);
  });

  it('shows names that look like markup as text', async () => {
    await open();
    await page.getByRole('link', { name: EVIL }).click();
    await page.getByRole('heading', { name: EVIL }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.facts').textContent()).toContain(EVIL);
    expect(await page.title()).toContain(EVIL);
  });

  it('says the same in a table as in the chart', async () => {
    await open();
    await page.getByText('Show as a table').first().click();
    const table = page.getByRole('region', { name: 'Capacity and demand, as a table' });
    await expect.poll(() => table.getByRole('row').count()).toBeGreaterThan(3);
    expect(await table.getByRole('columnheader').allInnerTexts()).toContain('demand');
    expect(await page.getByRole('group', { name: /Now \d+ workers? ready for a demand of/ }).count()).toBe(1);
  });

  it('says that it has lost the service, and comes back by itself', async () => {
    const url = await open();
    const { port } = new URL(url);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await page.getByText('connection lost').waitFor();
    server = createServer(dashboard.listener).listen(Number(port), '127.0.0.1');
    await page.locator('.connection-live').waitFor({ timeout: 10_000 });
    complaints.splice(0);
  });

  it.each(['light', 'dark'] as const)(
    'axe finds nothing, and nothing sticks out, %s',
    async (colorScheme) => {
      await show(createDashboard(busyDay(), { actions: { authorize: () => true } }), { colorScheme });
      await page.getByRole('heading', { name: 'By hand' }).waitFor();
      await page.locator('.decision').first().click();
      for (const summary of await page.getByText('Show as a table').all()) await summary.click();
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        // Axe looks at the page from outside; the page's own policy lets nothing be added to it.
        const findings = (await page.evaluate(
          `${AXE}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
        )) as { passes: unknown[]; violations: { id: string; impact: string; nodes: { html: string }[] }[] };
        expect(findings.passes.length, 'it has looked').toBeGreaterThan(30);
        expect(
          findings.violations.map(
            ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`,
          ),
        ).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      }
    },
  );

  it('has a place for everything that can happen', async () => {
    await show(createDashboard(busyDay()), {});
    const facts = (): Promise<string | null> => page.locator('.facts').textContent();
    for (const text of [
      'for 95 s, 4 workers before it',
      'a campaign has begun',
      'morning: at least 8 workers',
      'night cap: at most 20 workers',
      'no memory left (4 times)',
      'stopped for a while',
      '5, between 3 and 8',
      'tight: 0.1 to 1.9 errors',
      'within the band91%',
      'late0.4%',
      'static peak300, 60% less here',
      'memory: 5.6 GiB of 7.5 GiB',
      'cheap acts on trial instead of adaptive.',
      'cheap667%4%3',
    ]) {
      expect(await facts()).toContain(text);
    }
    await page.locator('.decision').first().click();
    const waterfall = page.locator('.waterfall');
    for (const text of [
      'a spike of 0.9: at least 14',
      'mine could not be heard',
      'memory for 5 more',
      'budget',
      '−2',
    ]) {
      expect(await waterfall.textContent()).toContain(text);
    }
    await page.getByRole('button', { name: 'Held back' }).click();
    await page.locator('.decision:visible', { hasText: 'stays at 6' }).waitFor();
    await page.getByRole('button', { name: '24 h' }).click();
    const chart = (): Promise<unknown> =>
      page.evaluate('document.querySelector(".uplot canvas").toDataURL()');
    await page.getByRole('button', { name: 'Theme: system' }).click();
    const light = await chart();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await expect
      .poll(async () => (await chart()) === light, { message: 'charts follow the theme' })
      .toBe(false);
  });

  it('shows whether this instance leads as it changes, and reads it out', async () => {
    const shown = new FakeController('embedding', 'ocr');
    const become = (leadership: NonNullable<DashboardData['leadership']>): void => {
      shown.extra = { data: { leadership }, status: { decision: decisionOf('embedding', NOON, 4, 6) } };
      shown.step();
    };
    become({ leader: false });
    await show(createDashboard(shown, {}), {});
    const headline = (): Promise<string | null> => page.locator('.headline').textContent();
    await expect.poll(headline).toContain('This instance follows: it decides, and does not act.');
    await page.locator('.chip', { hasText: 'follows' }).waitFor();
    expect(await page.locator('.verdict').textContent()).toMatch(/^Would go from 4 to 6/);
    await page.locator('.connection-live').waitFor();
    become({ leader: true, fencingToken: 8 });
    await expect.poll(headline).toContain('This instance leads, in term 8.');
    await expect
      .poll(() => page.locator('[aria-live]').textContent())
      .toContain('This instance leads, in term 8.');
    expect(await page.locator('.chip', { hasText: 'follows' }).count()).toBe(0);
    expect(await page.locator('.verdict').textContent()).toMatch(/^Goes from 4 to 6/);
  });

  it('offers no actions on a page that only shows', async () => {
    await open();
    await page.locator('.connection-live').waitFor();
    await page.waitForLoadState('networkidle', { timeout: 500 }).catch(() => {});
    expect(await page.getByRole('heading', { name: 'By hand' }).count()).toBe(0);
  });

  it('pauses, sets a size and announces load for those who may', async () => {
    await open({ actions: { authorize: () => true } });
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused: decisions are made').waitFor();
    await expect.poll(() => controller.status().pools[0]?.paused).toBe(true);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => controller.status().pools[0]?.paused).toBe(false);

    await page.getByLabel('Workers', { exact: true }).fill('7');
    await page.getByLabel('Reason').fill('before the campaign');
    await page.getByRole('button', { name: 'Set the size' }).click();
    await page.getByText('The size is being set.').waitFor();
    await page.locator('.decision summary', { hasText: 'before the campaign' }).waitFor();

    await page.getByLabel('Demand to expect').fill('9');
    await page.getByRole('button', { name: 'Announce load' }).click();
    await page.getByText('Announced.').waitFor();
    await expect.poll(() => page.locator('.facts').textContent()).toContain('external');
  });

  it('answers 403 to who acts without being allowed to, also from its own page', async () => {
    await open({ actions: { authorize: () => false } });
    const status = await page.evaluate(`
      fetch('/ops/actions/pause', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-flyball-token': 'guessed' },
        body: JSON.stringify({ pool: 'embedding' }),
      }).then(({ status }) => status)
    `);
    expect(status).toBe(403);
    expect(controller.status().pools[0]?.paused).toBe(false);
    // The browser notes every 403 in its console.
    complaints.splice(0);
  });
});
