import type { SimulationReport } from './report.ts';

type Row = readonly [label: string, value: (report: SimulationReport) => string];
interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

const SECTIONS: readonly Section[] = [
  {
    title: 'run',
    rows: [
      ['workload', (r) => r.workload],
      ['time', (r) => `${duration(r.durationMs)}, ${count(r.ticks)} ticks of ${duration(r.intervalMs)}`],
    ],
  },
  {
    title: 'service',
    rows: [
      ['jobs arrived', (r) => count(r.jobs.arrived)],
      ['completed', (r) => count(r.jobs.completed)],
      ['failed', (r) => count(r.jobs.failed)],
      ['lost', (r) => count(r.jobs.lost)],
      ['left at the end', (r) => count(r.jobs.running + r.jobs.waiting)],
      ['wait p50', (r) => duration(r.waitMs.p50)],
      ['wait p95', (r) => duration(r.waitMs.p95)],
      ['wait p99', (r) => duration(r.waitMs.p99)],
      ['wait max', (r) => duration(r.waitMs.max)],
      ['late', (r) => `${percent(r.lateRatio)} over ${duration(r.objectiveMs)}`],
    ],
  },
  {
    title: 'cost',
    rows: [
      ['worker-hours', (r) => decimal(r.workerHours, 1)],
      ['of the oracle', (r) => `${decimal(r.costRatio, 3)} ×`],
      ['utilisation', (r) => percent(r.utilization)],
      ['workers', (r) => `${r.workers.min}–${r.workers.max}, mean ${decimal(r.workers.mean, 1)}`],
      ['score', (r) => decimal(r.score, 3)],
    ],
  },
  {
    title: 'calm',
    rows: [
      ['size changes', (r) => `${count(r.changes.up)} up, ${count(r.changes.down)} down`],
      ['reversals', (r) => `${count(r.changes.reversals)}, worst hour ${r.changes.reversalsInWorstHour}`],
      ['crashes', (r) => count(r.workers.crashes)],
      ['failed starts', (r) => count(r.workers.failedStarts)],
    ],
  },
  {
    title: 'elasticity',
    rows: [
      ['θU, lacking', (r) => percent(r.elasticity.thetaUnder)],
      ['θO, surplus', (r) => percent(r.elasticity.thetaOver)],
      ['τU, time below', (r) => percent(r.elasticity.tauUnder)],
      ['τO, time above', (r) => percent(r.elasticity.tauOver)],
    ],
  },
];

/**
 * A report as a table of text, for a terminal or a test's failure message. Several reports stand side by side. What failed
 * follows below.
 */
export function formatReport(...reports: readonly SimulationReport[]): string {
  const faults = reports.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`));
  return [tableOf(reports), ...(faults.length > 0 ? ['', ...faults] : [])].join('\n');
}

function tableOf(reports: readonly SimulationReport[]): string {
  const lines: (readonly string[] | undefined)[] = [['', ...reports.map((report) => report.name)]];
  for (const { title, rows } of SECTIONS) {
    lines.push(undefined);
    for (const [i, [label, value]] of rows.entries()) {
      lines.push([`${(i === 0 ? title : '').padEnd(11)} ${label}`, ...reports.map(value)]);
    }
  }
  const cells = lines.filter((line) => line !== undefined);
  const widths = ['', ...reports].map((_, column) =>
    Math.max(...cells.map((line) => line[column]?.length ?? 0)),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('─┼─');
  return lines
    .map(
      (line) =>
        line
          ?.map((cell, column) => pad(cell, widths[column] ?? 0, column))
          .join(' │ ')
          .trimEnd() ?? rule,
    )
    .join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function decimal(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value.toFixed(value !== 0 && value < 10 ? 2 : 1)}%`;
}

function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  if (ms < 2 * 3_600_000) return `${Number((ms / 60_000).toFixed(1))} min`;
  if (ms < 2 * 86_400_000) return `${Number((ms / 3_600_000).toFixed(1))} h`;
  return `${Number((ms / 86_400_000).toFixed(1))} days`;
}
