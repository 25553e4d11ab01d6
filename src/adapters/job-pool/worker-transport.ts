import type { WorkerId } from '../../core/observation.ts';
import type { ToWorker } from './protocol.ts';

/** How a pool launches its workers and talks to them: one implementation for each kind of worker. */
export interface WorkerTransport {
  /** What one worker is called, and the first part of its id: `thread` gives `thread-1`, `thread-2`, … */
  readonly kind: string;
  /** It can hand buffers over instead of copying them. */
  readonly transfers: boolean;
  /** Launches one worker. What happens to it later is told to `events`, never before `launch` has returned. */
  launch(launch: Launch, events: LinkEvents): WorkerLink;
}

export interface Launch {
  readonly id: WorkerId;
  /** Variables that the worker finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** One worker, seen from the pool. No method throws but `post`. */
export interface WorkerLink {
  /**
   * Sends a message. `false`: the channel is full, hold back jobs until `events.writable`. Throws when the message
   * cannot be serialised; a channel that is broken is no error here, `events.gone` will follow.
   */
  post(message: ToWorker, transferList?: readonly object[]): boolean;
  /** Asks the worker, which is idle, to end. */
  stop(): void;
  /** Ends it now. */
  kill(): void;
  /** What the worker holds in memory, where that is cheap to know. */
  memoryBytes?(): number | undefined;
}

export interface LinkEvents {
  /** It sent something; not necessarily a valid message. */
  message(value: unknown): void;
  /** It sent something that could not even be read. */
  unreadable(detail: string): void;
  /** The channel that was full takes messages again. */
  writable(): void;
  /** It has ended, and nothing more will come from it. Once. */
  gone(cause: Error): void;
}
