import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { ChildProcessPool } from '../../src/adapters/child-process.ts';
import { WorkerThreadsPool } from '../../src/adapters/worker-threads.ts';
import { adapterContract } from '../../src/testing/adapter-contract.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
type AnyPool = WorkerThreadsPool | ChildProcessPool;

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.log('python3 is not on this machine: its tests are skipped');

const POOLS: Record<string, { create: () => AnyPool; skip?: boolean }> = {
  'worker threads': { create: () => new WorkerThreadsPool({ file: fixture('thread-worker.mjs') }) },
  'worker threads that start slowly, 3 slots each': {
    create: () =>
      new WorkerThreadsPool({
        file: fixture('thread-worker.mjs'),
        slotsPerWorker: 3,
        worker: { env: { START_MS: '60' } },
      }),
  },
  'child processes over IPC': { create: () => new ChildProcessPool({ file: fixture('ipc-worker.mjs') }) },
  'Python over JSON lines': {
    create: () => new ChildProcessPool({ command: 'python3', args: [fixture('worker.py')] }),
    skip: !hasPython,
  },
};

describe.each(Object.entries(POOLS))('the adapter contract, kept by %s', (_, { create, skip = false }) => {
  const checks = adapterContract<AnyPool>({
    create,
    dispose: (pool) => pool.close({ timeoutMs: 0 }),
    submit: (pool, durationMs) => pool.run({ do: 'sleep', ms: durationMs }),
  });
  for (const check of checks) test.skipIf(skip).concurrent(check.name, check.run);
});
