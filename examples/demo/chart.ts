import { type Colour, paint } from './style.ts';

const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** One moment of the run; `size` is unknown where the run has not come to yet. */
export interface Moment {
  readonly load: number;
  readonly size: number | undefined;
}

/**
 * Load as a hill, the pool's size as a line over it. Load that the pool could not carry is red, and what is still to
 * come is dim: the pool does not know it.
 */
export function chart(moments: readonly Moment[], height: number, top: number): string[] {
  return Array.from({ length: height }, (_, index) => {
    const row = height - 1 - index;
    const label = index === 0 || row === 0 || index === Math.floor(height / 2) ? scale(row, height, top) : '';
    const cells = moments.map((moment) => cell(moment, row, top / height));
    return `${paint('dim', label.padStart(4))} ${runs(cells)}`;
  });
}

function scale(row: number, height: number, top: number): string {
  return String(Math.round((row * top) / height));
}

type Cell = readonly [text: string, colour: Colour];

function cell({ load, size }: Moment, row: number, workersPerRow: number): Cell {
  const eighths = Math.round((load / workersPerRow - row) * 8);
  const block = EIGHTHS[Math.min(8, Math.max(0, eighths))] as string;
  if (size === undefined) return [block, 'dim'];
  const line = Math.round(size / workersPerRow);
  if (row === line) return ['━', 'green'];
  return [block, row > line ? 'red' : 'blue'];
}

/** Neighbours of one colour are painted together. */
function runs(cells: readonly Cell[]): string {
  let line = '';
  let run = '';
  let colour: Colour = 'dim';
  for (const [text, next] of cells) {
    if (next !== colour) {
      line += paint(colour, run);
      run = '';
      colour = next;
    }
    run += text;
  }
  return line + paint(colour, run);
}

/** One line of bars. */
export function bars(values: readonly (number | undefined)[], top: number): string {
  return values
    .map((value) =>
      value === undefined ? ' ' : EIGHTHS[Math.min(8, Math.max(1, Math.ceil((value / top) * 8)))],
    )
    .join('');
}
