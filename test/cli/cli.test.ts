import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ExitCode, run } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'flyball-cli-'));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A day with a wave, one row every ten minutes. */
const day = file(
  'day.csv',
  ['t,load', ...Array.from({ length: 144 }, (_, i) => `${i * 600},${10 + 8 * Math.sin(i / 23)}`)].join('\n'),
);

async function call(
  args: readonly string[],
  options: { interactive?: boolean; signal?: AbortSignal } = {},
): Promise<{ code: ExitCode; out: string; err: string }> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    isInteractive: options.interactive ?? false,
    columns: 100,
  };
  const code = await run(args, terminal, options.signal ?? new AbortController().signal);
  return { code, out, err };
}

const quick = ['--threads', '0', '--duration', '6h'];

it('tells its version', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  expect(await call(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

describe('flyball', () => {
  it('without a command shows the overview as a mistake, with --help as a result', async () => {
    expect(await call([])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('backtest') });
    expect(await call(['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('backtest'),
      err: '',
    });
    expect(await call(['help', 'backtest'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('--boot'),
    });
  });

  it('does not know other commands', async () => {
    expect(await call(['bakctest'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no command "bakctest"'),
    });
  });

  it('every command explains itself', async () => {
    for (const command of ['backtest', 'analyze', 'tune']) {
      const { code, out } = await call([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`flyball ${command} <file>`);
    }
  });
});

describe('flyball backtest', () => {
  it('prints a table, the best first, and progress by quarters', async () => {
    const { code, out, err } = await call(['backtest', day, ...quick]);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^day: 6 h, peak 40 workers, start-up 2 min, late after 2 s$/);
    const rows = lines.slice(4, 8).map((line) => line.split(/\s+/));
    expect(rows.map((row) => row[0]).sort()).toEqual(['adaptive', 'hpa@0.8', 'oracle@1', 'static-peak@1']);
    const scores = rows.map((row) => Number(row[1]));
    expect(scores).toEqual([...scores].sort((a, b) => a - b));
    expect(err).toBe('backtest 25%\nbacktest 50%\nbacktest 75%\nbacktest 100%\n');
  });

  it('draws a bar on a terminal, and removes it', async () => {
    const { err } = await call(['backtest', day, ...quick, '--compare', 'none'], { interactive: true });
    expect(err).toMatch(/\rbacktest █+ 100%/);
    expect(err).toMatch(/\r +\r$/);
  });

  it('prints JSON', async () => {
    const { out } = await call([
      'backtest',
      day,
      ...quick,
      '--policy',
      'hpa@0.6',
      '--compare',
      'none',
      '--json',
      '--boot',
      '1m',
    ]);
    const result = JSON.parse(out);
    expect(result.settings).toMatchObject({ bootMs: 60_000, peakWorkers: 40 });
    expect(result.runs).toHaveLength(1);
    expect(result.runs[0]).toMatchObject({
      label: 'hpa@0.6',
      policy: 'hpa',
      headroom: 0.6,
      isDefault: false,
    });
    expect(result.runs[0]).not.toHaveProperty('series');
  });

  it('writes a page that stands alone', async () => {
    const path = join(folder, 'out.html');
    const { code, err } = await call(['backtest', day, ...quick, '--report', path]);
    expect(code).toBe(0);
    expect(err).toContain(`report: ${path}`);
    const html = readFileSync(path, 'utf8');
    expect(html).toContain('<!doctype html>');
    expect(html).toContain('flyballCharts');
    expect(html).not.toMatch(/(?:src|href)="?https?:/);
  });

  it.each([
    [['backtest'], /name the file with the load/],
    [['backtest', day, 'more.csv'], /one file at a time, got also more\.csv/],
    [['backtest', '/nowhere.csv'], /cannot read \/nowhere\.csv: ENOENT/],
    [['backtest', day, '--bot', '3s'], /Unknown option '--bot'/],
    [['backtest', day, '--boot', 'soon'], /--boot must be a duration such as 120s, 2m or 500ms, got "soon"/],
    [['backtest', day, '--peak-workers', 'many'], /--peak-workers must be a whole number, got "many"/],
    [['backtest', day, '--policy', 'hpb'], /must be one of adaptive, /],
    [['backtest', day, '--unit', 'cores'], /--unit must be workers or jobs-per-second, got "cores"/],
    [['backtest', file('bad.csv', 't,load\n0,1\n60,much\n')], /bad\.csv: line 3 must .*"60,much"/],
    [['backtest', file('empty.csv', '')], /empty\.csv: trace must have at least one row/],
    [
      ['backtest', file('bad.json', '{"status":"success","data":{}}')],
      /bad\.json: data\.resultType must be matrix/,
    ],
  ])('%j: exit code 2 and the reason', async (args, message) => {
    const { code, out, err } = await call(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).toContain('--help');
  });

  it('reads what Prometheus answered', async () => {
    const values = Array.from({ length: 60 }, (_, i) => [1_700_000_000 + i * 60, String(5 + (i % 7))]);
    const answer = { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } };
    const path = file('load.json', JSON.stringify(answer));
    const { code, out } = await call(['backtest', path, '--threads', '0', '--compare', 'none', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      isDated: true,
      startAt: 1_700_000_000_000,
      durationMs: 3_600_000,
    });
  });

  it('ends with 130 when it is interrupted', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'));
    expect(await call(['backtest', day], { signal })).toMatchObject({
      code: 130,
      err: 'flyball: interrupted\n',
    });
  });
});

describe('flyball analyze', () => {
  const fortnight = file(
    'fortnight.csv',
    Array.from(
      { length: 14 * 144 },
      (_, i) => `${i * 600},${30 + 20 * Math.sin((i / 144) * 2 * Math.PI)}`,
    ).join('\n'),
  );

  it('prints what it found', async () => {
    const { code, out, err } = await call(['analyze', fortnight]);
    expect(code).toBe(0);
    expect(err).toMatch(/^the times have no date/);
    expect(out).toContain('Day (reliability 1.00)');
    expect(out).toMatch(/Spikes .*\n {2}none/);
  });

  it('prints JSON, and writes it', async () => {
    const path = join(folder, 'patterns.json');
    const { out } = await call(['analyze', fortnight, '--json', '--days', '7', '--out', path]);
    expect(JSON.parse(out)).toMatchObject({ days: 7, daily: { isPresent: true } });
    expect(readFileSync(path, 'utf8')).toBe(out);
  });

  it('names a zone that it does not know', async () => {
    const { code, err } = await call(['analyze', fortnight, '--time-zone', 'Berlin']);
    expect(code).toBe(2);
    expect(err).toMatch(/timeZone must be an IANA time zone, got "Berlin"/);
  });
});

describe('flyball tune', () => {
  it('prints the front and options to paste', async () => {
    const { code, out } = await call(['tune', day, ...quick, '--trials', '3', '--max-late', '50%']);
    expect(code).toBe(0);
    expect(out).toContain('conservative, as it is');
    expect(out).toMatch(/The cheapest of 4 with at most 50% late:\n\npolicy: \{ template: 'conservative'/);
  });

  it('prints JSON', async () => {
    const { out } = await call(['tune', day, ...quick, '--trials', '2', '--base', 'adaptive', '--json']);
    expect(JSON.parse(out)).toMatchObject({ base: 'adaptive', trials: { length: 3 } });
  });

  it.each([
    [['--max-late', 'few'], /--max-late must be a share such as 0\.001 or 0\.1%, got "few"/],
    [['--base', 'bold'], /base must be one of adaptive, /],
    [['--trials', '0'], /trials must be a whole number of at least 1/],
  ])('%j: exit code 2 and the reason', async (more, message) => {
    const { code, err } = await call(['tune', day, ...quick, ...more]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
