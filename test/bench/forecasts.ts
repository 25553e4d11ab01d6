/**
 * How good the forecasts are on recorded traffic: `npm run bench:forecasts [-- --trace crane]`.
 *
 * The predictor is fed what a controller would measure (a sample every 15 s, with the noise of counting 0.5 s jobs
 * that arrive as a Poisson process) and asked at every minute for the demand in one hour, in 15 and in 2 minutes.
 * MASE: mean absolute error over that of "as now" (Hyndman and Koehler 2006), below 1 is better; the outcome is the
 * trace's own value. Coverage: share of the outcomes, as measured, within the interval from the 5% to the 95% bound. A
 * forecast for the next minutes is about one tick; one for later is about a minute, as that is how history is kept. The
 * first day is left out; traces of less than a day are shown and not judged.
 *
 * Far ahead, asked every ten minutes, a forecast is held against the seasonal naive one: the trace's own value at the
 * same time on the last day that is over.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createPredictor } from '../../src/predictors/predictor.ts';
import { scaleToPeak } from '../../src/testing/combine-workloads.ts';
import { Random } from '../../src/testing/random.ts';
import { trace } from '../../src/testing/trace.ts';
import type { Workload } from '../../src/testing/workload.ts';

const { values: args } = parseArgs({
  options: {
    traces: { type: 'string', default: '../shared/traces' },
    trace: { type: 'string', default: '' },
  },
});

const TICK_MS = 15_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SERVICE_S = 0.5;
const HORIZONS_MS = [2 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS];
/** Up to here a forecast is about one tick, beyond about a minute. */
const FINE_MS = 5 * MINUTE_MS;
const FAR_HOURS = [6, 12, 24, 48] as const;
const FAR_EVERY_MS = 10 * MINUTE_MS;
const FAR_BAR_HOURS = 24;
const SEASONAL = ['crane_k8s_00', 'crane_k8s_09', 'crane_k8s_15'];

interface Score {
  forecasts: number;
  error: number;
  /** Of "as now"; far ahead, of "as on the last day". */
  naiveError: number;
  measured: number;
  within: number;
}

const noScore = (): Score => ({ forecasts: 0, error: 0, naiveError: 0, measured: 0, within: 0 });

function scoresOf(workload: Workload): { scores: Score[]; far: Score[]; micros: number } {
  const random = new Random(1);
  const predictor = createPredictor();
  const durationMs = workload.durationMs as number;
  const ticks = Math.floor(durationMs / TICK_MS);
  // What is counted in a tick, as load.
  const jobsPerErlang = TICK_MS / 1_000 / SERVICE_S;
  const measured = new Float64Array(ticks);
  for (let tick = 0; tick < ticks; tick++) {
    measured[tick] = random.poisson(workload.at(tick * TICK_MS) * jobsPerErlang) / jobsPerErlang;
  }
  const start = workload.startAt ?? Date.UTC(2026, 0, 5);
  const warmUpMs = Math.min(DAY_MS, durationMs / 4);
  const scores = HORIZONS_MS.map(noScore);
  const far = FAR_HOURS.map(noScore);
  let asked = 0;
  const began = process.cpuUsage();
  for (let tick = 0; tick < ticks; tick++) {
    const ms = tick * TICK_MS;
    const demand = measured[tick] as number;
    predictor.observe({ at: start + ms, demand, noise: Math.max(1 / jobsPerErlang, demand) / jobsPerErlang });
    if (ms % MINUTE_MS !== 0) continue;
    for (const [index, horizonMs] of HORIZONS_MS.entries()) {
      const forecast = predictor.forecast(start + ms, horizonMs);
      asked++;
      const then = tick + horizonMs / TICK_MS;
      if (forecast === undefined || ms < warmUpMs || then >= ticks) continue;
      const score = scores[index] as Score;
      const outcome = workload.at(ms + horizonMs);
      score.forecasts++;
      score.error += Math.abs(outcome - forecast.mean);
      score.naiveError += Math.abs(outcome - workload.at(ms));
      const seen = horizonMs <= FINE_MS ? (measured[then] as number) : minuteBefore(measured, then);
      score.measured++;
      if (seen >= forecast.low && seen <= forecast.high) score.within++;
    }
    if (ms % FAR_EVERY_MS !== 0) continue;
    for (const [index, hours] of FAR_HOURS.entries()) {
      const then = ms + 60 * hours * MINUTE_MS;
      const lastDay = then - DAY_MS * Math.ceil(hours / 24);
      if (ms < warmUpMs || lastDay < 0 || then >= durationMs - TICK_MS) continue;
      const forecast = predictor.forecast(start + ms, then - ms);
      asked++;
      if (forecast === undefined) continue;
      const score = far[index] as Score;
      const outcome = workload.at(then);
      score.forecasts++;
      score.error += Math.abs(outcome - forecast.mean);
      score.naiveError += Math.abs(outcome - workload.at(lastDay));
      const seen = minuteBefore(measured, then / TICK_MS);
      score.measured++;
      if (seen >= forecast.low && seen <= forecast.high) score.within++;
    }
  }
  const { user, system } = process.cpuUsage(began);
  return { scores, far, micros: (user + system) / (ticks + asked) };
}

