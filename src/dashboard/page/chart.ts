import uPlot from 'uplot';
import { duration } from '../../core/format.ts';

/** One line of a chart over time. */
export interface ChartLine {
  readonly label: string;
  /** One value for each time; `null` = a gap. */
  readonly values: ArrayLike<number | null>;
  /** `step`: a value holds until the next one. `area`: filled down to 0. Default `line`. */
  readonly kind?: 'line' | 'step' | 'area' | 'step-area' | 'dashes' | 'band';
  /** Of a `band`: its lower edge; `values` is the upper one. */
  readonly low?: ArrayLike<number | null>;
  /** A CSS colour, or the name of a custom property (`--demand`). Default: the next of the palette. */
  readonly color?: string;
  /** `right`: has an axis of its own. Default `left`. */
  readonly axis?: 'left' | 'right';
  /** Of the stroke, pixels. Default 1.75. */
  readonly width?: number;
  /** How its values read, in the legend and on its axis. Default: two decimals at most. */
  readonly format?: 'duration';
}

/** A chart over time. Plain JSON. */
export interface Chart {
  readonly title: string;
  /** Epoch seconds, or seconds since the beginning. */
  readonly times: ArrayLike<number>;
  /** `false`: times have no date; shown as day and hour since the beginning. Default `true`. */
  readonly dated?: boolean;
  /** Time zone of dated times. Default `utc`. */
  readonly zone?: 'utc' | 'local';
  readonly lines: readonly ChartLine[];
  /** Moments to mark, in the unit of `times`. */
  readonly marks?: readonly number[];
  /** Where the present ends and the forecast begins, in the unit of `times`. */
  readonly now?: number;
  /** Leaves room for a right axis that it does not have, so that it lines up with a chart that has one. */
  readonly aligned?: boolean;
  /** Pixels. Default 260. */
  readonly height?: number;
}

export interface DrawnChart {
  /** Lines of the same kinds in the same order, with other values. */
  update(chart: Chart): void;
  /** Draws again with the colours of a theme that has changed. */
  repaint(): void;
  /** Highlights one moment; `undefined` = none. */
  point(at: number | undefined): void;
  destroy(): void;
}

/** Distinguishable in light and dark, and with the common forms of colour blindness (Okabe and Ito, 2008). */
const palette: readonly string[] = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#d55e00',
  '#cc79a7',
  '#56b4e9',
  '#8f8f00',
  '#8a6fd1',
];

const NARROW = 640;
/** Pixels; less where there is little room. */
const AXIS_WIDTH = innerWidth < NARROW ? 34 : 46;
const RIGHT_AXIS_WIDTH = innerWidth < NARROW ? 48 : 56;
const MARK_HEIGHT = 7;
const FONT = '12px Inter, system-ui, sans-serif';
/** Charts of one page show the same moment under the cursor. */
const SYNC = uPlot.sync('flyball');

