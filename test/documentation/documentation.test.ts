import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { docstringSnippets, guideSnippets, type Snippet, toModule } from './snippets.ts';
import * as tracked from './tracked.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SCRATCH = resolve(import.meta.dirname, `.snippets-${process.pid}`);
const TRACKED = resolve(import.meta.dirname, 'tracked.ts');

/** Guides whose own test installs and runs them as a project. */
const RUN_ELSEWHERE = new Set(['docs/writing-an-adapter.md']);

const guides = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].filter((path) => !RUN_ELSEWHERE.has(path));

/** What the host would have, for docstrings that show a line or two. */
const GIVEN: Readonly<Record<string, string>> = {
  'src/adapters/worker-threads.ts': `
    type Job = { n: number }; type Result = number;
    const job = { n: 12 };
    const at = new URL('./squares.mjs', import.meta.url);
    const URL_ = URL; { void URL_; }
  `,
};

/** Docstrings that only run inside a worker, or beside a file of the host's; other tests run their like for real. */
const SHOWN_ONLY =
  /serve\(async|new ChildProcessPool<Job|new WorkerThreadsPool<Job|for \(const check of adapterContract/;

beforeAll(() => mkdirSync(SCRATCH, { recursive: true }));
afterEach(() => tracked.stopAll());
afterAll(() => rmSync(SCRATCH, { recursive: true, force: true }));

async function run(snippet: Snippet, folder: string): Promise<void> {
  const path = join(folder, `${snippet.at.replaceAll(/\W/g, '-')}.ts`);
  const given = GIVEN[snippet.at.split(':')[0] as string] ?? '';
  writeFileSync(path, toModule(snippet, TRACKED, Object.keys(tracked), given));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await import(path);
  } finally {
    log.mockRestore();
  }
}

describe.each(guides)('%s', (guide) => {
  const snippets = guideSnippets(ROOT, guide);
  const folder = join(SCRATCH, guide.replaceAll(/\W/g, '-'));
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    for (const { file, code } of snippets) if (file !== undefined) writeFileSync(join(folder, file), code);
  });

  const runnable = snippets.filter(({ file }) => file === undefined);
  it.each(runnable.map((snippet) => [snippet.at, snippet] as const))('%s runs', async (_, snippet) => {
    await run(snippet, folder);
  });

  it('shows code or none, as it likes', () => expect(runnable.length).toBeGreaterThanOrEqual(0));
});

describe('docstrings', () => {
  const snippets = docstringSnippets(ROOT, 'src').filter(({ code }) => !SHOWN_ONLY.test(code));
  it('are found', () => expect(snippets.length).toBeGreaterThan(4));
  it.each(snippets.map((snippet) => [snippet.at, snippet] as const))('%s runs', async (_, snippet) => {
    await run(snippet, SCRATCH);
  });
});
