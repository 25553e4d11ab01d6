/**
 * A day of traffic in two minutes: two controllers, Redis with BullMQ, containers as workers. In the middle the leader is
 * killed. This file brings all of it up and takes it down; what is to be copied are controller.ts and worker.ts.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { findDocker } from './servers/find-docker.ts';
import { findRedis } from './servers/find-redis.ts';
import { MissingError } from './servers/missing.ts';
import { workerImage } from './servers/worker-image.ts';
import { Containers } from './show/containers.ts';
import { Controllers } from './show/controllers.ts';
import { type DayJob, day, KILL_HOUR } from './show/day.ts';
import { readOptions, type ShowOptions } from './show/options.ts';
import { liveScreen, plainScreen } from './show/screen.ts';
import { Story } from './show/story.ts';
import { summary } from './show/summary.ts';
import { Traffic } from './show/traffic.ts';

/** How long the first worker may take, and the last jobs: one whose worker has died is given to another after 60 s, ms. */
const FIRST_WORKER_MS = 45_000;
const LAST_JOBS_MS = 90_000;
const SEND_EVERY_MS = 25;
const LOOK_EVERY_MS = 250;

/** What is to be undone in the end, the last first. */
const undo: (() => unknown)[] = [];
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // One Ctrl-C may come twice: from the terminal, and handed on by npm.
  process.on(signal, () => interrupt.abort(new Error(`${signal}: the day ends here`)));
}

// Whoever looked may have gone, with the terminal or the pipe.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

try {
  await run(readOptions(), interrupt.signal);
} catch (error) {
  const { aborted, reason } = interrupt.signal;
  if (aborted) console.error(`\n${reason.message}`);
  else console.error(error instanceof MissingError ? error.message : error);
  process.exitCode = aborted ? 130 : 1;
}
for (const step of undo.reverse()) {
  try {
    await Promise.race([step(), tooLong()]);
  } catch (error) {
    console.error('Something could not be cleaned up:', error);
    process.exitCode ||= 1;
  }
}
process.exit(); // clients that wait for a Redis that is gone do not hold it up

async function run({ seconds, kill, image }: ShowOptions, signal: AbortSignal): Promise<void> {
  const name = `flyball-demo-${randomBytes(3).toString('hex')}`;
  const redis = await findRedis();
  undo.push(() => redis.stop());
  const docker = await findDocker();
  undo.push(() => docker.stop());
  signal.throwIfAborted();
  console.log(`${docker.what}; ${redis.what}\nthe image ${name} is made …`);
  undo.push(() =>
    docker.client
      .getImage(name)
      .remove({ force: true })
      .catch(() => {}),
  );
  await workerImage(docker, name, image);
  signal.throwIfAborted();

  const story = new Story();
  const traffic = new Traffic(name, redis.url, signal);
  undo.push(() => traffic.close());
  if (!redis.isOwn) undo.push(() => traffic.forget());
  const containers = new Containers(docker.client, name);
  undo.push(() => containers.remove());
  const workerRedisUrl = docker.sharesNetwork ? redis.url : fromVirtualMachine(redis.url);
  const controllers = new Controllers(
    {
      ...docker.env,
      REDIS_URL: redis.url,
      QUEUE: name,
      WORKER_IMAGE: name,
      WORKER_REDIS_URL: workerRedisUrl,
      WORKER_NETWORK: docker.sharesNetwork ? 'host' : '',
    },
    story,
  );
  undo.push(() => controllers.kill());
  await traffic.open();
  console.log('two controllers and the first worker are started …\n');
  controllers.start();
  controllers.start();
  const isUp = async (): Promise<boolean> =>
    controllers.leader() !== undefined && (await traffic.hasWorker());
  await until(async () => controllers.areGone() || (await isUp()), FIRST_WORKER_MS, signal);
  if (!(await isUp())) {
    const told = story.happenings.map(({ who, text }) => `\n  ${who}: ${text}`).join('');
    throw new MissingError(
      `The cluster does not come up: nobody leads, or no container has reached Redis at ${workerRedisUrl}.${told}`,
    );
  }

  const { jobs, at } = day(seconds);
  const screen = (process.stdout.isTTY ? liveScreen : plainScreen)({
    seconds,
    day: { jobs, at },
    story,
    controllers,
    containers,
    traffic,
  });
  undo.push(() => screen.close());
  const over = new AbortController();
  const counting = containers.count(AbortSignal.any([over.signal, signal]));
  story.begin();
  const draw = async (): Promise<void> => screen.draw(await traffic.look());
  let isKilled = !kill;
  await send(jobs, { seconds, story, traffic, signal }, async (now) => {
    // In a moment without a leader the kill waits for the next one.
    if (!isKilled && now >= (KILL_HOUR / 24) * seconds * 1_000) isKilled = controllers.killLeader();
    await draw();
  });
  over.abort();
  await counting;
  const { peak, workerMs } = containers;
  const isSettled = (): boolean => traffic.done >= traffic.sent && (!kill || controllers.isWhole());
  await until(isSettled, LAST_JOBS_MS, signal, draw); // and where it does not settle, the summary tells what is missing
  const audit = await traffic.audit();
  await draw();
  screen.close();
  await controllers.stop();

  console.log(`\n${summary({ audit, takeover: controllers.takeover, kill, seconds, peak, workerMs })}`);
  if (audit.lost > 0 || (kill && controllers.takeover === undefined)) process.exitCode = 1;
}

interface Sending {
  readonly seconds: number;
  readonly story: Story;
  readonly traffic: Traffic;
  readonly signal: AbortSignal;
}

/** Sends each job at its time, until the day is over; four times a second there is something else to do. */
async function send(
  jobs: readonly DayJob[],
  { seconds, story, traffic, signal }: Sending,
  meanwhile: (now: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let due = 0;
  for (let now = 0; now < seconds * 1_000; now = story.now()) {
    const first = next;
    while ((jobs[next]?.at ?? Infinity) <= now) next += 1;
    if (next > first) await traffic.send(jobs.slice(first, next));
    if (now >= due) {
      due = now + LOOK_EVERY_MS;
      await meanwhile(now);
    }
    await sleep(SEND_EVERY_MS, undefined, { signal });
  }
}

/** Looks four times a second, until it is so or has taken too long. */
async function until(
  isSo: () => boolean | Promise<boolean>,
  longestMs: number,
  signal: AbortSignal,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  for (const deadline = performance.now() + longestMs; !(await isSo()) && performance.now() < deadline; ) {
    await meanwhile();
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** So that nothing that gives no answer holds up the rest of the cleaning. */
async function tooLong(): Promise<never> {
  await sleep(30_000, undefined, { ref: false });
  throw new Error('it has taken more than 30 s');
}

/** This machine's address for a container of Docker Desktop. */
function fromVirtualMachine(url: string): string {
  const address = new URL(url);
  if (['127.0.0.1', 'localhost', '[::1]'].includes(address.hostname))
    address.hostname = 'host.docker.internal';
  return address.href;
}
