/** The same numbers every time: a permutation test must not give another answer tomorrow. */
export type Draw = (below: number) => number;

/** Whole numbers from 0, below a limit: the linear congruential generator of Numerical Recipes. */
export function draws(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The high bits: the low ones repeat soon.
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function shuffled(values: readonly number[], draw: Draw): number[] {
  const copy = [...values];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = draw(i + 1);
    [copy[i], copy[j]] = [copy[j] as number, copy[i] as number];
  }
  return copy;
}

export function rotated(values: readonly number[], draw: Draw): number[] {
  const by = draw(values.length);
  return values.map((_, i) => values[(i + by) % values.length] as number);
}
