import type { ScalingController } from 'flyball';

/** What an instance tells the show, as a message between processes. */
export type Told =
  | { readonly kind: 'leadership'; readonly leader: boolean; readonly term?: number }
  | { readonly kind: 'scaled'; readonly from: number; readonly to: number; readonly reason: string }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'tick'; readonly ready: number; readonly starting: number; readonly draining: number };

/** Tells the process that has started this one, if it wants to hear it; and does not outlive it. */
export function tellTheShow(controller: ScalingController): void {
  if (process.send === undefined) return;
  const tell = (told: Told): void => void process.send?.(told, undefined, undefined, () => {});
  controller.on('leadership', ({ leader, fencingToken }) =>
    tell({ kind: 'leadership', leader, ...(fencingToken !== undefined && { term: fencingToken }) }),
  );
  controller.on('scaled', ({ from, to, decision }) =>
    tell({ kind: 'scaled', from, to, reason: decision.reason }),
  );
  controller.on('fault', ({ message }) => tell({ kind: 'fault', message }));
  controller.on('tick', ({ pools: [pool] }) => {
    if (pool === undefined) return;
    const { ready, starting, draining } = pool.view;
    tell({ kind: 'tick', ready, starting, draining });
  });
  process.once('disconnect', () => process.exit());
  process.channel?.unref();
}
