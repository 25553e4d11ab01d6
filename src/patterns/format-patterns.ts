import { duration, figure, percent } from '../core/format.ts';
import type { PatternReport } from './analyze-patterns.ts';
import type { QuietWindow } from './quiet-windows.ts';
import type { DailyPattern, WeeklyPattern } from './season.ts';
import type { Spike, SpikePattern } from './spikes.ts';
import { wallClock } from './wall-clock.ts';

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MOST_SPIKES = 8;
const BLOCKS = '▁▂▃▄▅▆▇█';

/** A pattern report as text for people. */
export function formatPatterns(report: PatternReport): string {
  const { daily, weekly, spikes, quietWindows, trend, regimeChanges } = report;
  const when = clockOf(report.timeZone);
  const paragraphs = [
    `${when(report.from)} to ${when(report.to)} (${report.timeZone}), ${report.days} days, ${percent(report.coverage)} covered; mean ${figure(report.mean)}, peak ${figure(report.peak)}`,
    section(
      'Day',
      daily === undefined ? 'less than two days: cannot be told' : dayText(daily),
      daily?.reliability,
    ),
    section(
      'Week',
      weekly === undefined ? 'less than two weeks: cannot be told' : weekText(weekly),
      weekly?.reliability,
    ),
    section('Spikes', spikeText(spikes, when), spikes.reliability),
    section('Quiet windows', quietText(quietWindows)),
    section(
      'Trend',
      trend === undefined
        ? 'less than a week: cannot be told'
        : trend.isPresent
          ? `${signed(trend.ratioPerWeek)} a week (${figure(trend.perWeek)})`
          : 'none',
      trend?.reliability,
    ),
    section(
      'Lasting changes',
      regimeChanges.length === 0
        ? 'none'
        : regimeChanges
            .map((change) => {
              const { before, after, ratio, reliability } = change;
              return `${when(change.at).slice(0, 10)}: from ${figure(before)} to ${figure(after)} (× ${ratio.toFixed(2)}), reliability ${reliability.toFixed(2)}`;
            })
            .join('\n'),
    ),
  ];
  return paragraphs.join('\n\n');
}

function section(title: string, text: string, reliability?: number): string {
  const trust = reliability === undefined ? '' : ` (reliability ${reliability.toFixed(2)})`;
  return `${title}${trust}\n${text.replace(/^/gm, '  ')}`;
}

function dayText({ isPresent, hourlyAverages, peakHours, lowHours, strength }: DailyPattern): string {
  const bars = sparkline(hourlyAverages);
  if (!isPresent) return `no daily pattern\n${bars}  0 to 24 h`;
  return [
    `${bars}  0 to 24 h, strength ${strength.toFixed(2)}`,
    `high ${hourRanges(peakHours)}, up to ${figure(Math.max(...hourlyAverages))}`,
    `low ${hourRanges(lowHours)}, down to ${figure(Math.min(...hourlyAverages))}`,
  ].join('\n');
}

function weekText({
  isPresent,
  weekdayAverages,
  busiestDay,
  quietestDay,
  weekendRatio,
  strength,
}: WeeklyPattern): string {
  const bars = sparkline(weekdayAverages);
  if (!isPresent) return `no weekly pattern\n${bars}  Monday to Sunday`;
  return [
    `${bars}  Monday to Sunday, strength ${strength.toFixed(2)}`,
    `most on ${WEEKDAYS[busiestDay]}s (${figure(weekdayAverages[busiestDay] as number)}), least on ${WEEKDAYS[quietestDay]}s (${figure(weekdayAverages[quietestDay] as number)}); weekends ${percent(weekendRatio)} of weekdays`,
  ].join('\n');
}

function spikeText(pattern: SpikePattern, when: (at: number) => string): string {
  const { spikes, averageMagnitude, averageDurationMs, perWeek, commonTriggers } = pattern;
  if (spikes.length === 0) return 'none';
  const largest = [...spikes].sort((a, b) => b.magnitude - a.magnitude).slice(0, MOST_SPIKES);
  const shown = largest.length < spikes.length ? `, the largest ${largest.length}` : '';
  return [
    `${spikes.length} (${figure(perWeek)} a week), on average × ${averageMagnitude.toFixed(1)} for ${duration(averageDurationMs)}${shown}:`,
    ...largest.map((spike) => `${when(spike.at)}  ${spikeLine(spike)}`),
    ...(commonTriggers.length === 0
      ? []
      : [
          `in common: ${commonTriggers.map(({ trigger, ratio }) => `${trigger} (${percent(ratio)})`).join(', ')}`,
        ]),
  ].join('\n');
}

function spikeLine({ peak, expected, magnitude, durationMs, precededBy }: Spike): string {
  const { riseMs, loadRatio, event } = precededBy;
  const before =
    event !== undefined
      ? `, after ${event}`
      : loadRatio > 1.1
        ? `, load was ${percent(loadRatio)} of usual before`
        : '';
  return `${figure(peak)} instead of ${figure(expected)} (× ${magnitude.toFixed(1)}) for ${duration(durationMs)}, risen after ${duration(riseMs)}${before}`;
}

function quietText(windows: readonly QuietWindow[]): string {
  if (windows.length === 0) return 'none';
  return windows
    .map(
      ({ days, fromHour, toHour, loadRatio, highest, reliability }) =>
        `${days} ${two(fromHour)}:00 to ${two(toHour)}:00, ${percent(loadRatio)} of the mean, never above ${figure(highest)} (reliability ${reliability.toFixed(2)})`,
    )
    .join('\n');
}

/** [9, 10, 11, 20] → "9–12 h, 20–21 h". */
function hourRanges(hours: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const hour of hours) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === hour) last[1] = hour + 1;
    else runs.push([hour, hour + 1]);
  }
  return runs.map(([from, to]) => `${from}–${to} h`).join(', ');
}

function sparkline(values: readonly number[]): string {
  const most = Math.max(...values);
  return values
    .map((value) => (most > 0 ? BLOCKS[Math.min(7, Math.floor((value / most) * 8))] : BLOCKS[0]) ?? ' ')
    .join('');
}

function clockOf(timeZone: string): (at: number) => string {
  const wallAt = wallClock(timeZone);
  return (at) => new Date(wallAt(at)).toISOString().slice(0, 16).replace('T', ' ');
}

function signed(ratio: number): string {
  return `${ratio > 0 ? '+' : '-'}${percent(Math.abs(ratio))}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
