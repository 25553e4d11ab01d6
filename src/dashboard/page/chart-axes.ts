import uPlot from 'uplot';
import { duration } from '../../core/format.ts';
import { resolve } from './chart-colors.ts';
import type { Chart } from './chart-model.ts';

const NARROW = 640;
/** Pixels; less where there is little room. */
const AXIS_WIDTH = innerWidth < NARROW ? 34 : 46;
export const RIGHT_AXIS_WIDTH: number = innerWidth < NARROW ? 48 : 56;
const FONT = '12px Inter, system-ui, sans-serif';

/** @param hasRight some line has the right axis */
export function axesOf(chart: Chart, hasRight: boolean): uPlot.Axis[] {
  const axis: uPlot.Axis = {
    stroke: () => resolve('--muted'),
    grid: { stroke: () => resolve('--line'), width: 1 },
    ticks: { show: false },
    font: FONT,
    gap: 6,
  };
  const values = (scale: string): Partial<uPlot.Axis> => {
    const isDuration = chart.lines.some(
      (line) => (line.axis ?? 'left') === scale && line.format === 'duration',
    );
    return isDuration ? { values: (_, ticks) => ticks.map((tick) => duration(tick)) } : {};
  };
  const x: uPlot.Axis = {
    ...axis,
    grid: { show: false },
    size: 30,
    ...(chart.dated === false
      ? { values: (_, ticks) => ticks.map(sinceBegin), space: 90 }
      : { values: (_, ticks, __, ___, step) => dateTicks(chart, ticks, step), space: 70 }),
  };
  const left: uPlot.Axis = { ...axis, scale: 'left', size: AXIS_WIDTH, space: 36, ...values('left') };
  if (!hasRight) return [x, left];
  const right: uPlot.Axis = {
    ...axis,
    scale: 'right',
    side: 1,
    size: RIGHT_AXIS_WIDTH,
    space: 36,
    grid: { show: false },
    ...values('right'),
  };
  return [x, left, right];
}

/** A moment as its zone's wall clock shows it. */
export function dateOf({ zone }: Chart, seconds: number): Date {
  const date = new Date(seconds * 1000);
  return zone === 'local' ? date : uPlot.tzDate(date, 'UTC');
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Seconds are told only where ticks are closer than a minute, the date where it changes. */
function dateTicks(chart: Chart, ticks: readonly number[], step: number): string[] {
  let last: number | undefined;
  return ticks.map((tick) => {
    const date = dateOf(chart, tick);
    const seconds = step < 60 ? `:${two(date.getSeconds())}` : '';
    const isNewDay = last !== undefined && date.getDate() !== last;
    last = date.getDate();
    return isNewDay
      ? `${date.getDate()}.${date.getMonth() + 1}.`
      : `${two(date.getHours())}:${two(date.getMinutes())}${seconds}`;
  });
}

/** Seconds since the beginning, as day and time. */
function sinceBegin(seconds: number): string {
  const day = Math.floor(seconds / 86_400) + 1;
  return `day ${day}, ${two(Math.floor(seconds / 3_600) % 24)}:${two(Math.floor(seconds / 60) % 60)}`;
}
