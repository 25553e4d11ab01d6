import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { DashboardData } from '../../src/dashboard/index.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('npm run demo -- --dashboard', () => {
  it('serves the live page beside the run and prints its address', async () => {
    const demo = spawn(
      process.execPath,
      ['--import', 'tsx', 'examples/demo/main.ts', '--seconds', '30', '--dashboard'],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let url: string | undefined;
    for await (const line of createInterface(demo.stdout)) {
      url = /^live page: (http:\/\/127\.0\.0\.1:\d+\/)$/.exec(line)?.[1];
      if (url !== undefined) break;
    }
    const page = await fetch(url as string);
    expect(await page.text()).toContain('<title>flyball demo</title>');
    const data = (await (await fetch(`${url}data`)).json()) as DashboardData;
    expect(data.pools.map(({ id, status }) => [id, status.policy])).toEqual([['flyball', 'adaptive']]);
    demo.kill();
    await once(demo, 'exit');
  });
});
