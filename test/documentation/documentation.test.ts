import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasPostgres, PostgresServer } from '../postgres-server.ts';
import { hasRedis, RedisServer } from '../redis-server.ts';
import { type Block, docstrings, guides, type Page, promisedOutput, runnable } from './pages.ts';
import { Project } from './project.ts';

/**
 * Every block of TypeScript or JavaScript in README, guides and docstrings, run as a reader would run it: in a
 * project that has flyball installed. A block may promise what it prints: `console.log(1 + 1); // 2`.
 */
const ROOT = resolve(import.meta.dirname, '../..');
const project = new Project(ROOT);
const pages = [...guides(ROOT), docstrings(ROOT)].filter(({ blocks }) => blocks.length > 0);

/** Ends what a block leaves running, as a host's own end would. */
const stops: (() => Promise<void>)[] = [];

/** Servers of pages that ask for one by its address. */
const servers = [
  { variable: 'REDIS_URL', isThere: hasRedis, start: () => RedisServer.start() },
  { variable: 'POSTGRES_URL', isThere: hasPostgres, start: () => PostgresServer.start() },
];
const running = servers
  .filter(({ variable, isThere }) => isThere && pages.some((page) => needs(page, variable)))
  .map(({ variable, start }) => ({ variable, server: start() }));

function needs({ blocks }: Page, variable: string): boolean {
  return blocks.some(({ code }) => code.includes(variable));
}

/** A server that it asks for is not on this machine. */
function cannotRun(page: Page): boolean {
  return servers.some(({ variable, isThere }) => !isThere && needs(page, variable));
}

beforeAll(async () => {
  for (const { variable, server } of running) vi.stubEnv(variable, (await server).url);
  await project.install();
  for (const page of pages) project.write(page);
  type Stoppable = { stop(): Promise<void>; close(options: { timeoutMs: number }): Promise<void> };
  const stopAfter = async (
    path: string,
    name: string,
    started: string,
    stop: (it: Stoppable) => Promise<void>,
  ) => {
    const { prototype } = (await project.module(path))[name] as { prototype: Record<string, () => unknown> };
    const spy = vi.spyOn(prototype, started);
    stops.push(async () => {
      await Promise.all(
        [...new Set(spy.mock.contexts)].map((context) => stop(context as unknown as Stoppable)),
      );
      spy.mockClear();
    });
  };
  await stopAfter('index', 'ScalingController', 'start', (controller) => controller.stop());
  for (const [path, name] of [
    ['adapters/worker-threads', 'WorkerThreadsPool'],
    ['adapters/child-process', 'ChildProcessPool'],
  ] as const) {
    await stopAfter(path, name, 'startWorker', (pool) => pool.close({ timeoutMs: 0 }));
  }
}, 60_000);

afterAll(async () => {
  for (const { server } of running) await (await server).stop();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  project.remove();
});

/** Runs a block here, and gives what it prints. */
async function run(page: Page, block: Block): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(pathToFileURL(project.executable(page, block)).href);
    return log.mock.calls.map((call) => call.join(' ')).join('\n');
  } finally {
    log.mockRestore();
    for (const stop of stops) await stop();
  }
}

/** Runs a block that is a test file, by the test runner for which it is written. */
async function runTests(page: Page, block: Block): Promise<string> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const file = project.executable(page, block);
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file], {
    env,
  });
  return stdout;
}

describe.each(pages.map((page) => [page.name, page] as const))('%s', (_, page) => {
  it.skipIf(cannotRun(page)).each(runnable(page).map((block) => [block.name ?? block.at, block] as const))(
    '%s runs',
    async (_, block) => {
      if (block.name?.endsWith('.test.ts')) {
        expect(await runTests(page, block)).toMatch(/^# pass [1-9]\d*\n# fail 0$/m);
        return;
      }
      const printed = await run(page, block);
      for (const line of promisedOutput(block)) expect(printed).toContain(line);
    },
  );
});

it('is right in its types', { timeout: 60_000 }, () => {
  const files = pages.flatMap((page) =>
    page.blocks.filter(({ language }) => language === 'ts').map((block) => project.source(page, block)),
  );
  expect(files.length).toBeGreaterThan(10);
  expect(project.check(files)).toEqual([]);
});
