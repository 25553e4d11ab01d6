/**
 * Policies on recorded traffic: `npm run bench:traces [-- --boot 120 --trace crane --curve --days 14]`.
 *
 * Each trace is scaled so that its 99.9th percentile needs 40 workers; jobs of 0.5 s with Poisson arrivals, ticks of
 * 15 s. Score = cost over the oracle's + 10 × share of the work that waited longer than 2 s; lower is better.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { backtest } from '../../src/backtest/backtest.ts';
import type { BacktestRun } from '../../src/backtest/run-contender.ts';
import { trace } from '../../src/testing/trace.ts';
import type { Workload } from '../../src/testing/workload.ts';

const DAY_MS = 86_400_000;
const SEASONAL = ['crane_k8s_00', 'crane_k8s_09', 'crane_k8s_15'];
const REACTIVE = {
  name: 'adaptive, reacting only',
  options: { template: 'adaptive', predictive: false },
} as const;

const { values: args } = parseArgs({
  options: {
    traces: { type: 'string', default: '../shared/traces' },
    /** Only those whose names contain it. */
    trace: { type: 'string', default: '' },
    boot: { type: 'string', default: '30,120,300' },
    /** All headrooms of every reference, not only the published default. */
    curve: { type: 'boolean', default: false },
    /** Only these, by name; `none` = only print what `--with` adds. Default: all. */
    policies: { type: 'string' },
    days: { type: 'string' },
    /** Figures of all runs, as JSON. */
    out: { type: 'string' },
    /** Files that `--out` wrote before: references need not run again. Same --boot and --days, please. */
    with: { type: 'string' },
  },
});

/** One policy on one trace with one start-up time. */
interface Cell {
  readonly trace: string;
  readonly bootS: number;
  readonly run: BacktestRun;
}

const traces = readTraces();
const boots = args.boot.split(',').map(Number);
const cells: Cell[] = [];

for (const workload of args.policies === 'none' ? [] : traces) {
  for (const bootS of boots) {
    const started = performance.now();
    const { runs } = await backtest(workload, {
      policies: args.policies?.split(',') ?? 'all',
      curve: args.curve,
      bootMs: bootS * 1000,
      ...durationOf(workload),
      onProgress: (done) => showProgress(`${workload.name}, start-up ${bootS} s`, done),
    });
    for (const run of runs) cells.push({ trace: workload.name, bootS, run });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    process.stderr.write(`\r${workload.name}, start-up ${bootS} s: ${runs.length} runs in ${seconds} s\n`);
  }
}

for (const file of args.with?.split(',') ?? []) addEarlier(file);
for (const bootS of boots) printScores(bootS);
printGeometricMeans();
if (args.policies === undefined || args.with !== undefined) {
  printBest();
  printTemplates();
  await printSeasonal();
  await printHeadlines();
}
if (args.out !== undefined) {
  const flat = cells.map(({ run: { series: _, decisions: __, ...run }, ...cell }) => ({ ...cell, ...run }));
  writeFileSync(args.out, JSON.stringify(flat, null, 1));
}

function readTraces(): Workload[] {
  return readdirSync(args.traces)
    .filter((file) => file.endsWith('.csv') && file.includes(args.trace))
    .sort()
    .map((file) => trace(readFileSync(join(args.traces, file), 'utf8'), { name: basename(file, '.csv') }));
}

/** Runs of an earlier bench that did not run again now. */
function addEarlier(file: string): void {
  const earlier = JSON.parse(readFileSync(file, 'utf8')) as (Omit<Cell, 'run'> & BacktestRun)[];
  for (const { trace: name, bootS, ...run } of earlier) {
    const isWanted = boots.includes(bootS) && traces.some((workload) => workload.name === name);
    if (isWanted && find(name, bootS, run.label) === undefined) cells.push({ trace: name, bootS, run });
  }
}

function durationOf(workload: Workload): { durationMs: number } | object {
  if (args.days === undefined) return {};
  return { durationMs: Math.min(workload.durationMs ?? DAY_MS, Number(args.days) * DAY_MS) };
}

/** Score, and below it cost / late share, of every policy on every trace. */
function printScores(bootS: number): void {
  console.log(`\nStart-up ${bootS} s: score (cost / late %)\n`);
  const labels = [...new Set(cells.map((cell) => cell.run.label))];
  const rows = labels.map((label) => {
    const row = traces.map((workload) => find(workload.name, bootS, label));
    return { label, row, mean: geometricMean(row.map((run) => run?.score ?? Number.NaN)) };
  });
  rows.sort((a, b) => a.mean - b.mean);
  print([
    ['', ...traces.map((workload) => short(workload.name)), 'geomean'],
    ...rows.map(({ label, row, mean }) => [label, ...row.map(scoreText), mean.toFixed(3)]),
  ]);
}

