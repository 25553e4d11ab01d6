import type { Terminal } from './terminal.ts';

const BAR = 30;

/** How far long work is: a bar that moves on a terminal, a line at every quarter elsewhere. */
export interface Progress {
  update(doneRatio: number): void;
  /** Removes the bar. */
  end(): void;
}

export function createProgress(terminal: Terminal, label: string): Progress {
  let shown = -1;
  return {
    update(doneRatio) {
      const percent = Math.floor(Math.min(1, Math.max(0, doneRatio)) * 100);
      if (percent === shown) return;
      if (terminal.isInteractive) {
        const full = Math.round((percent / 100) * BAR);
        terminal.err(
          `\r${label} ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(percent).padStart(3)}%`,
        );
      } else if (Math.floor(percent / 25) > Math.floor(Math.max(0, shown) / 25)) {
        terminal.err(`${label} ${percent}%\n`);
      }
      shown = percent;
    },
    end() {
      if (terminal.isInteractive && shown >= 0) terminal.err(`\r${' '.repeat(label.length + BAR + 7)}\r`);
    },
  };
}
