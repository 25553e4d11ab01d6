import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backtest } from '../../src/backtest/backtest.ts';
import { backtestPage } from '../../src/report/backtest-page.ts';
import { step } from '../../src/testing/workloads.ts';
import { launchBrowser, missingBrowser } from './browser.ts';

if (missingBrowser !== undefined) console.warn(`the report is not tested in a browser: ${missingBrowser}`);

describe.skipIf(missingBrowser !== undefined)('the report of a backtest, opened from disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flyball-report-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('draws its charts without asking anybody for anything', async () => {
    const result = await backtest(step({ before: 2, after: 6, atMs: 600_000 }), {
      durationMs: 1_200_000,
      policies: ['adaptive', 'static-peak'],
      decisions: 10,
    });
    const file = join(folder, 'report.html');
    writeFileSync(file, backtestPage(result));
    const page = await browser.newPage({ colorScheme: 'dark' });
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => request.url().startsWith('http') && complaints.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.locator('.uplot canvas').first().waitFor();
    const legend = await page.locator('.chart-legend').first().textContent();
    expect(legend).toMatch(/load[\d.]+ready\d+ready and starting\d+/);
    await page.locator('#run').selectOption({ index: 1 });
    await expect.poll(() => page.locator('section:not([hidden]) .uplot canvas').count()).toBe(2);
    expect(complaints).toEqual([]);
  });
});
