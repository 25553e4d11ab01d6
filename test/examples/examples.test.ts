import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** Runs an example as a reader would. */
async function run(name: string, ...args: string[]): Promise<string> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const command = ['--import', 'tsx', resolve(ROOT, 'examples', name), ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT, env });
  return stdout;
}

const NUMBERS = expect.any(Number);
const SIDE = {
  jobs: { submitted: NUMBERS, completed: NUMBERS, lost: 0 },
  workers: { min: NUMBERS, max: NUMBERS, peak: NUMBERS, end: NUMBERS },
  waitMs: { p50: NUMBERS, p95: NUMBERS },
  workerSeconds: NUMBERS,
  changes: NUMBERS,
};

describe.concurrent('the examples', { timeout: 60_000 }, () => {
  it('wrap-a-pool: the pool grows with the load, and every document is printed', async () => {
    const printed = await run('wrap-a-pool.ts', '--seconds', '3');
    expect(printed).toMatch(/\d+ → \d+ printers: .*demand/);
    const [, done, all, most] =
      /(\d+) of (\d+) documents printed, by up to (\d+) printers/.exec(printed) ?? [];
    expect(done).toBe(all);
    expect(Number(most)).toBeGreaterThan(2);
  });

  it('write-a-policy: its tests pass', async () => {
    const printed = await run('write-a-policy.ts');
    expect(printed).toContain('# pass 4\n# fail 0');
    expect(printed).toMatch(/jobs per worker .* adaptive[\s\S]*worker-hours/);
  });

  it('simulate: own traffic through two policies', async () => {
    const printed = await run(
      'simulate.ts',
      'examples/traffic.csv',
      '--peak',
      '10',
      '--policies',
      'adaptive,conservative',
    );
    expect(printed).toMatch(/adaptive .* conservative/);
    expect(printed).toMatch(/traffic, peak 10 workers/);
    expect(printed).toMatch(/Best by cost and late jobs together: (adaptive|conservative)/);
  });

  it('what-if: a recorded day decides again as it did, and otherwise under another policy', async () => {
    const printed = await run('what-if.ts', '--policies', 'conservative');
    expect(printed).toContain('the recorded policies decide as they did: yes, byte for byte');
    expect(printed).toMatch(/conservative, replayed +[\d.]+ \([+-]\d+(\.\d)?%\)/);
  });
});

describe('the demo', { timeout: 60_000 }, () => {
  it('loses no job while workers are killed, and ends with one object of JSON', async () => {
    const printed = await run('demo/main.ts', '--seconds', '8', '--json', '--chaos');
    const { compare, ...flyball } = JSON.parse(printed.trimEnd().split('\n').at(-1) as string);
    expect(flyball).toEqual(SIDE);
    expect(compare).toEqual({ staticPeak: SIDE, staticMean: SIDE });
    expect(flyball.jobs.submitted).toBeGreaterThan(50);
    expect(flyball.jobs.completed).toBe(flyball.jobs.submitted);
    expect(flyball.workers.peak).toBeGreaterThan(flyball.workers.min);
    expect(flyball.workerSeconds).toBeLessThan(compare.staticPeak.workerSeconds);
  });

  it('explains itself', async () => {
    expect(await run('demo/main.ts', '--help')).toContain('--seconds N');
    await expect(run('demo/main.ts', '--policy', 'lucky')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('must be one of adaptive, conservative'),
    });
  });
});
