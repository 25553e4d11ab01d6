import { milliseconds } from '../../demo/style.ts';
import { SLOTS_PER_WORKER } from '../limits.ts';
import type { Takeover } from './controllers.ts';
import { PEAK } from './day.ts';
import { type Audit, quantile } from './traffic.ts';

export interface Result {
  readonly audit: Audit;
  readonly takeover: Takeover | undefined;
  /** The leader was to be killed. */
  readonly kill: boolean;
  readonly seconds: number;
  /** The most containers at a time, and what they sum up to over the day. */
  readonly peak: number;
  readonly workerMs: number;
}

/** Workers of a pool that stands ready for the peak all day: its square-root staffing, ⌈L + √L⌉ slots. */
const STATIC_WORKERS = Math.ceil((PEAK + Math.sqrt(PEAK)) / SLOTS_PER_WORKER);

/** What there is to say in the end. */
export function summary({ audit, takeover, kill, seconds, peak, workerMs }: Result): string {
  const { sent, done, lost, runTwice, workers, responseMs } = audit;
  const minutes = workerMs / 60_000;
  const staticMinutes = (STATIC_WORKERS * seconds) / 60;
  const saved = Math.round(100 * (1 - minutes / staticMinutes));
  const rows = [
    ['jobs', `${sent} sent, ${done} done, ${lost} lost, ${runTwice} run twice`],
    [
      'response time',
      `median ${milliseconds(quantile(responseMs, 0.5))}, p95 ${milliseconds(quantile(responseMs, 0.95))}; of this the job itself has 250 to 550 ms`,
    ],
    ['workers', `${peak} at a time at most; ${workers} containers have done the jobs`],
    [
      'worker-minutes',
      `${minutes.toFixed(1)}; a pool of ${STATIC_WORKERS}, for the peak, all day: ${staticMinutes.toFixed(1)} (${saved}% saved)`,
    ],
    ['takeover', describe(takeover, kill)],
  ];
  return `${rows.map(([name = '', text]) => `${name.padEnd(16)}${text}`).join('\n')}

The code to copy:
  examples/queue-cluster/controller.ts  an instance of the service: the queue, the containers, the lease, the state
  examples/queue-cluster/worker.ts      what runs in the containers, and ends its jobs when it is told to stop
  docs/high-availability.md             what happens when a leader dies, freezes, or loses Redis`;
}

function describe(takeover: Takeover | undefined, kill: boolean): string {
  if (!kill) return 'none: nobody was killed';
  if (takeover === undefined) return 'none: nobody took over';
  const { killed, successor, term, tookMs } = takeover;
  return `controller ${killed} was killed; ${(tookMs / 1_000).toFixed(1)} s later ${successor} led, in term ${term} (a lease lasts 3 s)`;
}
