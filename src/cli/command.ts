import { type ParseArgsConfig, parseArgs } from 'node:util';
import { messageOf } from '../errors.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** One subcommand of `flyball`. */
export interface Command {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** @throws UsageError for a mistake in the call; anything else is a failure. */
  run(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<void>;
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; args: string[] }>
>;

/** The arguments, and the one file that every command works on. */
export function parseCall<T extends Options>(
  args: readonly string[],
  options: T,
): { readonly file: string; readonly values: Parsed<T>['values'] } {
  let parsed: Parsed<T>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(messageOf(error).replace(/\. To specify.*$/s, ''));
  }
  const [file, ...more] = parsed.positionals;
  if (file === undefined) throw new UsageError('name the file with the load');
  if (more.length > 0) throw new UsageError(`one file at a time, got also ${more.join(', ')}`);
  return { file, values: parsed.values };
}
