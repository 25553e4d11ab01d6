import { type Channel, channel } from 'node:diagnostics_channel';
import type { ControllerEvents } from '../events.ts';

/** The events that are published, each on a channel of its own: `flyball:decision`, `flyball:tick`, … */
const EVENTS = [
  'decision',
  'scaled',
  'held',
  'fault',
  'tick',
  'operation',
  'prediction',
  'efficiency',
  'trial',
] as const satisfies readonly (keyof ControllerEvents)[];

const channels = Object.fromEntries(EVENTS.map((event) => [event, channel(`flyball:${event}`)])) as Record<
  keyof ControllerEvents,
  Channel
>;

/**
 * Publishes an event on its channel of `node:diagnostics_channel`, for all controllers of this process. Costs one
 * look at a flag where nobody has subscribed. What a subscriber throws, Node reports as an uncaught exception; the
 * loop goes on.
 */
export function publish<T extends keyof ControllerEvents>(event: T, payload: ControllerEvents[T][0]): void {
  const target = channels[event];
  if (target.hasSubscribers) target.publish(payload);
}
