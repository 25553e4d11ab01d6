import { describe, expect, it } from 'vitest';
import {
  budgetSupplies,
  checkGuarantees,
  checkShare,
  guaranteeOf,
} from '../../src/constraints/budget-rules.ts';
import { InvalidOptionError } from '../../src/errors.ts';

describe('budgetSupplies', () => {
  it('makes a supply of every limit that is given', () => {
    expect(budgetSupplies({ maxWorkers: 100, maxCostPerHour: 12.5, maxCostPerDay: 200 })).toEqual([
      { resource: 'workers', total: 100, by: 'budget.maxWorkers' },
      { resource: 'cost', total: 12.5, by: 'budget.maxCostPerHour' },
    ]);
    expect(budgetSupplies({})).toEqual([]);
  });

  it.each([
    [{ maxWorkers: 0 }, 'budget.maxWorkers'],
    [{ maxWorkers: 2.5 }, 'budget.maxWorkers'],
    [{ maxCpuCores: Number.POSITIVE_INFINITY }, 'budget.maxCpuCores'],
    [{ maxMemoryBytes: -1 }, 'budget.maxMemoryBytes'],
    [{ maxCostPerDay: 0 }, 'budget.maxCostPerDay'],
  ])('refuses %j', (options, field) => {
    expect(() => budgetSupplies(options)).toThrow(InvalidOptionError);
    expect(() => budgetSupplies(options)).toThrow(expect.objectContaining({ field }));
  });
});

describe('checkShare', () => {
  it.each([
    [{ priority: Number.NaN }, 'pools[1].share.priority'],
    [{ weight: 0 }, 'pools[1].share.weight'],
    [{ guaranteedWorkers: 1.5 }, 'pools[1].share.guaranteedWorkers'],
  ])('refuses %j', (share, field) => {
    expect(() => checkShare(share, 'pools[1].share')).toThrow(expect.objectContaining({ field }));
  });

  it('takes the others', () => {
    expect(() => checkShare({})).not.toThrow();
    expect(() => checkShare({ priority: -5, weight: 0.5, guaranteedWorkers: 0 })).not.toThrow();
  });
});

describe('checkGuarantees', () => {
  const supplies = budgetSupplies({ maxWorkers: 10, maxCostPerHour: 1 });

  it('refuses promises that cannot all be kept, and names the limit', () => {
    const pools = [{ minWorkers: 4 }, { minWorkers: 1, share: { guaranteedWorkers: 7 } }];
    expect(() => checkGuarantees(pools, supplies)).toThrow(
      'budget.maxWorkers must cover what the pools are guaranteed (11 workers), got 10',
    );
    expect(() => checkGuarantees([{ minWorkers: 4, costPerHour: 0.3 }], supplies)).toThrow(
      'budget.maxCostPerHour',
    );
  });

  it('takes those that can, to the last worker and the last cent', () => {
    expect(() =>
      checkGuarantees(
        [
          { minWorkers: 3, costPerHour: 0.1 },
          { minWorkers: 7, costPerHour: 0.1 },
        ],
        supplies,
      ),
    ).not.toThrow();
  });
});

describe('guaranteeOf', () => {
  const supplies = budgetSupplies({ maxWorkers: 100, maxMemoryBytes: 8 * 2 ** 30 });

  it('is the most that fits into the share of every limit', () => {
    expect(guaranteeOf(0.25, { needs: { memoryBytes: 2 ** 29 } }, supplies)).toBe(4);
    expect(guaranteeOf(0.25, {}, supplies)).toBe(25);
    expect(guaranteeOf(0.25, {}, [])).toBe(0);
  });
});