function scoreText(run: BacktestRun | undefined): string {
  if (run === undefined) return '';
  return `${run.score.toFixed(3)} (${run.costRatio.toFixed(2)}/${(run.lateRatio * 100).toFixed(2)})`;
}

/** Over all traces and start-up times: the one number that the bar is about. */
function printGeometricMeans(): void {
  console.log('\nGeometric mean of the score over all traces and start-up times\n');
  const means = meansByLabel();
  print([
    ['', 'score', 'against adaptive'],
    ...[...means]
      .sort((a, b) => a[1] - b[1])
      .map(([label, mean]) => [
        label,
        mean.toFixed(3),
        percent(mean / (means.get('adaptive') ?? Number.NaN) - 1),
      ]),
  ]);
  const best = [...means].filter(([label]) => kindOf(label) === 'reference').sort((a, b) => a[1] - b[1])[0];
  const adaptive = means.get('adaptive');
  if (best === undefined || adaptive === undefined) return;
  check(
    `adaptive's geometric mean is at least 20% better than that of the best single reference (${best[0]})`,
    1 - adaptive / best[1] >= 0.2,
    `${percent(1 - adaptive / best[1])}`,
  );
}

function printBest(): void {
  console.log('\nBest policy of each trace, and how far adaptive is behind it (the foreknowing left out)\n');
  const rows: string[][] = [['', ...boots.map((bootS) => `${bootS} s`)]];
  let worst = 0;
  for (const { name } of traces) {
    const texts = boots.map((bootS) => {
      const runs = cells
        .filter((cell) => cell.trace === name && cell.bootS === bootS)
        .map((cell) => cell.run);
      const best = runs.filter((run) => run.kind !== 'foreknowing').sort((a, b) => a.score - b.score)[0];
      const adaptive = find(name, bootS, 'adaptive');
      if (best === undefined || adaptive === undefined) return '';
      const behind = adaptive.score / best.score - 1;
      worst = Math.max(worst, behind);
      return `${best.label} ${best.score.toFixed(3)}, ${percent(behind)}`;
    });
    rows.push([short(name), ...texts]);
  }
  print(rows);
  check(
    'adaptive is the best, or within 3% of the best, on every trace',
    worst <= 0.03,
    `at most ${percent(worst)}`,
  );
}

/** Issue 2: adaptive against the templates, start-up 120 s. */
function printTemplates(): void {
  if (!boots.includes(120)) return;
  console.log('\nAdaptive and the templates, start-up 120 s\n');
  const names = ['adaptive', 'conservative', 'cost-optimized', 'high-performance'];
  print([
    ['late % (cost, reversals in the worst hour)', ...names],
    ...traces.map(({ name }) => [
      short(name),
      ...names.map((label) => {
        const run = find(name, 120, label);
        if (run === undefined) return '';
        const late = (run.lateRatio * 100).toFixed(3);
        return `${late} (${run.costRatio.toFixed(2)}, ${run.changes.reversalsInWorstHour})`;
      }),
    ]),
  ]);
  const all = (
    holds: (adaptive: BacktestRun, of: (label: string) => BacktestRun | undefined) => boolean,
  ): string[] =>
    traces
      .filter(({ name }) => {
        const adaptive = find(name, 120, 'adaptive');
        return adaptive !== undefined && !holds(adaptive, (label) => find(name, 120, label));
      })
      .map(({ name }) => short(name));
  const checkAll = (text: string, failing: string[]): void =>
    check(text, failing.length === 0, failing.length === 0 ? 'on all' : `not on ${failing.join(', ')}`);
  for (const other of ['conservative', 'cost-optimized']) {
    checkAll(
      `adaptive has fewer late jobs than ${other}`,
      all((adaptive, of) => adaptive.lateRatio <= (of(other)?.lateRatio ?? 1)),
    );
  }
  checkAll(
    'adaptive costs less than high-performance',
    all((adaptive, of) => adaptive.costRatio < (of('high-performance')?.costRatio ?? 0)),
  );
  checkAll(
    'adaptive reverses at most 6 times an hour',
    all((adaptive) => adaptive.changes.reversalsInWorstHour <= 6),
  );
}

