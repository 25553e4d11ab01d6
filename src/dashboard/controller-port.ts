import type { Signal } from '../core/signal.ts';
import type { DashboardData, DashboardQuery } from '../telemetry/dashboard-data.ts';

/** After these there is something new to show. */
export type DashboardEventName = 'tick' | 'scaled' | 'fault' | 'trial';

/** What the dashboard needs of a controller; every `ScalingController` has it. */
export interface DashboardController {
  dashboard(query?: DashboardQuery): DashboardData;
  on(event: DashboardEventName, listener: () => void): unknown;
  off(event: DashboardEventName, listener: () => void): unknown;
  pause(id: string): void;
  resume(id: string): void;
  apply(
    id: string,
    decision: { readonly to: number; readonly reason?: string; readonly emergency?: boolean },
  ): Promise<unknown>;
  /** Absent: signals cannot be raised from the page. */
  signal?(signal: Signal): unknown;
}
