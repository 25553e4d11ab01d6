import { type Fence, isReplicaAdapter, type PoolAdapter } from '../core/adapter.ts';

/**
 * Lets actions through only while this instance leads, asked at the moment of each, and gives each the term's token.
 *
 * @param authorize gives the token; throws where this instance does not lead
 */
export function fencedAdapter(adapter: PoolAdapter, authorize: () => number | undefined): PoolAdapter {
  const fence = (): Partial<Fence> => {
    const fencingToken = authorize();
    return fencingToken === undefined ? {} : { fencingToken };
  };
  const shared = {
    observe: adapter.observe.bind(adapter),
    ...(adapter.optimizeWorkers && {
      optimizeWorkers: async (...[request, signal]: Parameters<typeof adapter.optimizeWorkers>) => {
        authorize();
        return adapter.optimizeWorkers?.(request, signal) ?? { optimized: 0 };
      },
    }),
  };
  if (isReplicaAdapter(adapter)) {
    return { ...shared, scaleTo: async (size, signal) => adapter.scaleTo(size, signal, fence()) };
  }
  return {
    ...shared,
    startWorker: async (request, signal) => adapter.startWorker({ ...request, ...fence() }, signal),
    stopWorker: async (id, request, signal) => adapter.stopWorker(id, { ...request, ...fence() }, signal),
    ...(adapter.drainWorker && {
      drainWorker: async (id, signal) => adapter.drainWorker?.(id, signal, fence()),
    }),
  };
}
