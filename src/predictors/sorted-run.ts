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

/** Mean of the `count` sorted ones that begin at `from`, the lowest and the highest of three and more left out; NaN of none. */
export function trimmedMean(sorted: Float64Array | Float32Array, from: number, count: number): number {
  const out = count > 2 ? 1 : 0;
  let sum = 0;
  for (let i = from + out; i < from + count - out; i++) sum += sorted[i] as number;
  return sum / (count - 2 * out);
}
