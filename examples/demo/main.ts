/**
 * The main job: a real pool of worker threads under a load that rises, spikes and falls, kept at the right size, and
 * the very same jobs on two static pools beside it.
 *
 *   npm run demo -- [--seconds N] [--policy NAME] [--chaos] [--json]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { demoLoad } from './load.ts';
import { Screen, summaryTable } from './screen.ts';
import { Side, type SideOptions, staticSize } from './side.ts';

const CHAOS_EVERY_MS = 5_000;

const { values: args } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    policy: { type: 'string', default: 'adaptive' },
    chaos: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(args.seconds);
if (!(seconds >= 5)) throw new RangeError(`--seconds must be a number of at least 5, got ${args.seconds}`);

const load = demoLoad(seconds);
const peakSize = staticSize(load.peak);
const meanSize = Math.ceil(load.mean);
const flyball = new Side({
  name: 'flyball',
  minWorkers: 1,
  maxWorkers: peakSize,
  policy: args.policy as NonNullable<SideOptions['policy']>,
});
const staticPeak = new Side({ name: 'static peak', minWorkers: peakSize, maxWorkers: peakSize });
const staticMean = new Side({ name: 'static mean', minWorkers: meanSize, maxWorkers: meanSize });
const sides = [flyball, staticPeak, staticMean];

const live = process.stdout.isTTY && !args.json;
if (live) process.stdout.write('\x1b[2J');
console.log(`starting the static pools of ${peakSize} and ${meanSize} workers, and flyball's of 1 …`);
await Promise.all(sides.map((side) => side.open()));

const screen = new Screen(live, seconds, load);
const began = performance.now();
let next = 0;
let chaosDue = CHAOS_EVERY_MS;
let drawDue = 0;
for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - began) {
  for (let job = load.jobs[next]; job !== undefined && job.at <= elapsed; job = load.jobs[++next]) {
    for (const side of sides) side.submit(job);
  }
  if (args.chaos && elapsed >= chaosDue) {
    chaosDue += CHAOS_EVERY_MS;
    for (const side of sides) side.killOne();
  }
  if (elapsed >= drawDue) {
    drawDue = elapsed + 250;
    screen.draw(elapsed, flyball, [staticPeak, staticMean]);
  }
  await sleep(5);
}
await Promise.all(sides.map((side) => side.close()));

const [summary, peak, mean] = sides.map((side) => side.summary());
const percent = (part: number, whole: number): string => `${Math.round(100 * (1 - part / whole))}%`;
if (summary !== undefined && peak !== undefined && mean !== undefined) {
  console.log(`\nThe same ${summary.jobs.submitted} jobs on three pools:\n`);
  console.log(
    summaryTable([
      ['flyball', summary],
      [`static, ${peakSize} workers (peak)`, peak],
      [`static, ${meanSize} workers (mean)`, mean],
    ]),
  );
  console.log(
    `\nflyball used ${percent(summary.workerSeconds, peak.workerSeconds)} fewer worker-seconds than the pool sized for the peak.`,
  );
  if (args.json) console.log(JSON.stringify({ ...summary, compare: { staticPeak: peak, staticMean: mean } }));
  if (summary.jobs.lost > 0) process.exitCode = 1;
}
