import { describe, expect, it } from 'vitest';
import { OperationLog } from '../../src/pool/operation-log.ts';
import type { OperationEvent, OperationOutcome } from '../../src/workers/actuator.ts';

const event = (id: number, outcome: OperationOutcome): OperationEvent => ({
  pool: 'pool',
  at: 0,
  outcome,
  operation: { id, kind: 'start', startedAt: 0, attempt: 1, emergency: false, reason: 'load' },
  added: [],
  removed: [],
  durationMs: 0,
});

describe('a log of operations', () => {
  it('says to the end what led to the beginning', () => {
    const log = new OperationLog();
    expect(log.report(event(1, 'started'), 'adaptive', 'wake')).toMatchObject({
      policy: 'adaptive',
      trigger: 'wake',
    });
    log.report(event(2, 'started'), 'aggressive', 'interval');
    expect(log.report(event(1, 'completed'), 'aggressive', 'interval')).toMatchObject({
      policy: 'adaptive',
      trigger: 'wake',
    });
    expect(log.report(event(2, 'failed'), 'adaptive', 'manual')).toMatchObject({
      policy: 'aggressive',
      trigger: 'interval',
    });
  });

  it('knows how well the last ones went; what was called off does not count', () => {
    const log = new OperationLog();
    expect(log.report(event(0, 'started'), 'adaptive').successRatio).toBe(1);
    expect(log.report(event(0, 'cancelled'), 'adaptive').successRatio).toBe(1);
    for (let id = 1; id <= 300; id++) log.report(event(id, 'failed'), 'adaptive');
    expect(log.report(event(301, 'started'), 'adaptive').successRatio).toBeLessThan(0.01);
    for (let id = 302; id <= 600; id++)
      log.report(event(id, id % 2 === 0 ? 'failed' : 'completed'), 'adaptive');
    expect(log.report(event(601, 'started'), 'adaptive').successRatio).toBeCloseTo(0.5, 1);
  });
});
