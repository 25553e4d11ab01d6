import { InvalidOptionError, messageOf } from '../errors.ts';
import { analyzeCommand } from './analyze-command.ts';
import { backtestCommand } from './backtest-command.ts';
import type { Command } from './command.ts';
import { schemaCommand } from './schema-command.ts';
import type { Terminal } from './terminal.ts';
import { topCommand } from './top-command.ts';
import { tuneCommand } from './tune-command.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

/** 0 = done, 1 = failed, 2 = called wrongly or given a bad file, 130 = interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

const commands: readonly Command[] = [
  backtestCommand,
  analyzeCommand,
  tuneCommand,
  topCommand,
  schemaCommand,
];

/** The `flyball` command, without the process around it. */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const [name, ...rest] = args;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const wantsHelp = name === undefined || name === '--help' || name === '-h' || name === 'help';
    const topic = commands.find((candidate) => candidate.name === rest[0]);
    if (wantsHelp) {
      (name === undefined ? terminal.err : terminal.out)(topic?.help ?? overview());
      return name === undefined ? 2 : 0;
    }
    if (name === '--version' || name === '-v') {
      terminal.out(`${version()}\n`);
      return 0;
    }
    terminal.err(`flyball: there is no command "${name}"\n\n${overview()}`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(command.help);
    return 0;
  }
  try {
    await command.run(rest, terminal, signal);
    return 0;
  } catch (error) {
    if (signal.aborted) {
      terminal.err('flyball: interrupted\n');
      return 130;
    }
    if (error instanceof UsageError || error instanceof InvalidOptionError) {
      terminal.err(`flyball ${command.name}: ${error.message}\nSee flyball ${command.name} --help.\n`);
      return 2;
    }
    terminal.err(`flyball ${command.name}: ${messageOf(error)}\n`);
    return 1;
  }
}

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `flyball: an autoscaler for worker pools, and the means to judge one\n\nCommands\n${lines.join('\n')}\n\nflyball <command> --help tells more.\n`;
}
