import { duration } from '../../core/format.ts';
import type { ChartLine } from './chart-model.ts';

/** A line's key and name, which hide it and show it again, and what it reads. */
export function legendItem(
  line: ChartLine,
  color: string,
  value: HTMLElement,
  show: (shown: boolean) => void,
): HTMLElement {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const key = document.createElement('span');
  key.className = `chart-key chart-key-${line.kind ?? 'line'}`;
  key.style.color = color.startsWith('--') ? `var(${color})` : color;
  button.type = 'button';
  button.setAttribute('aria-pressed', 'true');
  button.title = `Show or hide ${line.label}`;
  button.append(key, line.label);
  button.addEventListener('click', () => {
    const shown = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(shown));
    show(shown);
  });
  item.append(button, value);
  return item;
}

function lastKnown({ values }: ChartLine): number {
  let index = values.length - 1;
  while (index > 0 && (values[index] ?? null) === null) index--;
  return index;
}

/** What a line reads at an index, or last. */
export function readingOf(line: ChartLine, at: number | undefined): string {
  const index = at ?? lastKnown(line);
  const value = line.values[index] ?? null;
  if (value === null) return '–';
  const low = line.low?.[index] ?? null;
  const text = (each: number): string =>
    line.format === 'duration' ? duration(each) : String(Math.round(each * 100) / 100);
  return low === null ? text(value) : `${text(low)}–${text(value)}`;
}
