/**
 * The main job: a real pool of worker threads under a load that rises, spikes and falls, kept at the right size, and
 * the very same jobs on two static pools beside it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createPolicy, type PolicyName } from 'flyball';
import { serveDashboard } from './dashboard.ts';
import { demoLoad } from './load.ts';
import { liveScreen, plainScreen, summaryTable } from './screen.ts';
import { Side, staticSize } from './side.ts';
import { milliseconds } from './style.ts';

const USAGE = `npm run demo -- [options]

A pool of worker threads under a load that rises, spikes and falls, kept at the right size by
flyball; and the same jobs on a pool that is sized for the peak, and on one sized for the mean.

  --seconds N      length of the run, at least 5 (default 60)
  --policy NAME    adaptive (the default), conservative, aggressive, cost-optimized or
                   high-performance
  --chaos          kills a busy worker of each pool every 5 s
  --dashboard      serves the live page while the run lasts, and prints its address
  --json           ends with one line of JSON
  --help           this text

A terminal shows the run live; elsewhere there are plain lines. NO_COLOR turns colours off.`;

const CHAOS_EVERY_MS = 5_000;
const DRAW_EVERY_MS = 200;
/** People wait for these jobs: what waits longer than this counts as late. */
const WAIT_MS = 500;

const args = readArgs();
const load = demoLoad(args.seconds);
const peakSize = staticSize(load.peak);
const meanSize = Math.ceil(load.mean);
const flyball = new Side({ name: 'flyball', minWorkers: 1, maxWorkers: peakSize, policy: args.policy });
const staticPeak = new Side({ name: 'static, peak', minWorkers: peakSize, maxWorkers: peakSize });
const staticMean = new Side({ name: 'static, mean', minWorkers: meanSize, maxWorkers: meanSize });
const sides = [flyball, staticPeak, staticMean];

console.log(`starting ${peakSize} and ${meanSize} workers for the static pools, and 1 for flyball's …\n`);
await Promise.all(sides.map((side) => side.open()));
const page = args.dashboard ? await serveDashboard(flyball.controller) : undefined;
if (page !== undefined) console.log(`live page: ${page.url}\n`);

const live = process.stdout.isTTY && !args.json;
const screen = (live ? liveScreen : plainScreen)({
  seconds: args.seconds,
  load,
  side: flyball,
  others: [staticPeak, staticMean],
});
const endMs = args.seconds * 1_000;
const began = performance.now();
let next = 0;
let chaosDue = CHAOS_EVERY_MS;
let drawDue = 0;
for (let elapsed = 0; elapsed < endMs; elapsed = performance.now() - began) {
  for (let job = load.jobs[next]; job !== undefined && job.at <= elapsed; job = load.jobs[++next]) {
    for (const side of sides) side.submit(job);
  }
  if (args.chaos && elapsed >= chaosDue) {
    chaosDue += CHAOS_EVERY_MS;
    for (const side of sides) side.killOne();
  }
  if (elapsed >= drawDue) {
    drawDue = elapsed + DRAW_EVERY_MS;
    screen.draw(elapsed);
  }
  await sleep(5);
}
screen.draw(endMs);
screen.close();
await Promise.all(sides.map((side) => side.close()));
page?.close();

const summary = flyball.summary();
const compare = { staticPeak: staticPeak.summary(), staticMean: staticMean.summary() };
const saved = Math.round(100 * (1 - summary.workerSeconds / compare.staticPeak.workerSeconds));
console.log(`\nThe same ${summary.jobs.submitted} jobs on three pools:\n`);
console.log(
  summaryTable([
    ['flyball', summary],
    [`static, ${peakSize} (peak)`, compare.staticPeak],
    [`static, ${meanSize} (mean)`, compare.staticMean],
  ]),
);
console.log(`
flyball used ${saved}% fewer worker-seconds than the pool that is sized for the peak; 95% of its jobs
waited at most ${milliseconds(summary.waitMs.p95)}, of those in the pool that is sized for the mean ${milliseconds(compare.staticMean.waitMs.p95)}.
The static pools were told the load beforehand and stood ready; flyball began with one worker.`);
if (args.json) console.log(JSON.stringify({ ...summary, compare }));
if (summary.jobs.lost > 0) process.exitCode = 1;

function readArgs() {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: 'string', default: '60' },
        policy: { type: 'string', default: 'adaptive' },
        chaos: { type: 'boolean', default: false },
        dashboard: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const seconds = Number(values.seconds);
    if (!(seconds >= 5))
      throw new RangeError(`--seconds must be a number of at least 5, got ${values.seconds}`);
    const name = values.policy as PolicyName;
    const policy = createPolicy(name, name === 'adaptive' ? { adaptive: { waitMs: WAIT_MS } } : {});
    return { ...values, seconds, policy };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
