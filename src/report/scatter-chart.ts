import { escapeHtml } from './html.ts';
import { palette } from './time-chart.ts';

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
  const marks = order.map(([i, group]) => drawGroup(group, palette[i % palette.length] as string, px, py));
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
): string {
  const opacity = group.isPale ? 0.45 : 1;
  const line = group.points.map((point) => `${px(point.x).toFixed(1)},${py(point.y).toFixed(1)}`).join(' ');
  const circles = group.points.map((point) => {
    const radius = point.isMain ? (group.isOwn ? 7 : 5) : 3;
    return `<circle cx="${px(point.x).toFixed(1)}" cy="${py(point.y).toFixed(1)}" r="${radius}" fill="${color}"><title>${escapeHtml(point.title)}</title></circle>`;
  });
  const main = group.points.find((point) => point.isMain) ?? group.points[0];
  const weight = group.isOwn ? ' font-weight="700"' : '';
  const label =
    main === undefined
      ? ''
      : `<text x="${(px(main.x) + 9).toFixed(1)}" y="${(py(main.y) - 7).toFixed(1)}"${weight}>${escapeHtml(group.name)}</text>`;
  return `<g opacity="${opacity}"><polyline points="${line}" fill="none" stroke="${color}" stroke-opacity="0.5"/>${circles.join('')}${label}</g>`;
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
