import { figure, percent } from '../core/format.ts';
import type { PoolReplay, ReplaySide } from './pool-comparison.ts';
import type { ReplayReport } from './replay.ts';

const HEADER = ['pool', 'policy', 'worker-hours', 'changes', 'late', 'peak', 'decisions'];
/** Differences that are listed. */
const MOST_LISTED = 10;

/** A replay as text: a table of the two sides, and the first ticks that were decided differently. */
export function formatReplay(report: ReplayReport): string {
  const { ticks, from, to, path } = report;
  const lines = [`${ticks} ticks, ${time(from)} to ${time(to)} (UTC)`, ''];
  lines.push(...table([HEADER, ...report.pools.flatMap(rows)]));
  const differences = report.pools.flatMap(({ pool, differences }) =>
    differences.map((difference) => ({ pool, ...difference })),
  );
  if (differences.length > 0) {
    const listed = differences.sort((a, b) => a.at - b.at).slice(0, MOST_LISTED);
    lines.push('', 'the first that differ:');
    for (const { pool, at, recorded, replayed } of listed) {
      lines.push(`  ${time(at)} ${pool}`);
      lines.push(`    recorded ${recorded.from} → ${recorded.to}: ${recorded.reason}`);
      lines.push(`    replayed ${replayed.from} → ${replayed.to}: ${replayed.reason}`);
    }
  }
  lines.push('', path === 'own' ? OWN_PATH : RECORDED_PATH);
  return lines.join('\n');
}

const RECORDED_PATH =
  'Each tick was decided on the view that was recorded: sizes and cooldowns are those of that day, and do not follow\nfrom the decisions shown here. Hours are those of the decided sizes, as if each had been there at once.';
const OWN_PATH =
  'The replayed policy went its own way on the recorded demand. Its sizes, waiting work and lateness are modelled;\nload that would have answered to them (retries, callers that give up), shared limits and failed starts are not.';

function rows({ pool, ticks, differing, recorded, replayed }: PoolReplay): string[][] {
  const change =
    recorded.workerHours > 0 ? ` (${signed(replayed.workerHours / recorded.workerHours - 1)})` : '';
  return [
    [pool, `${recorded.policies.join(', ')}, recorded`, ...figures(recorded, ''), ''],
    [
      '',
      `${replayed.policies.join(', ')}, replayed`,
      ...figures(replayed, change),
      outcome(ticks, differing),
    ],
  ];
}

function figures({ workerHours, changes, lateRatio, peakSize }: ReplaySide, change: string): string[] {
  return [`${figure(workerHours)}${change}`, String(changes), percent(lateRatio), String(peakSize)];
}

function outcome(ticks: number, differing: number): string {
  return differing === 0 ? 'all alike' : `${differing} of ${ticks} differ`;
}

function signed(ratio: number): string {
  return `${ratio < 0 ? '-' : '+'}${percent(Math.abs(ratio))}`;
}

function time(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

function table(cells: readonly (readonly string[])[]): string[] {
  const widths = HEADER.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}
