import type { PoolRow } from './feed-message.ts';

/** How a pool is doing. */
export interface PoolState {
  readonly text: string;
  readonly kind: 'good' | 'quiet' | 'warn' | 'bad';
}

/** What is most worth knowing of a pool, in a word. */
export function stateOf(
  row: Pick<PoolRow, 'quality' | 'emergency' | 'breaker' | 'paused' | 'mode' | 'starting' | 'draining'>,
): PoolState {
  if (row.quality === 'none' || row.quality === 'stale') return { text: 'not observed', kind: 'bad' };
  if (row.emergency) return { text: 'emergency', kind: 'bad' };
  if (row.breaker === 'open') return { text: 'starts fail', kind: 'bad' };
  if (row.paused) return { text: 'paused', kind: 'warn' };
  if (row.mode === 'recommend') return { text: 'recommends only', kind: 'quiet' };
  if (row.starting > 0) return { text: `starting ${row.starting}`, kind: 'good' };
  if (row.draining > 0) return { text: `draining ${row.draining}`, kind: 'good' };
  return { text: 'steady', kind: 'quiet' };
}
