import type { ControllerOptions } from './options.ts';
import { resolveOptions } from './resolve-options.ts';

/**
 * Options of a controller, checked where they are written, with the types that an editor completes.
 *
 * ```ts
 * import { defineConfig, ScalingController } from 'flyball';
 *
 * const config = defineConfig({ pools: [], budget: { maxWorkers: 64 }, zone: 'Europe/Berlin' });
 * const controller = new ScalingController(config);
 * ```
 *
 * @throws InvalidOptionError naming the field, the rule and the value
 */
export function defineConfig(options: ControllerOptions): ControllerOptions {
  resolveOptions(options);
  return options;
}
