/**
 * Figures in sentences. Reasons are built every tick for every pool, so this is plain arithmetic: no `Intl`, no
 * `toFixed`.
 */

/** At most one decimal: 6.24 → "6.2", 8 → "8". */
export function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** 0.8 → "80%", 1.55 → "155%"; one decimal below 10% (0.015 → "1.5%"). */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value)}%`;
}

/** 250 → "250 ms", 1,500 → "1.5 s", 90,000 → "90 s", 600,000 → "10 min", 7,200,000 → "2 h". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${figure(ms / 1000)} s`;
  if (ms < 7_200_000) return `${figure(ms / 60_000)} min`;
  return `${figure(ms / 3_600_000)} h`;
}

/** 1 → "1 worker", 8 → "8 workers". */
export function workers(count: number): string {
  return count === 1 ? '1 worker' : `${figure(count)} workers`;
}
