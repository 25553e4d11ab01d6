import { writeFileSync } from 'node:fs';
import { type BacktestResult, backtest } from '../backtest/backtest.ts';
import { contenderNames } from '../backtest/contender.ts';
import type { BacktestRun } from '../backtest/run-contender.ts';
import { duration, figure } from '../core/format.ts';
import { backtestPage } from '../report/backtest-page.ts';
import { type Command, parseCall } from './command.ts';
import { loadHelp, loadOptions, parseLoadOptions } from './load-options.ts';
import { createProgress } from './progress.ts';
import { readTrace } from './read-trace.ts';
import { formatTable } from './table.ts';

/** Beside the policies that were asked for, unless told otherwise. */
const USUAL_COMPANY = ['hpa', 'static-peak', 'oracle'];
const DECISIONS_IN_REPORT = 500;

export const backtestCommand: Command = {
  name: 'backtest',
  summary: 'play a recorded load to policies and compare what they cost and how late they were',
  help: `flyball backtest <file> [options]

Plays a recorded load through flyball's controller, with a simulated pool, and puts other autoscalers beside it.
The file is CSV with a time (seconds or ISO) and a number on each line, or the JSON of a Prometheus range query;
- reads standard input. Lower scores are better: cost over that of perfect knowledge + 10 × late share.

  --policy adaptive      a policy to judge; may be repeated (default adaptive)
  --compare hpa,knative  put these beside it: names, all, or none (default ${USUAL_COMPANY.join(',')})
  --curve                run each reference with all its headrooms, not only with its default
  --json                 print JSON
  --report out.html      also write a page: load against capacity, cost against lateness, the decisions
${loadHelp}

Policies: ${contenderNames().join(', ')}.
A reference takes its headroom after an @: hpa@0.6 aims at 60% utilisation, react@1.5 at 1.5 workers per busy one.
`,
  async run(args, terminal, signal) {
    const { file, values } = parseCall(args, {
      ...loadOptions,
      policy: { type: 'string', multiple: true },
      compare: { type: 'string' },
      curve: { type: 'boolean' },
      json: { type: 'boolean' },
      report: { type: 'string' },
    });
    const { unit, options } = parseLoadOptions(values);
    const workload = readTrace(file, unit);
    const progress = createProgress(terminal, 'backtest');
    let result: BacktestResult;
    try {
      result = await backtest(workload, {
        ...options,
        ...(options.durationMs !== undefined && {
          durationMs: Math.min(options.durationMs, workload.durationMs ?? 0),
        }),
        policies: entrants(values.policy ?? ['adaptive'], values.compare),
        curve: values.curve ?? false,
        decisions: values.report === undefined ? 0 : DECISIONS_IN_REPORT,
        onProgress: progress.update,
        signal,
      });
    } finally {
      progress.end();
    }
    terminal.out(values.json ? `${JSON.stringify(toJson(result), null, 2)}\n` : `${toText(result)}\n`);
    if (values.report !== undefined) {
      writeFileSync(values.report, backtestPage(result));
      terminal.err(`report: ${values.report}\n`);
    }
  },
};

function entrants(policies: readonly string[], compare: string | undefined): string[] {
  const company =
    compare === undefined
      ? USUAL_COMPANY
      : compare === 'all'
        ? contenderNames()
        : compare === 'none'
          ? []
          : compare.split(',').map((name) => name.trim());
  return [...new Set([...policies, ...company])];
}

/** The result without what only charts need. */
function toJson({ runs, ...result }: BacktestResult): object {
  return { ...result, runs: runs.map(({ series: _, decisions: __, ...run }) => run) };
}

function toText(result: BacktestResult): string {
  const { settings } = result;
  const rows = [...result.runs].sort((a, b) => a.score - b.score).map(rowOf);
  return `${result.workload}: ${duration(result.durationMs)}, peak ${settings.peakWorkers} workers, start-up ${duration(settings.bootMs)}, late after ${duration(settings.sloMs)}

${formatTable(['policy', 'score', 'cost', 'late', 'wait p99', 'workers', 'changes', 'reversals', 'worst hour'], rows)}

Cost is relative to perfect knowledge (${figure(result.oracleWorkerHours)} worker-hours); score = cost + 10 × late, lower is better.`;
}

function rowOf(run: BacktestRun): string[] {
  const { changes, workers } = run;
  return [
    run.label,
    run.score.toFixed(3),
    run.costRatio.toFixed(3),
    `${(run.lateRatio * 100).toFixed(3)}%`,
    duration(run.waitMs.p99),
    `${workers.min}–${workers.max}`,
    String(changes.up + changes.down),
    String(changes.reversals),
    String(changes.reversalsInWorstHour),
  ];
}
