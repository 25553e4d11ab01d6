/** flyball as the examples import it, but what they leave running is remembered, to be stopped after them. */

import {
  type ChildProcessPoolOptions,
  ChildProcessPool as ProcessPool,
} from '../../src/adapters/child-process.ts';
import {
  WorkerThreadsPool as ThreadsPool,
  type WorkerThreadsPoolOptions,
} from '../../src/adapters/worker-threads.ts';
import { ScalingController as Controller, type ControllerOptions } from '../../src/index.ts';

export * from '../../src/adapters/child-process.ts';
export * from '../../src/adapters/worker-threads.ts';
export * from '../../src/index.ts';
export * from '../../src/testing/index.ts';

const running: (() => Promise<void>)[] = [];

export class ScalingController extends Controller {
  constructor(options: ControllerOptions) {
    super(options);
    running.push(() => this.stop());
  }
}

export class WorkerThreadsPool<Job, Result> extends ThreadsPool<Job, Result> {
  constructor(options: WorkerThreadsPoolOptions) {
    super(options);
    running.push(() => this.close({ timeoutMs: 0 }));
  }
}

export class ChildProcessPool<Job, Result> extends ProcessPool<Job, Result> {
  constructor(options: ChildProcessPoolOptions) {
    super(options);
    running.push(() => this.close({ timeoutMs: 0 }));
  }
}

export async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((stop) => stop()));
}
