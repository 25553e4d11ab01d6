import uPlot from 'uplot';
import { axesOf, dateOf, RIGHT_AXIS_WIDTH } from './chart-axes.ts';
import { colorOf, forgetColors, resolve } from './chart-colors.ts';
import { legendItem, readingOf } from './chart-legend.ts';
import type { Chart } from './chart-model.ts';

export interface DrawnChart {
  /** Lines of the same kinds in the same order, with other values. */
  update(chart: Chart): void;
  /** Draws again with the colours of a theme that has changed. */
  repaint(): void;
  /** Highlights one moment; `undefined` = none. */
  point(at: number | undefined): void;
  destroy(): void;
}

/** Pixels. */
const MARK_HEIGHT = 7;
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
      axes: axesOf(chart, plan.hasRight),
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
      const text = readingOf(line, at ?? undefined);
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
      forgetColors();
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
