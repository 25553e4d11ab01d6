/**
 * The tables, under the names that the code uses; in the database each has the prefix of the options. Times are epoch
 * ms and, like all measures, of type double precision: the number that JavaScript has. What is plain JSON is text, so
 * that it comes back as it was, and both databases can look into it (`record::jsonb ->> …`, `record ->> …`).
 */
export interface Tables {
  /** As they came. */
  readonly samples: SampleRow;
  /** Means of five minutes, of the days that are no longer recent. */
  readonly samples_coarse: SampleRow;
  readonly ticks: TickRow;
  readonly tick_pools: TickPoolRow;
  readonly state: StateRow;
}

/** A `LoadSample`. */
export interface SampleRow {
  readonly pool: string;
  readonly at: number;
  readonly demand: number;
  readonly noise: number | null;
  readonly utilization: number | null;
  readonly queued: number | null;
  readonly response_time_ms: number | null;
  readonly error_ratio: number | null;
  readonly arrivals_per_second: number | null;
  /** JSON. */
  readonly context: string | null;
}

/** Which tick: its time, who wrote it, and the how manieth of that writer it is. */
export interface TickKey {
  readonly at: number;
  readonly writer: string;
  readonly number: number;
}

/** What a `TickRecord` holds besides its pools. Written after them: a tick without this row is half written. */
export interface TickRow extends TickKey {
  /** How many pools it had. */
  readonly pools: number;
  /** 1: only pools whose size changed are left. */
  readonly thinned: number;
  /** JSON. */
  readonly head: string;
}

/** A `PoolRecord`. */
export interface TickPoolRow extends TickKey {
  readonly position: number;
  readonly pool: string;
  /** 1: its size was changed. */
  readonly changed: number;
  /** JSON. */
  readonly record: string;
}

export interface StateRow {
  readonly key: string;
  readonly version: number;
  /** JSON. */
  readonly value: string;
}

const TABLES = ['samples', 'samples_coarse', 'ticks', 'tick_pools', 'state'] as const;

/** Names in the database. Typed as the names that the code uses, which is what queries are checked against. */
export type TableNames = { readonly [Name in keyof Tables]: Name };

export function tableNames(prefix: string): TableNames {
  return Object.fromEntries(TABLES.map((name) => [name, `${prefix}${name}`])) as unknown as TableNames;
}
