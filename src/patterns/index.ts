export { analyzePatterns, type PatternOptions, type PatternReport } from './analyze-patterns.ts';
export { formatPatterns } from './format-patterns.ts';
export type { RegimeChange, TrendPattern } from './level.ts';
export type { LoadPoint } from './load-bins.ts';
export type { QuietWindow } from './quiet-windows.ts';
export type { DailyPattern, WeeklyPattern } from './season.ts';
export type { PatternEvent, Spike, SpikePattern, SpikeTrigger } from './spikes.ts';