/** Draws a chart with a legend that tells the values under the cursor. */
export function drawChart(element: HTMLElement, first: Chart): DrawnChart {
  let chart = first;
  let pointed: number | undefined;
  const legend = document.createElement('ul');
  legend.className = 'chart-legend';
  const canvas = document.createElement('div');
  canvas.className = 'chart-canvas';
  element.append(legend, canvas);

  const plan = layOut(chart);
  const readings: HTMLElement[] = [];
  const plot = new uPlot(
    {
      ...sizeOf(canvas, chart),
      padding: [8, plan.hasRight ? 0 : chart.aligned ? RIGHT_AXIS_WIDTH : 8, 0, 0],
      tzDate: (seconds) => dateOf(chart, seconds),
      scales: {
        x: { time: chart.dated !== false },
        left: { range: (_, __, high) => [0, roomAbove(high)] },
        right: { range: (_, __, high) => [0, roomAbove(high)] },
      },
      axes: axesOf(chart, plan),
      series: [{}, ...plan.series],
      bands: plan.bands,
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false }, sync: { key: SYNC.key }, points: { size: 7 } },
      hooks: {
        setCursor: [() => read()],
        drawClear: [(u) => drawBehind(u, chart, pointed)],
      },
    },
    dataOf(chart) as uPlot.AlignedData,
    canvas,
  );
  for (const [index, line] of chart.lines.entries()) {
    const value = document.createElement('span');
    value.className = 'chart-value';
    readings.push(value);
    legend.append(legendItem(line, colorOf(line, index), value, (shown) => show(index, shown)));
  }
  const resized = new ResizeObserver(() => {
    if (canvas.clientWidth > 0) plot.setSize(sizeOf(canvas, chart));
  });
  resized.observe(canvas);
  read();

  function show(index: number, shown: boolean): void {
    for (const series of plan.seriesOf[index] ?? []) plot.setSeries(series, { show: shown });
  }

  function read(): void {
    const at = plot.cursor.idx;
    for (const [index, line] of chart.lines.entries()) {
      const text = readingOf(line, at ?? lastKnown(line));
      const element = readings[index];
      if (element !== undefined && element.textContent !== text) element.textContent = text;
    }
  }

  return {
    update(next) {
      chart = next;
      // Somebody who has zoomed in is looking at something: the window stays where it is.
      const { min, max } = plot.scales.x as uPlot.Scale;
      const times = plot.data[0];
      const isZoomed = times.length > 1 && (min !== times[0] || max !== times.at(-1));
      plot.setData(dataOf(chart) as uPlot.AlignedData, !isZoomed);
      if (isZoomed) plot.redraw();
      read();
    },
    repaint() {
      colors.clear();
      plot.redraw(false, true);
    },
    point(at) {
      pointed = at;
      plot.redraw(false);
    },
    destroy() {
      resized.disconnect();
      plot.destroy();
      element.replaceChildren();
    },
  };
}

/** Room for a peak not to touch the edge; a flat 0 still has a scale. */
function roomAbove(high: number | null): number {
  return high === null || high <= 0 ? 1 : high * 1.12;
}

function sizeOf(canvas: HTMLElement, { height = 260 }: Chart): { width: number; height: number } {
  return { width: Math.max(200, canvas.clientWidth || 800), height };
}

interface Plan {
  readonly series: uPlot.Series[];
  readonly bands: uPlot.Band[];
  /** Of each line, its series' indexes. */
  readonly seriesOf: readonly (readonly number[])[];
  readonly hasRight: boolean;
}

function layOut({ lines }: Chart): Plan {
  const series: uPlot.Series[] = [];
  const bands: uPlot.Band[] = [];
  const seriesOf = lines.map((line, index) => {
    const color = colorOf(line, index);
    const { kind = 'line' } = line;
    const common: uPlot.Series = {
      scale: line.axis ?? 'left',
      stroke: () => resolve(color),
      width: line.width ?? 1.75,
      points: { show: false },
      ...(kind === 'band' && { stroke: () => 'transparent' }),
      ...(kind === 'dashes' && { dash: [4, 4] }),
      ...((kind === 'area' || kind === 'step-area') && { fill: () => resolve(color, 0.14) }),
      ...((kind === 'step' || kind === 'step-area' || kind === 'dashes') && {
        paths: (uPlot.paths.stepped as uPlot.Series.SteppedPathBuilderFactory)({ align: 1 }),
      }),
    };
    series.push(common);
    if (kind !== 'band') return [series.length];
    series.push(common);
    bands.push({ series: [series.length - 1, series.length], fill: () => resolve(color, 0.2) });
    return [series.length - 1, series.length];
  });
  return { series, bands, seriesOf, hasRight: lines.some(({ axis }) => axis === 'right') };
}

function dataOf({ times, lines }: Chart): (ArrayLike<number | null> | undefined)[] {
  return [
    times,
    ...lines.flatMap((line) => (line.kind === 'band' ? [line.values, line.low] : [line.values])),
  ];
}

