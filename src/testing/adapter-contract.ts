import { systemClock } from '../clock.ts';
import type { PoolAdapter, WorkerPoolAdapter } from '../core/adapter.ts';
import { Probe } from './adapter-contract/probe.ts';
import { REPLICA_CHECKS } from './adapter-contract/replica-checks.ts';
import { JOB_CHECKS, WORKER_CHECKS } from './adapter-contract/worker-checks.ts';

export { AdapterContractError } from './adapter-contract/probe.ts';

export interface AdapterContractOptions<Adapter extends PoolAdapter> {
  /** `replicas` for an adapter with `scaleTo`. Default `workers`. */
  readonly kind?: Adapter extends WorkerPoolAdapter ? 'workers' : 'replicas';
  /** Makes a fresh pool; best without workers, since some checks look at one worker alone. Called once a check. */
  readonly create: () => Adapter | Promise<Adapter>;
  /** Ends a pool and all its workers. */
  readonly dispose?: (adapter: Adapter) => void | Promise<void>;
  /**
   * Submits one job that keeps a worker busy for about `durationMs`, and settles when the job has ended. Without it
   * the checks that need jobs are left out; they are the ones about drains, and the better half.
   */
  readonly submit?: (adapter: Adapter, durationMs: number) => Promise<unknown>;
  /** How long any single step may take, ms. Set it well above the time that a start takes. Default 5,000. */
  readonly timeoutMs?: number;
  /** Lets time pass; for pools that live on a virtual clock. Default: real time. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** One rule of the contract. */
export interface ContractCheck {
  /** A sentence: what must be so. */
  readonly name: string;
  /** Rejects with an `AdapterContractError` that says what is not so. */
  readonly run: () => Promise<void>;
}

/**
 * The rules that an adapter must keep, as checks for whatever test runner is there:
 * `for (const check of adapterContract({ create })) test(check.name, check.run)`. The guide "Writing an adapter" shows
 * a whole test file.
 *
 * Optional methods that the adapter does not have (`drainWorker`, `subscribe`) are not asked for.
 */
export function adapterContract<Adapter extends PoolAdapter>(
  options: AdapterContractOptions<Adapter>,
): ContractCheck[] {
  const { create, dispose, submit, timeoutMs = 5_000, wait = (ms) => systemClock.sleep(ms) } = options;
  const kind: 'workers' | 'replicas' = options.kind ?? 'workers';
  const rules = kind === 'replicas' ? REPLICA_CHECKS : { ...WORKER_CHECKS, ...(submit ? JOB_CHECKS : {}) };
  return Object.entries(rules).map(([name, check]) => ({
    name,
    run: async () => {
      const adapter = await create();
      try {
        const probe = new Probe(adapter, { submit, timeoutMs, wait });
        await (check as (probe: Probe<Adapter>) => Promise<void>)(probe);
      } finally {
        await dispose?.(adapter);
      }
    },
  }));
}