/** After the first week, or half of what is shorter. */
async function printSeasonal(): Promise<void> {
  const seasonal = traces.filter(({ name }) => SEASONAL.some((prefix) => name.startsWith(prefix)));
  if (seasonal.length === 0) return;
  console.log('\nSeasonal traces, after their first week or half: cost / late %\n');
  const rows: string[][] = [['', 'start-up', 'adaptive', 'adaptive, reacting only', 'hpa']];
  let holds = true;
  for (const workload of seasonal) {
    for (const bootS of boots) {
      const durationMs = workload.durationMs ?? 0;
      const { runs } = await backtest(workload, {
        policies: ['adaptive', REACTIVE, 'hpa'],
        bootMs: bootS * 1000,
        scoreAfterMs: durationMs >= 14 * DAY_MS ? 7 * DAY_MS : durationMs / 2,
      });
      const adaptive = runs[0] as BacktestRun;
      holds &&= adaptive.costRatio <= 1 && adaptive.lateRatio <= 0.002;
      const texts = runs.map((run) => `${run.costRatio.toFixed(3)} / ${(run.lateRatio * 100).toFixed(3)}`);
      rows.push([short(workload.name), `${bootS} s`, ...texts]);
    }
  }
  print(rows);
  check('adaptive costs at most 1.00 of the oracle with at most 0.2% late', holds, '');
}

/** The same pool with and without forecasts, and a static pool for the peak. */
async function printHeadlines(): Promise<void> {
  const bootMs = (boots.includes(120) ? 120 : (boots[0] ?? 120)) * 1000;
  console.log(`\nForecasting, reacting only and static for the peak, start-up ${bootMs / 1000} s\n`);
  const rows: string[][] = [
    ['', 'response in spikes, ms', 'utilisation', 'cost (static = 1)', 'over-provisioned (θO)', 'on time %'],
  ];
  for (const workload of traces) {
    const { runs } = await backtest(workload, {
      policies: ['adaptive', REACTIVE, 'static-peak'],
      bootMs,
      seriesPoints: 1_000_000,
      ...durationOf(workload),
    });
    const [adaptive, reactive, peak] = runs as [BacktestRun, BacktestRun, BacktestRun];
    const all = (figure: (run: BacktestRun) => string): string =>
      [adaptive, reactive, peak].map(figure).join(' / ');
    rows.push([
      short(workload.name),
      all((run) => spikeResponseMs(run).toFixed(0)),
      all((run) => percent(run.utilization)),
      all((run) => (run.workerHours / peak.workerHours).toFixed(2)),
      all((run) => percent(run.elasticity.thetaOver)),
      all((run) => ((1 - run.lateRatio) * 100).toFixed(2)),
    ]);
  }
  print(rows);
}

/** Mean response time while the load is above its mean + 2σ, weighted by the load. */
function spikeResponseMs({ series }: BacktestRun): number {
  const { load, waitMs } = series;
  const mean = load.reduce((sum, each) => sum + each, 0) / load.length;
  const sigma = Math.sqrt(load.reduce((sum, each) => sum + (each - mean) ** 2, 0) / load.length);
  let weight = 0;
  let sum = 0;
  for (const [i, each] of load.entries()) {
    if (each <= mean + 2 * sigma) continue;
    weight += each;
    sum += each * (waitMs[i] as number);
  }
  return 500 + (weight === 0 ? 0 : sum / weight);
}

function find(name: string, bootS: number, label: string): BacktestRun | undefined {
  return cells.find((cell) => cell.trace === name && cell.bootS === bootS && cell.run.label === label)?.run;
}

function kindOf(label: string): string | undefined {
  return cells.find((cell) => cell.run.label === label)?.run.kind;
}

function meansByLabel(): Map<string, number> {
  const scores = new Map<string, Cell[]>();
  for (const cell of cells) scores.set(cell.run.label, [...(scores.get(cell.run.label) ?? []), cell]);
  return new Map(
    [...scores].map(([label, group]) => [label, geometricMean(group.map((cell) => cell.run.score))]),
  );
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cellsOf = row.map((text, i) =>
      i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0),
    );
    console.log(cellsOf.join('  ').trimEnd());
  }
}

function check(text: string, holds: boolean, figures: string): void {
  console.log(`\n${holds ? 'holds' : 'FAILS'}: ${text}${figures === '' ? '' : ` (${figures})`}`);
}

function short(name: string): string {
  return name.replace(/_k8s|_1min|_5min|_conv|_requests|_req|_1s|_3s|_15d/g, '');
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)}%`;
}

function showProgress(text: string, done: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}: ${(done * 100).toFixed(0)}% `);
}
