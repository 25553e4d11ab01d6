import type { ChartLine } from './chart-model.ts';
import { palette } from './palette.ts';

/** The colour of a line, or the name of the custom property that holds it. */
export function colorOf({ color }: ChartLine, index: number): string {
  return color ?? (palette[index % palette.length] as string);
}

const colors = new Map<string, string>();
let probe: HTMLElement | undefined;

/** A colour as a canvas takes it: custom properties and `light-dark()` are looked up. */
export function resolve(color: string, alpha = 1): string {
  const key = `${color} ${alpha}`;
  const known = colors.get(key);
  if (known !== undefined) return known;
  probe ??= document.body.appendChild(document.createElement('span'));
  probe.hidden = true;
  probe.style.color = color.startsWith('--') ? `var(${color})` : color;
  const [r, g, b, a = '1'] = getComputedStyle(probe).color.match(/[\d.]+/g) ?? ['128', '128', '128'];
  const resolved = `rgba(${r}, ${g}, ${b}, ${Number(a) * alpha})`;
  colors.set(key, resolved);
  return resolved;
}

/** The theme has changed. */
export function forgetColors(): void {
  colors.clear();
}
