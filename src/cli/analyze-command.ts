import { writeFileSync } from 'node:fs';
import { analyzePatterns, formatPatterns, type LoadPoint } from '../patterns/index.ts';
import type { Workload } from '../testing/workload.ts';
import { type Command, parseCall } from './command.ts';
import { readTrace } from './read-trace.ts';
import { parseCount } from './values.ts';

/** A Monday at 0:00 UTC: where a file has no dates, its days and weeks begin with it. */
const UNDATED_START: number = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;

export const analyzeCommand: Command = {
  name: 'analyze',
  summary: 'find what recurs in a recorded load: days, weeks, spikes, quiet hours, trends, lasting changes',
  help: `flyball analyze <file> [options]

Looks for what recurs in a load, and says how far each finding is to be believed (reliability, 0 to 1).
The file is CSV with a time (seconds or ISO) and a number on each line, or the JSON of a Prometheus range query;
- reads standard input. Seconds without a date are taken to begin on a Monday at 0:00 UTC.

  --days 30              how far back from the newest row to look (default 30)
  --time-zone UTC        the zone whose hours and days count, e.g. Europe/Berlin (default UTC)
  --json                 print JSON
  --out patterns.json    also write the JSON to a file
`,
  async run(args, terminal) {
    const { file, values } = parseCall(args, {
      days: { type: 'string' },
      'time-zone': { type: 'string' },
      json: { type: 'boolean' },
      out: { type: 'string' },
    });
    const workload = readTrace(file);
    if (workload.startAt === undefined) {
      terminal.err('the times have no date: taken to begin on a Monday at 0:00 UTC\n');
    }
    const report = analyzePatterns(toPoints(workload), {
      ...(values.days !== undefined && { daysBack: parseCount('--days', values.days) }),
      ...(values['time-zone'] !== undefined && { timeZone: values['time-zone'] }),
    });
    const json = `${JSON.stringify(report, null, 2)}\n`;
    terminal.out(values.json ? json : `${formatPatterns(report)}\n`);
    if (values.out !== undefined) {
      writeFileSync(values.out, json);
      terminal.err(`patterns: ${values.out}\n`);
    }
  },
};

/** One point for each row of a regular trace; one a minute for others. */
function toPoints(workload: Workload): LoadPoint[] {
  const { startAt = UNDATED_START, durationMs = 0, stepMs = MINUTE_MS } = workload;
  return Array.from({ length: Math.floor(durationMs / stepMs) }, (_, i) => ({
    at: startAt + i * stepMs,
    demand: workload.at(i * stepMs),
  }));
}
