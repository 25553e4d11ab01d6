/**
 * What goes to a worker. The same messages on every channel: structured clones over a thread's port and over
 * Node's IPC, one JSON line each on stdio.
 */
export type ToWorker =
  | { readonly type: 'job'; readonly id: number; readonly job: unknown }
  /** The caller has lost interest in the job: end it early if you can, and answer it either way. */
  | { readonly type: 'cancel'; readonly id: number }
  /** Threads only, and only to those that said `stops`: clean up and exit. */
  | { readonly type: 'stop' };

/** What comes from a worker. */
export type FromWorker =
  /** Said once, before the first job. `stops: true` asks for a `stop` message instead of being terminated. */
  | { readonly type: 'ready'; readonly stops?: boolean }
  | { readonly type: 'done'; readonly id: number; readonly result?: unknown; readonly memoryBytes?: number }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly error?: WireError | string;
      readonly memoryBytes?: number;
    };

/** An error on its way from a worker. */
export interface WireError {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly code?: string | number;
}

/** Reads what a worker sent; `undefined` when it is no message of the protocol. */
export function parseMessage(value: unknown): FromWorker | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, id } = value as { type?: unknown; id?: unknown };
  if (type === 'ready') return value as FromWorker;
  const isAnswer = (type === 'done' || type === 'failed') && Number.isSafeInteger(id);
  return isAnswer ? (value as FromWorker) : undefined;
}

/** An error, or whatever else was thrown, as plain data. */
export function toWireError(thrown: unknown): WireError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  const { code } = thrown as { code?: unknown };
  return {
    name: thrown.name,
    message: thrown.message,
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}

/** The worker's error rebuilt: its name, message, code and stack. */
export function fromWireError(wire: WireError | string | undefined): Error {
  if (typeof wire !== 'object' || wire === null) return new Error(wire ?? 'the job failed without a reason');
  const error = new Error(wire.message ?? 'the job failed without a reason');
  if (typeof wire.name === 'string' && wire.name !== '') error.name = wire.name;
  if (typeof wire.stack === 'string') error.stack = wire.stack;
  return wire.code === undefined ? error : Object.assign(error, { code: wire.code });
}

/** What a worker sent, as it reads best in an error. */
export function showMessage(value: unknown): string {
  let text = String(value);
  try {
    if (typeof value === 'object') text = JSON.stringify(value);
  } catch {}
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
