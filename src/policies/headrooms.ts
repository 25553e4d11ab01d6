import type { Headroom } from '../core/view.ts';

/**
 * Ways to keep headroom, in typical errors of the forecast. Which of them is best is a property of the traffic: load
 * that jumps from one value to any other is served best by a pool that orders little and keeps all it has, load that
 * goes on rising once it rises by one that orders much, and smooth load needs hardly any.
 */
export const HEADROOMS: readonly [Headroom, ...Headroom[]] = [
  { name: 'usual', least: 1, grow: 1.8, shrink: 2.7 },
  { name: 'wide', least: 0.9, grow: 3.8, shrink: 2.7 },
  { name: 'tight', least: 0.1, grow: 0.4, shrink: 1.9 },
  { name: 'brief', least: 0.55, grow: 1.2, shrink: 1.9 },
  { name: 'modest', least: 0.4, grow: 1.1, shrink: 2.9 },
  { name: 'sparing', least: 0.25, grow: 0.3, shrink: 3.6 },
  { name: 'lasting', least: 0.1, grow: 0.3, shrink: 4.3 },
];
