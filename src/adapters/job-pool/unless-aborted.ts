/** Waits for what cannot be taken back; an abort ends the waiting only. */
export async function unlessAborted(gone: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return gone;
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([gone, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
