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
