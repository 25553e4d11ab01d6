import { workers } from '../core/format.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkKnown, checkNumber } from './check-options.ts';
import type { Policy } from './policy.ts';

/** Options of `cost`. Money is in any one currency. */
export interface CostOptions {
  /** Most that the pool may cost in an hour. Above 0. */
  readonly maxCostPerHour: number;
  /** What one worker costs in an hour. Above 0. */
  readonly workerCostPerHour: number;
}

/**
 * A ceiling from a budget: 2.50 an hour at 0.12 a worker-hour pays for 20 workers. It beats floors, an emergency's
 * too: money that is not there cannot be spent. Workers that drain are paid for as well, but are not counted: a
 * ceiling that fell with each worker that leaves would chase the pool down.
 */
export function cost(options: CostOptions): Policy {
  const { maxCostPerHour, workerCostPerHour } = options;
  checkKnown(options, ['maxCostPerHour', 'workerCostPerHour']);
  checkMoney('maxCostPerHour', maxCostPerHour);
  checkMoney('workerCostPerHour', workerCostPerHour);
  const size = Math.floor(maxCostPerHour / workerCostPerHour + 1e-9);
  const reason = `${maxCostPerHour} an hour at ${workerCostPerHour} each: at most ${workers(size)}`;
  return { name: 'cost', propose: () => ({ kind: 'ceiling', size, reason }) };
}

function checkMoney(field: string, value: number): void {
  if (value === undefined) throw new InvalidOptionError(field, 'is needed', value);
  checkNumber(field, value, 'must be above 0', (amount) => amount > 0);
}
