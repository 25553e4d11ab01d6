import { emitKeypressEvents } from 'node:readline';

/** The terminal while a full-screen view has it. */
export interface Window {
  /** Aborted when the person ends it, or the command is interrupted. */
  readonly closed: AbortSignal;
  size(): { readonly columns: number; readonly rows: number };
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. */
  close(): void;
  onMove: (by: number) => void;
  onResize: () => void;
}

/** Takes the whole terminal, on the screen beside the usual one. */
export function openWindow(signal: AbortSignal): Window {
  const { stdin, stdout } = process;
  const ended = new AbortController();
  const restore = (): void => void stdout.write('\x1b[?25h\x1b[?1049l');
  stdout.write('\x1b[?1049h\x1b[?25l');
  process.once('exit', restore);

  const window: Window = {
    closed: AbortSignal.any([ended.signal, signal]),
    size: () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 }),
    draw(lines) {
      const { rows } = window.size();
      const body = lines.slice(0, rows).map((line) => `${line}\x1b[K`);
      stdout.write(`\x1b[H${body.join('\r\n')}\x1b[J`);
    },
    close() {
      process.off('exit', restore);
      stdout.off('resize', resized);
      stdin.off('keypress', pressed);
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
      restore();
    },
    onMove: () => {},
    onResize: () => {},
  };
  const resized = (): void => window.onResize();
  const pressed = (_: string, key: { name?: string; ctrl?: boolean }): void => {
    if (key.name === 'q' || key.name === 'escape' || (key.ctrl && key.name === 'c')) ended.abort();
    else if (key.name === 'up' || key.name === 'k') window.onMove(-1);
    else if (key.name === 'down' || key.name === 'j') window.onMove(1);
  };
  stdout.on('resize', resized);
  if (stdin.isTTY) {
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on('keypress', pressed);
  }
  return window;
}
