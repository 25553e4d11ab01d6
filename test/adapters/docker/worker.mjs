// A worker in a container: takes one job after the other from the host, and ends its job on SIGTERM.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { FAIL, START_MS, STUBBORN, JOBS, FLYBALL_WORKER_ID } = process.env;

let stopping = false;
let waiting;
process.on('SIGTERM', () => {
  console.log('asked to end');
  if (STUBBORN) return;
  stopping = true;
  waiting?.destroy();
  if (JOBS === undefined) process.exit(0);
});

console.log(`worker ${FLYBALL_WORKER_ID} begins`);
if (FAIL) {
  console.log(FAIL);
  process.exit(3);
}
await sleep(Number(START_MS ?? 0));
writeFileSync('/tmp/healthy', '');

/** The host's answer stays open while the job runs: the host sees at once when this process dies. */
const nextJob = () =>
  new Promise((resolve) => {
    waiting = request({ socketPath: JOBS, path: `/take/${FLYBALL_WORKER_ID}` }, (response) =>
      response.once('data', (job) => {
        waiting = undefined;
        resolve({ ...JSON.parse(job), released: once(response, 'data') });
      }),
    );
    waiting
      .on('error', () => {})
      .on('close', () => resolve(undefined))
      .end();
  });

const done = (id) =>
  new Promise((resolve) =>
    request({ socketPath: JOBS, path: `/done/${id}` }, (it) => it.resume().on('end', resolve)).end(),
  );

if (JOBS === undefined) setInterval(() => {}, 60_000);
else {
  while (!stopping) {
    const job = await nextJob();
    if (job === undefined) {
      if (!stopping) await sleep(20);
      continue;
    }
    await Promise.race([sleep(job.ms), job.released]);
    await done(job.id);
  }
  process.exit(0);
}
