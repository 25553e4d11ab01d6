/**
 * Least squares for the few columns that the references fit: solves the normal equations by Gauss elimination with
 * a hair of ridge, so that a constant series does not divide by zero.
 *
 * @param rows Each with the same number of columns.
 */
export function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const n = rows[0]?.length ?? 0;
  const a: number[][] = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n + 1 }, (_, j) => {
      const sum = rows.reduce((total, row, k) => {
        const other = j < n ? (row[j] as number) : (values[k] as number);
        return total + (row[i] as number) * other;
      }, 0);
      return i === j ? sum + 1e-9 : sum;
    }),
  );
  for (let i = 0; i < n; i++) {
    const pivot = a[i] as number[];
    for (let k = i + 1; k < n; k++) {
      const row = a[k] as number[];
      const scale = (row[i] as number) / (pivot[i] as number);
      for (let j = i; j <= n; j++) row[j] = (row[j] as number) - scale * (pivot[j] as number);
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    const row = a[i] as number[];
    let rest = row[n] as number;
    for (let j = i + 1; j < n; j++) rest -= (row[j] as number) * (solution[j] as number);
    solution[i] = rest / (row[i] as number);
  }
  return solution;
}

/** Second-order polynomial through equally spaced values, as a function of the index. */
export function fitParabola(values: readonly number[]): (index: number) => number {
  return fitPolynomial(values, 2);
}

export function fitLine(values: readonly number[]): (index: number) => number {
  return fitPolynomial(values, 1);
}

function fitPolynomial(values: readonly number[], degree: number): (index: number) => number {
  const scale = Math.max(1, values.length);
  const powers = (index: number): number[] =>
    Array.from({ length: degree + 1 }, (_, k) => (index / scale) ** k);
  const coefficients = leastSquares(
    values.map((_, i) => powers(i)),
    values,
  );
  return (index) => powers(index).reduce((sum, power, k) => sum + power * (coefficients[k] as number), 0);
}
