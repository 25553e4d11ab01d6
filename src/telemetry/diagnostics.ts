import { type Channel, channel } from 'node:diagnostics_channel';
import type { ControllerEvents } from '../events.ts';

const channels = new Map<string, Channel>();

/**
 * Publishes an event on its channel of `node:diagnostics_channel` (`flyball:decision`, `flyball:tick`, …), for all
 * controllers of this process. Costs a look at a flag where nobody has subscribed. What a subscriber throws, Node
 * reports as an uncaught exception; the loop goes on.
 */
export function publish<T extends keyof ControllerEvents>(event: T, detail: ControllerEvents[T][0]): void {
  let target = channels.get(event);
  if (target === undefined) {
    target = channel(`flyball:${event}`);
    channels.set(event, target);
  }
  if (target.hasSubscribers) target.publish(detail);
}
