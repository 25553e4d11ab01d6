import type { ReplicaPoolAdapter } from '../../core/adapter.ts';
import type { PoolObservation } from '../../core/observation.ts';
import { follow, type Probe } from './probe.ts';

type Check = (probe: Probe<ReplicaPoolAdapter>) => Promise<void>;

const size = ({ ready, starting = 0 }: PoolObservation): number => ready + starting;

async function scaleTo(probe: Probe<ReplicaPoolAdapter>, target: number): Promise<void> {
  await probe.settled(`scaleTo(${target})`, probe.adapter.scaleTo(target, probe.signal));
}

const reached = (probe: Probe<ReplicaPoolAdapter>, target: number): Promise<void> =>
  probe.untilObserved(
    `the pool has ${target} ready workers after scaleTo(${target})`,
    ({ ready }) => ready === target,
  );

/** What every adapter that is asked for a size must do. */
export const REPLICA_CHECKS: Readonly<Record<string, Check>> = {
  'observe gives valid numbers': async (probe) => {
    await probe.examine();
    await scaleTo(probe, size(await probe.observe()) + 1);
    await probe.examine();
  },

  'scaleTo a larger size is accepted, and reached': async (probe) => {
    const target = size(await probe.observe()) + 2;
    await scaleTo(probe, target);
    await reached(probe, target);
  },

  'scaleTo a smaller size is accepted, and reached': async (probe) => {
    const before = size(await probe.observe());
    await scaleTo(probe, before + 2);
    await reached(probe, before + 2);
    await scaleTo(probe, before + 1);
    await reached(probe, before + 1);
  },

  'scaleTo the size that it has changes nothing': async (probe) => {
    const target = size(await probe.observe()) + 1;
    await scaleTo(probe, target);
    await reached(probe, target);
    await scaleTo(probe, target);
    await reached(probe, target);
  },

  'the later of two sizes wins': async (probe) => {
    const before = size(await probe.observe());
    const first = probe.adapter.scaleTo(before + 3, probe.signal);
    const second = probe.adapter.scaleTo(before + 1, probe.signal);
    await probe.settled('the first of two calls of scaleTo', first);
    await probe.settled('the second of two calls of scaleTo', second);
    await reached(probe, before + 1);
  },

  'an aborted scaleTo settles, and the next one works': async (probe) => {
    const target = size(await probe.observe()) + 1;
    const call = follow(probe.adapter.scaleTo(target, AbortSignal.abort(new Error('aborted by the check'))));
    await probe.until('scaleTo settles when it is aborted', () => call.status !== 'pending');
    await scaleTo(probe, target);
    await reached(probe, target);
  },
};
