import { embedJson, escapeHtml } from './html.ts';

/** One line of a chart over time. */
export interface TimeSeriesLine {
  readonly label: string;
  /** One value for each time; `null` = a gap. */
  readonly values: ArrayLike<number | null>;
  /** CSS colour. Default: the next of the palette. */
  readonly color?: string;
  /** `step`: a value holds until the next one. `area`: filled down to 0. Default `line`. */
  readonly kind?: 'line' | 'step' | 'area';
}

/** Lines over the same times. Plain JSON: the same object may be sent to a live page. */
export interface TimeChart {
  readonly title: string;
  /** Epoch seconds, or seconds since the beginning. */
  readonly times: ArrayLike<number>;
  /** `false`: times have no date; shown as day and hour since the beginning. Default `true`. */
  readonly dated?: boolean;
  readonly lines: readonly TimeSeriesLine[];
  /** Pixels. Default 260. */
  readonly height?: number;
}

/** Distinguishable in light and dark, and with the common forms of colour blindness (Okabe and Ito, 2008). */
export const palette: readonly string[] = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#d55e00',
  '#cc79a7',
  '#56b4e9',
  '#8f8f00',
  '#8a6fd1',
];

/** HTML of a chart; `timeChartScript` draws it once it is on a page. */
export function timeChart(chart: TimeChart): string {
  return `<figure class="chart" data-time-chart>
<figcaption>${escapeHtml(chart.title)}</figcaption>
<script type="application/json">${embedJson(chart)}</script>
<div></div>
</figure>`;
}

/**
 * Script for a page that has uPlot. `flyballCharts.draw(element, chart)` draws one chart into an element and
 * gives the uPlot object (its `setData` updates a live one); `flyballCharts.drawAll(root)` draws every `timeChart`
 * below an element that is visible and not drawn yet.
 */
export const timeChartScript: string = `
const flyballCharts = (() => {
  const palette = ${JSON.stringify(palette)};
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const roundTimes = [1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600];
  const two = (n) => String(n).padStart(2, '0');
  const sinceBegin = (s) => 'day ' + (Math.floor(s / 86400) + 1) + ', ' + two(Math.floor(s / 3600) % 24) + ':'
    + two(Math.floor(s / 60) % 60);
  function draw(element, chart) {
    const axis = { stroke: color('--faint'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
    const dated = chart.dated !== false;
    const options = {
      width: element.clientWidth || 800,
      height: chart.height || 260,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
      scales: { x: { time: dated }, y: { range: (u, low, high) => [0, (high || 1) * 1.05] } },
      axes: [
        dated ? axis : { ...axis, values: (u, ticks) => ticks.map(sinceBegin), incrs: roundTimes, space: 90 },
        { ...axis, size: 56 },
      ],
      series: [
        dated ? { value: '{YYYY}-{MM}-{DD} {HH}:{mm}' } : { label: 'Time', value: (u, s) => s == null ? '' : sinceBegin(s) },
        ...chart.lines.map((line, i) => ({
          label: line.label,
          stroke: line.color || palette[i % palette.length],
          width: 1.5,
          points: { show: false },
          value: (u, v) => v == null ? '' : String(Math.round(v * 100) / 100),
          ...(line.kind === 'area' && { fill: (line.color || palette[i % palette.length]) + '30' }),
          ...(line.kind === 'step' && { paths: uPlot.paths.stepped({ align: 1 }) }),
        })),
      ],
      cursor: { drag: { x: true, y: false } },
    };
    const plot = new uPlot(options, [chart.times, ...chart.lines.map((line) => line.values)], element);
    new ResizeObserver(() => {
      if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height: options.height });
    }).observe(element);
    return plot;
  }
  function drawAll(root) {
    for (const figure of root.querySelectorAll('[data-time-chart]:not([data-drawn])')) {
      if (figure.offsetParent === null) continue;
      figure.dataset.drawn = '';
      draw(figure.lastElementChild, JSON.parse(figure.querySelector('script').textContent));
    }
  }
  return { draw, drawAll };
})();
flyballCharts.drawAll(document);
`;