function axesOf(chart: Chart, plan: Plan): uPlot.Axis[] {
  const axis: uPlot.Axis = {
    stroke: () => resolve('--muted'),
    grid: { stroke: () => resolve('--line'), width: 1 },
    ticks: { show: false },
    font: FONT,
    gap: 6,
  };
  const values = (scale: string): Partial<uPlot.Axis> => {
    const isDuration = chart.lines.some(
      (line) => (line.axis ?? 'left') === scale && line.format === 'duration',
    );
    return isDuration ? { values: (_, ticks) => ticks.map((tick) => duration(tick)) } : {};
  };
  const x: uPlot.Axis = {
    ...axis,
    grid: { show: false },
    size: 30,
    ...(chart.dated === false
      ? { values: (_, ticks) => ticks.map(sinceBegin), space: 90 }
      : { values: (_, ticks, __, ___, step) => dateTicks(chart, ticks, step), space: 70 }),
  };
  const left: uPlot.Axis = { ...axis, scale: 'left', size: AXIS_WIDTH, space: 36, ...values('left') };
  if (!plan.hasRight) return [x, left];
  const right: uPlot.Axis = {
    ...axis,
    scale: 'right',
    side: 1,
    size: RIGHT_AXIS_WIDTH,
    space: 36,
    grid: { show: false },
    ...values('right'),
  };
  return [x, left, right];
}

function dateOf({ zone }: Chart, seconds: number): Date {
  const date = new Date(seconds * 1000);
  return zone === 'local' ? date : uPlot.tzDate(date, 'UTC');
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Seconds are told only where ticks are closer than a minute, the date where it changes. */
function dateTicks(chart: Chart, ticks: readonly number[], step: number): string[] {
  let last: number | undefined;
  return ticks.map((tick) => {
    const date = dateOf(chart, tick);
    const seconds = step < 60 ? `:${two(date.getSeconds())}` : '';
    const isNewDay = last !== undefined && date.getDate() !== last;
    last = date.getDate();
    return isNewDay
      ? `${date.getDate()}.${date.getMonth() + 1}.`
      : `${two(date.getHours())}:${two(date.getMinutes())}${seconds}`;
  });
}

/** Seconds since the beginning, as day and time. */
function sinceBegin(seconds: number): string {
  const day = Math.floor(seconds / 86_400) + 1;
  return `day ${day}, ${two(Math.floor(seconds / 3_600) % 24)}:${two(Math.floor(seconds / 60) % 60)}`;
}

/** Marks and the border of the present, behind the lines. */
function drawBehind(u: uPlot, { marks = [], now }: Chart, pointed: number | undefined): void {
  const { left, top, width, height } = u.bbox;
  const { ctx } = u;
  const vertical = (at: number, color: string, from = top, dash: readonly number[] = []): void => {
    const x = Math.round(u.valToPos(at, 'x', true)) + 0.5;
    if (x < left || x > left + width) return;
    ctx.strokeStyle = color;
    ctx.setLineDash([...dash]);
    ctx.beginPath();
    ctx.moveTo(x, from);
    ctx.lineTo(x, top + height);
    ctx.stroke();
  };
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  if (now !== undefined) vertical(now, resolve('--muted'), top, [2 * devicePixelRatio, 3 * devicePixelRatio]);
  const foot = top + height - MARK_HEIGHT * devicePixelRatio;
  for (const mark of marks) vertical(mark, resolve('--ink'), foot);
  ctx.lineWidth = 2 * devicePixelRatio;
  if (pointed !== undefined) vertical(pointed, resolve('--accent'));
  ctx.restore();
}

function legendItem(
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

function readingOf(line: ChartLine, index: number): string {
  const value = line.values[index] ?? null;
  if (value === null) return '–';
  const low = line.low?.[index] ?? null;
  const text = (each: number): string =>
    line.format === 'duration' ? duration(each) : String(Math.round(each * 100) / 100);
  return low === null ? text(value) : `${text(low)}–${text(value)}`;
}

function colorOf({ color }: ChartLine, index: number): string {
  return color ?? (palette[index % palette.length] as string);
}

const colors = new Map<string, string>();
let probe: HTMLElement | undefined;

/** A colour as a canvas takes it: custom properties and `light-dark()` are looked up. */
function resolve(color: string, alpha = 1): string {
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
