import type { PoolId } from '../core/observation.ts';
import type { ControllerEvents } from '../events.ts';

/** What exporters need of a controller; a `ScalingController` is one. */
export interface TelemetrySource {
  on<T extends keyof ControllerEvents>(
    event: T,
    listener: (...payload: ControllerEvents[T]) => void,
  ): unknown;
  off<T extends keyof ControllerEvents>(
    event: T,
    listener: (...payload: ControllerEvents[T]) => void,
  ): unknown;
  status(): {
    readonly pools: readonly {
      readonly id: PoolId;
      readonly operations: number;
      readonly breaker: 'closed' | 'open' | 'half-open';
    }[];
  };
}

/** An exporter that is attached. */
export interface TelemetryExport {
  /** Takes it off the controller. What was exported stays. */
  stop(): void;
}
