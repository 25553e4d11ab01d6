import type { WorkerId } from '../core/observation.ts';
import type {
  ActuatorFaultSource,
  ActuatorOptions,
  Operation,
  OperationKind,
  OperationOutcome,
} from './actuator.ts';

/** A call to the adapter. */
export interface Call {
  operation: Operation;
  /** Monotonic ms. */
  readonly begunAt: number;
  readonly abort: AbortController;
}

/** What is known of a call when it begins. */
export interface CallDetails {
  readonly kind: OperationKind;
  readonly worker?: WorkerId;
  readonly size?: number;
  readonly attempt: number;
  readonly emergency: boolean;
  readonly reason: string;
  /** Milliseconds; infinite where it may last as long as it takes. */
  readonly timeoutMs: number;
}

/** What a call has changed. */
export interface CallResult {
  readonly added?: readonly WorkerId[];
  readonly removed?: readonly WorkerId[];
  readonly error?: unknown;
}

/** An adapter whose every error reads differently is not told of for ever. */
const MOST_CAUSES = 50;

const NOBODY: readonly WorkerId[] = Object.freeze([]);

/**
 * The calls that a pool's adapter was given and that have not settled: it makes them safe (whatever the adapter
 * throws or rejects with goes to a callback), tells of them, and ends them.
 */
export class Operations {
  readonly #options: ActuatorOptions;
  readonly #calls = new Map<number, Call>();
  /** Faults that have been told and are not over: `source` + newline + cause. */
  readonly #told = new Set<string>();
  #lastId = 0;
  /** What still settles is not listened to. */
  #closed = false;
  #whenIdle: (() => void)[] = [];
  /** No new calls are wanted. */
  stopping = false;

  constructor(options: ActuatorOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#calls.size;
  }

  list(): Operation[] {
    return Array.from(this.#calls.values(), (call) => call.operation);
  }

  /** Monotonic ms, also between ticks. */
  monotonic(): number {
    return this.#options.clock.monotonic();
  }

  /**
   * Calls the adapter, at once. `done` or `failed` is called later, once, unless the call was called off by the
   * end of `stop`; both must not throw.
   */
  begin(
    details: CallDetails,
    work: (signal: AbortSignal) => unknown,
    done: (value: unknown) => void,
    failed: (error: unknown) => void,
  ): Call {
    const { timeoutMs, ...rest } = details;
    const startedAt = this.#options.clock.now();
    const operation: Operation = {
      id: ++this.#lastId,
      ...rest,
      startedAt,
      ...(Number.isFinite(timeoutMs) && { deadline: startedAt + timeoutMs }),
    };
    const call: Call = { operation, begunAt: this.monotonic(), abort: new AbortController() };
    this.#calls.set(operation.id, call);
    this.#tell(call, 'started', {});
    // The executor runs now, and what it throws rejects: a synchronous throw is a rejection like any other.
    new Promise<unknown>((resolve) => resolve(work(call.abort.signal))).then(
      (value) => {
        if (!this.#closed) done(value);
      },
      (error: unknown) => {
        if (!this.#closed) failed(error);
      },
    );
    return call;
  }

  /** The call has ended, for flyball at least: it leaves the list and is told of. */
  end(call: Call, outcome: OperationOutcome, result: CallResult = {}): void {
    if (!this.#calls.delete(call.operation.id)) return;
    this.#tell(call, outcome, result);
    if (this.stopping) queueMicrotask(() => this.#checkIdle()); // what ended may go on with a next call
  }

  /** A call that had ended has brought something all the same. */
  addendum(call: Call, result: CallResult): void {
    this.#tell(call, 'completed', result);
  }

  /** The call gets more time; `timeoutMs` from its beginning, infinite for as long as it takes. */
  extend(call: Call, timeoutMs: number): void {
    const { deadline: _, ...rest } = call.operation;
    call.operation = {
      ...rest,
      ...(Number.isFinite(timeoutMs) && { deadline: rest.startedAt + timeoutMs }),
    };
  }

  /** Tells a fault, unless it was told and is not over. */
  fault(source: ActuatorFaultSource, cause: string, message: string, error?: unknown): void {
    const key = `${source}\n${cause}`;
    if (this.#told.has(key) || this.#told.size >= MOST_CAUSES) return;
    this.#told.add(key);
    this.incident(source, message, error);
  }

  /** Tells a fault that is an event of its own, each time. */
  incident(source: ActuatorFaultSource, message: string, error?: unknown): void {
    const { pool, clock, onFault } = this.#options;
    onFault?.({ at: clock.now(), pool, source, message, ...(error !== undefined && { error }) });
  }

  /** All faults of this source are over: tells so if there were any. */
  recovered(source: ActuatorFaultSource, message: string): void {
    if (this.#told.size === 0) return;
    let any = false;
    for (const key of this.#told) {
      if (key.startsWith(`${source}\n`)) any = this.#told.delete(key);
    }
    if (!any) return;
    const { pool, clock, onFault } = this.#options;
    onFault?.({ at: clock.now(), pool, source, message, recovered: true });
  }

  /** Settles when no call is in flight; calls off those that are once `deadline` is aborted. */
  close(deadline: AbortSignal): Promise<void> {
    this.stopping = true;
    return new Promise((resolve) => {
      const callOff = (): void => this.#callOffAll();
      this.#whenIdle.push(() => {
        deadline.removeEventListener('abort', callOff);
        resolve();
      });
      if (deadline.aborted) callOff();
      else deadline.addEventListener('abort', callOff, { once: true });
      queueMicrotask(() => this.#checkIdle());
    });
  }

  #callOffAll(): void {
    this.#closed = true;
    for (const call of this.#calls.values()) {
      this.end(call, 'cancelled');
      call.abort.abort();
    }
  }

  #checkIdle(): void {
    if (this.#calls.size > 0) return;
    this.#closed = true;
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const tell of waiting) tell();
  }

  #tell(call: Call, outcome: OperationOutcome, result: CallResult): void {
    const { pool, clock, onOperation } = this.#options;
    if (onOperation === undefined) return;
    const { added = NOBODY, removed = NOBODY, error } = result;
    onOperation({
      pool,
      at: clock.now(),
      outcome,
      operation: call.operation,
      added,
      removed,
      durationMs: outcome === 'started' ? 0 : this.monotonic() - call.begunAt,
      ...(error !== undefined && { error }),
    });
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'an error that cannot be shown';
  }
}

/** A cause that stays the same when only figures in the message change. */
export function causeOf(error: unknown): string {
  return messageOf(error).replace(/\d+/g, '#').slice(0, 200);
}
