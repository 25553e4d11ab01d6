// A worker of the demo: takes a second to load, then runs jobs that compute a little and wait for something else.
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { serve } from 'flyball/adapters/worker-threads';

// The chaos monkey pulls the plug of one worker: no goodbye, no clean-up.
const chaos = new BroadcastChannel('chaos');
chaos.onmessage = ({ data }) => {
  if (data === `${workerData.side}/${process.env.FLYBALL_WORKER_ID}`) process.exit(1);
};
chaos.unref();

await sleep(workerData.startupMs);

serve(async ({ computeMs, waitMs }) => {
  const startedAt = performance.timeOrigin + performance.now();
  const until = performance.now() + computeMs;
  let sum = 0;
  while (performance.now() < until) sum += Math.sqrt(sum + 1);
  await sleep(waitMs);
  return { startedAt };
});
