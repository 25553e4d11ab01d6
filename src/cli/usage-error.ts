/** The command was called in a way that it does not understand: exit code 2, and a hint to `--help`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
