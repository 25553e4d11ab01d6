/** Colours for people at a terminal; none where there is none, or where `NO_COLOR` is set. */
const HAS_COLOURS = process.stdout.isTTY && !process.env.NO_COLOR;

const CODES = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, blue: 34 } as const;
export type Colour = keyof typeof CODES;

export function paint(colour: Colour, text: string): string {
  return HAS_COLOURS && text !== '' ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Lines of a table. Cells are plain text. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? '';
        return align === 'left' ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
      })
      .join('  ')
      .trimEnd();
  return [paint('dim', line(columns.map(({ title }) => title))), ...rows.map(line)];
}

/** `4 ms`, `380 ms`, `3.9 s`. */
export function milliseconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
