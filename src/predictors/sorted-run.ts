/** Puts a value in its place among the `count` sorted ones that begin at `from`. */
export function insertSorted(
  into: Float64Array | Float32Array,
  from: number,
  count: number,
  value: number,
): void {
  let place = from + count;
  for (; place > from && (into[place - 1] as number) > value; place--)
    into[place] = into[place - 1] as number;
  into[place] = value;
}

/** Median of the `count` sorted ones that begin at `from`; NaN of none. */
export function medianOf(sorted: Float64Array | Float32Array, from: number, count: number): number {
  if (count === 0) return Number.NaN;
  return ((sorted[from + ((count - 1) >> 1)] as number) + (sorted[from + (count >> 1)] as number)) / 2;
}
