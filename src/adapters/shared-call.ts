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

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