function minuteBefore(measured: Float64Array, tick: number): number {
  let sum = 0;
  const ticks = MINUTE_MS / TICK_MS;
  for (let back = 0; back < ticks; back++) sum += measured[Math.max(0, tick - back)] as number;
  return sum / ticks;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

const ratioOf = ({ error, naiveError }: Score): number => error / naiveError;
const coverageOf = ({ within, measured }: Score): number => within / measured;

interface Row {
  readonly name: string;
  readonly mase: readonly number[];
  readonly coverage: readonly number[];
  readonly far: readonly Score[];
}

const cell = (ratio: number, coverage: number): string =>
  `${ratio.toFixed(3)} / ${(100 * coverage).toFixed(1)}%`.padStart(22);

const rows: Row[] = [];
let slowest = 0;
console.log(
  `${''.padEnd(28)}${['2 min', '15 min', '60 min'].map((h) => `MASE / cover ${h}`.padStart(22)).join('')}`,
);
for (const file of readdirSync(args.traces).filter(
  (name) => name.endsWith('.csv') && name.includes(args.trace),
)) {
  const name = basename(file, '.csv');
  const recorded = trace(readFileSync(join(args.traces, file), 'utf8'), { name });
  const { scores, far, micros } = scoresOf(scaleToPeak(recorded, 40, { percentile: 0.999 }));
  const isJudged = (recorded.durationMs ?? 0) >= DAY_MS;
  if (isJudged) slowest = Math.max(slowest, micros);
  const mase = scores.map(ratioOf);
  const coverage = scores.map(coverageOf);
  if (isJudged) rows.push({ name, mase, coverage, far });
  console.log(`${name.padEnd(28)}${mase.map((one, i) => cell(one, coverage[i] as number)).join('')}`);
}

const farRows = rows.filter(({ far }) => far.every(({ forecasts }) => forecasts > 0));
if (farRows.length > 0) {
  const heads = FAR_HOURS.map((hours) => `/ last day, cover ${hours} h`.padStart(24));
  console.log(`\n${''.padEnd(28)}${heads.join('')}`);
  for (const { name, far } of farRows) {
    const cells = far.map((score) => cell(ratioOf(score), coverageOf(score)).padStart(24));
    console.log(`${name.padEnd(28)}${cells.join('')}`);
  }
}

const seasonal = rows.filter(({ name }) => SEASONAL.some((one) => name.startsWith(one)));
const verdict = (holds: boolean): string => (holds ? 'holds' : 'FAILS');
if (seasonal.length > 0) {
  const middle = median(seasonal.map(({ mase }) => mase[2] as number));
  console.log(
    `\n${verdict(middle <= 0.85)}: median MASE at 60 min on seasonal traces at most 0.85 (${middle.toFixed(3)})`,
  );
}
const worst = Math.max(...rows.map(({ mase }) => mase[2] as number));
console.log(`${verdict(worst <= 1.02)}: MASE at 60 min never above 1.02 (${worst.toFixed(3)})`);
const day = FAR_HOURS.indexOf(FAR_BAR_HOURS);
const worstFar = Math.max(...farRows.map(({ far }) => ratioOf(far[day] as Score)));
console.log(
  `${verdict(worstFar <= 1.02)}: error 24 h ahead at most 1.02 of "as on the last day" (${worstFar.toFixed(3)})`,
);
const covers = rows.flatMap(({ coverage }) => coverage);
const [least, most] = [Math.min(...covers), Math.max(...covers)];
console.log(
  `${verdict(least >= 0.87 && most <= 0.93)}: 90% intervals cover 87% to 93% (${(100 * least).toFixed(1)}% to ${(100 * most).toFixed(1)}%)`,
);
console.log(
  `${verdict(slowest <= 50)}: a sample or a forecast costs at most 50 µs (${slowest.toFixed(1)} µs of CPU)`,
);
