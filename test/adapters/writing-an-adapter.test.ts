import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WorkerThreadsPool } from '../../src/adapters/worker-threads.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A host's project, with flyball installed in it as it is published. Below the repo, so that it finds pino and zod. */
const project = join(root, 'node_modules/.cache', `flyball-guide-${process.pid}`);
const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.log('python3 is not on this machine: its example is not run');

beforeAll(async () => {
  const installed = join(project, 'node_modules/flyball');
  mkdirSync(installed, { recursive: true });
  const { name, version, type, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, version, type, exports }));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: { module: 'ESNext' } }));
  await build({
    entry: {
      index: 'src/index.ts',
      'testing/index': 'src/testing/index.ts',
      'adapters/worker-threads': 'src/adapters/worker-threads.ts',
      'adapters/child-process': 'src/adapters/child-process.ts',
    },
    outDir: join(installed, 'dist'),
    format: 'esm',
    config: false,
    silent: true,
    skipNodeModulesBundle: true,
  });
  const guide = readFileSync(join(root, 'docs/writing-an-adapter.md'), 'utf8');
  for (const [, code = ''] of guide.matchAll(/^```(?:ts|js|python)\n([\s\S]*?)^```$/gm)) {
    const name = /^(?:\/\/|#) (\S+)\n/.exec(code)?.[1];
    if (name === undefined)
      throw new Error(`this block of the guide does not begin with its file's name:\n${code}`);
    writeFileSync(join(project, name), code);
  }
}, 45_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

async function output(file: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', file], {
    cwd: project,
    timeout: 40_000,
  });
  return stdout;
}

describe.concurrent('what the guide to adapters shows', { timeout: 45_000 }, () => {
  test('a pool of its own is scaled from zero', async () => {
    expect(await output('main.ts')).toMatch(/renderers: 0 → \d+, .*[\s\S]*12 pages/);
  });

  test.each(['renderer-adapter.test.ts', 'replica-adapter.test.ts'])('%s passes', async (file) => {
    const report = await output(file);
    expect(report).toMatch(/# pass ([6-9]|\d\d)/);
    expect(report).toContain('# fail 0');
  });

  test('worker threads', async () => {
    expect(await output('threads.ts')).toContain('HELLO');
  });

  test.skipIf(!hasPython)('Python', async () => {
    expect(await output('python.ts')).toBe('144\n');
  });

  test('a worker that speaks the protocol by itself', async () => {
    const pool = new WorkerThreadsPool({ file: join(project, 'plain-worker.mjs') });
    await pool.startWorker();
    expect(await pool.run({ text: 'four' })).toBe(4);
    await pool.close();
  });
});
