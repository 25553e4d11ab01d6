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

/** HTML of a chart; the charts' script, which the live page shares, draws it once it is on a page and visible. */
export function timeChart(chart: TimeChart): string {
  return `<figure class="chart" data-time-chart>
<figcaption>${escapeHtml(chart.title)}</figcaption>
<script type="application/json">${embedJson(chart)}</script>
<div></div>
</figure>`;
}
