import { unlessAborted } from '../unless-aborted.ts';

/**
 * A call that is made once for all who ask while it is under way: a server that is away or hangs then has one call
 * waiting, not one for every tick. An abort ends the waiting of one who asked; the call goes on.
 */
export function sharedCall<T>(call: () => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let underWay: Promise<T> | undefined;
  return (signal) => {
    underWay ??= call().finally(() => {
      underWay = undefined;
    });
    return unlessAborted(underWay, signal);
  };
}
