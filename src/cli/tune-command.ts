import { type TuneResult, type TuneTrial, tune } from '../backtest/tune.ts';
import type { PolicyName } from '../policies/policy-options.ts';
import { type Command, parseCall } from './command.ts';
import { loadHelp, loadOptions, parseLoadOptions } from './load-options.ts';
import { createProgress } from './progress.ts';
import { readTrace } from './read-trace.ts';
import { formatTable } from './table.ts';
import { parseCount, parseShare } from './values.ts';

export const tuneCommand: Command = {
  name: 'tune',
  summary: 'search the numbers of a policy for the best cost at a given lateness on a recorded load',
  help: `flyball tune <file> [options]

Tries settings of a policy on a recorded load and prints the Pareto front: those that no other beats in both cost
and lateness. The cheapest that keeps to --max-late is printed as options to paste. A setting that fits one
recording is no promise for the next: judge it with flyball backtest on another week.

  --base conservative    where to begin: adaptive or a template (default conservative)
  --max-late 0.1%        share of the jobs that may be late (default 0.1%)
  --trials 40            settings to try (default 40)
  --json                 print JSON
${loadHelp}
`,
  async run(args, terminal, signal) {
    const { file, values } = parseCall(args, {
      ...loadOptions,
      base: { type: 'string' },
      'max-late': { type: 'string' },
      trials: { type: 'string' },
      json: { type: 'boolean' },
    });
    const { unit, options } = parseLoadOptions(values);
    const workload = readTrace(file, unit);
    const progress = createProgress(terminal, 'tune');
    let result: TuneResult;
    try {
      result = await tune(workload, {
        ...options,
        ...(options.durationMs !== undefined && {
          durationMs: Math.min(options.durationMs, workload.durationMs ?? 0),
        }),
        ...(values.base !== undefined && { base: values.base as PolicyName }),
        ...(values['max-late'] !== undefined && {
          maxLateRatio: parseShare('--max-late', values['max-late']),
        }),
        ...(values.trials !== undefined && { trials: parseCount('--trials', values.trials) }),
        onProgress: progress.update,
        signal,
      });
    } finally {
      progress.end();
    }
    terminal.out(values.json ? `${JSON.stringify(result, null, 2)}\n` : `${toText(result)}\n`);
  },
};

function toText(result: TuneResult): string {
  const { best, start, front, isWithin, maxLateRatio, base, trials } = result;
  const verdict = isWithin
    ? `The cheapest of ${trials.length} with at most ${percent(maxLateRatio)} late:`
    : `None of ${trials.length} is late in at most ${percent(maxLateRatio)}; the least late:`;
  return `${formatTable(
    ['', 'cost', 'late', 'score', 'worst hour', 'options'],
    [...front.map((trial) => rowOf(trial === best ? 'best' : '', trial)), rowOf(`${base}, as it is`, start)],
    [5],
  )}

${verdict}

policy: ${paste(best)}`;
}

function rowOf(name: string, trial: TuneTrial): string[] {
  return [
    name,
    trial.costRatio.toFixed(3),
    percent(trial.lateRatio),
    trial.score.toFixed(3),
    String(trial.reversalsInWorstHour),
    paste(trial),
  ];
}

/** As it is written in code. */
function paste({ options }: TuneTrial): string {
  return JSON.stringify(options)
    .replace(/"([a-zA-Z]+)":/g, '$1: ')
    .replaceAll('"', "'")
    .replaceAll(',', ', ')
    .replaceAll('{', '{ ')
    .replaceAll('}', ' }');
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(3))}%`;
}
