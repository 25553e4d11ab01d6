/** Where a command writes to; a test gives its own. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Progress, hints and errors. */
  err(text: string): void;
  /** `err` is a terminal that understands carriage returns. */
  readonly isInteractive: boolean;
  readonly columns: number;
}

export const systemTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  get isInteractive() {
    return process.stderr.isTTY === true;
  },
  get columns() {
    return process.stderr.columns ?? 80;
  },
};
