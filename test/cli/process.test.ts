import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as a process of its own; `onText` is told what it says on standard error. */
function flyball(
  args: readonly string[],
  onText?: (text: string, interrupt: () => void) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    onText?.(err, () => child.kill('SIGINT'));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('the process', () => {
  it('ends with the exit code, results on one stream and complaints on the other', async () => {
    const [help, wrong] = await Promise.all([flyball(['--help']), flyball(['backtest', '/nowhere.csv'])]);
    expect(help).toMatchObject({ code: 0, err: '', out: expect.stringContaining('analyze') });
    expect(wrong).toMatchObject({ code: 2, out: '', err: expect.stringContaining('/nowhere.csv') });
  });

  it('ends soon when it is interrupted, with 130', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'flyball-process-')), 'long.csv');
    writeFileSync(
      path,
      Array.from({ length: 200 * 24 }, (_, i) => `${i * 3600},${10 + (i % 24)}`).join('\n'),
    );
    let isInterrupted = false;
    const { code, out, err } = await flyball(
      ['backtest', path, '--policy', 'hpa', '--compare', 'none', '--interval', '1m'],
      (text, interrupt) => {
        // At the first quarter; a quick machine may tell of it at 26% or 31%.
        if (isInterrupted || !/\d%/.test(text)) return;
        isInterrupted = true;
        interrupt();
      },
    );
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(err).toContain('flyball: interrupted');
  }, 60_000);
});
