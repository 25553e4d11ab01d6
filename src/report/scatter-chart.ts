import { palette } from '../dashboard/page/palette.ts';
import { escapeHtml } from './html.ts';

/** One point; points of a group are joined in the order given. */
export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** Shown when the pointer rests on it. */
  readonly title: string;
  /** Large, and labelled with the group's name. */
  readonly isMain?: boolean;
}

export interface ScatterGroup {
  readonly name: string;
  readonly points: readonly ScatterPoint[];
  /** Drawn last and strongest. */
  readonly isOwn?: boolean;
  /** Drawn pale. */
  readonly isPale?: boolean;
}

export interface ScatterChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly groups: readonly ScatterGroup[];
}

const WIDTH = 1080;
const HEIGHT = 460;
const LEFT = 64;
const RIGHT = 20;
const TOP = 16;
const BOTTOM = 48;

/** Shares from 0.01% up on a logarithmic scale; everything below is drawn at 0.01%. */
const LEAST_Y = 1e-4;
const Y_TICKS = [1e-4, 1e-3, 1e-2, 1e-1, 1];

/**
 * Cost (linear) against lateness (logarithmic), lower left is better, as an SVG that needs no script. Costs above
 * four times the cheapest are drawn at the right edge.
 */
export function scatterChart({ title, xLabel, yLabel, groups }: ScatterChart): string {
  const xs = groups.flatMap((group) => group.points.map((point) => point.x));
  const least = Math.min(...xs, 1);
  const most = Math.min(Math.max(...xs, 1.1), least * 4);
  const low = Math.max(0, least - 0.05 * (most - least));
  const high = most + 0.05 * (most - least);
  const px = (x: number): number =>
    LEFT + ((Math.min(x, most) - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number => {
    const share = Math.log10(Math.min(1, Math.max(LEAST_Y, y)) / LEAST_Y) / 4;
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  };
  const order = [...groups.entries()].sort(
    ([, a], [, b]) => Number(a.isOwn ?? false) - Number(b.isOwn ?? false),
  );
  const labels = new LabelPlacer();
  const marks = order.map(([i, group]) =>
    drawGroup(group, palette[i % palette.length] as string, px, py, labels),
  );
  return `<figure>
<figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="100%" role="img" aria-label="${escapeHtml(title)}">
${xTicks(low, high)
  .map((x) => grid(px(x), HEIGHT - BOTTOM, px(x), TOP, format(x), px(x), HEIGHT - BOTTOM + 18, 'middle'))
  .join('\n')}
${Y_TICKS.map((y) => grid(LEFT, py(y), WIDTH - RIGHT, py(y), percentOf(y), LEFT - 8, py(y) + 4, 'end')).join('\n')}
<text class="faint" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escapeHtml(xLabel)}</text>
<text class="faint" transform="translate(14 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(yLabel)}</text>
${marks.join('\n')}
</svg>
</figure>`;
}

function drawGroup(
  group: ScatterGroup,
  color: string,
  px: (x: number) => number,
  py: (y: number) => number,
  labels: LabelPlacer,
): string {
  const at = group.points.map((point) => ({ ...point, cx: px(point.x), cy: py(point.y) }));
  const line = at.map(({ cx, cy }) => `${cx.toFixed(1)},${cy.toFixed(1)}`).join(' ');
  const circles = at.map(({ cx, cy, isMain, title }) => {
    const radius = isMain ? (group.isOwn ? 7 : 5) : 3;
    return `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="${radius}" fill="${color}"><title>${escapeHtml(title)}</title></circle>`;
  });
  const main = at.find((point) => point.isMain) ?? at[0];
  const label = main === undefined ? '' : labels.place(group.name, main.cx, main.cy, group.isOwn === true);
  return `<g opacity="${group.isPale ? 0.45 : 1}"><polyline points="${line}" fill="none" stroke="${color}" stroke-opacity="0.5"/>${circles.join('')}${label}</g>`;
}

/** Puts names beside points, moved up or down until they cover no other name, and to the left at the right edge. */
class LabelPlacer {
  readonly #taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];

  place(name: string, x: number, y: number, isBold: boolean): string {
    const width = name.length * 6.6;
    const toLeft = x + 9 + width > WIDTH - RIGHT;
    const left = toLeft ? x - 9 - width : x + 9;
    const offsets = [-7, 10, -21, 24, -35, 38, -49, 52];
    const free = offsets.map((offset) => y + offset).find((at) => this.#isFree(left, left + width, at));
    const at = free ?? y - 7;
    this.#taken.push({ left, right: left + width, y: at });
    const weight = isBold ? ' font-weight="700"' : '';
    return `<text x="${left.toFixed(1)}" y="${at.toFixed(1)}"${weight}>${escapeHtml(name)}</text>`;
  }

  #isFree(left: number, right: number, y: number): boolean {
    if (y < TOP + 8 || y > HEIGHT - BOTTOM + 4) return false;
    return this.#taken.every(
      (other) => right < other.left || left > other.right || Math.abs(y - other.y) >= 12,
    );
  }
}

function grid(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  text: string,
  x: number,
  y: number,
  anchor: string,
): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line class="grid" x1="${a}" y1="${b}" x2="${c}" y2="${d}"/><text class="faint" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${text}</text>`;
}

/** Five to ten round numbers. */
function xTicks(low: number, high: number): number[] {
  const rough = (high - low) / 7;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? power * 10;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) ticks.push(tick);
  return ticks;
}

function format(value: number): string {
  return String(Number(value.toFixed(4)));
}

function percentOf(ratio: number): string {
  return ratio === LEAST_Y ? '≤ 0.01%' : `${Number((ratio * 100).toPrecision(2))}%`;
}
