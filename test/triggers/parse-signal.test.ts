import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.ts';
import { ingest, parseSignal } from '../../src/triggers/parse-signal.ts';

describe('parseSignal', () => {
  it.each([
    [{ type: 'load-spike', magnitude: 0.9, pool: 'embedding', expectedDemand: 40, emergency: false }],
    [{ type: 'rate-limit', current: 95, limit: 100 }],
    [{ type: 'error-rate', errorRatio: 0.3, durationMs: 60_000 }],
    [{ type: 'external', name: 'launch', expectedDemand: 20, reason: 'product launch' }],
    [{ type: 'cost-threshold', costPerHour: 12, maxCostPerHour: 10 }],
  ])('takes %j as it is', (signal) => {
    expect(parseSignal(signal)).toEqual(signal);
  });

  it.each([
    [null, 'signal', 'must be an object'],
    [[], 'signal', 'must be an object'],
    [{ type: 'boom' }, 'signal.type', 'must be one of load-spike, rate-limit'],
    [{ type: 'toString' }, 'signal.type', 'must be one of'],
    [{ type: 'load-spike' }, 'signal.magnitude', 'must be a number from 0 to 1'],
    [{ type: 'load-spike', magnitude: 1.2 }, 'signal.magnitude', 'must be a number from 0 to 1'],
    [{ type: 'load-spike', magnitude: Number.NaN }, 'signal.magnitude', 'must be a number from 0 to 1'],
    [{ type: 'rate-limit', current: 1, limit: 0 }, 'signal.limit', 'must be a number above 0'],
    [
      { type: 'rate-limit', current: 1, limit: 2, magnitude: 1 },
      'signal.magnitude',
      'is not a field of rate-limit',
    ],
    [{ type: 'error-rate', errorRatio: 0.3, pool: 7 }, 'signal.pool', 'must be a text'],
    [{ type: 'external', expectedDemand: '20' }, 'signal.expectedDemand', 'must be a number, 0 or more'],
    [{ type: 'error-rate', errorRatio: 0.3, constructor: 1 }, 'signal.constructor', 'is not a field'],
  ])('refuses %j by field and rule', (signal, field, rule) => {
    const refusal = (): unknown => parseSignal(signal);
    expect(refusal).toThrow(InvalidOptionError);
    expect(refusal).toThrow(expect.objectContaining({ field, rule: expect.stringContaining(rule) }));
  });
});

describe('ingest', () => {
  it('takes a bare signal, with numbers as text', () => {
    const body = JSON.parse('{"type":"load-spike","pool":"12","magnitude":"0.9"}');
    expect(ingest(body)).toEqual({ type: 'load-spike', pool: '12', magnitude: 0.9 });
  });

  it('takes a CloudEvents envelope', () => {
    const body = {
      specversion: '1.0',
      id: '1',
      source: '/shop',
      type: 'com.example.external',
      data: { name: 'sale', expectedDemand: 30 },
    };
    expect(ingest(body)).toEqual({ type: 'external', name: 'sale', expectedDemand: 30 });
  });

  it.each([
    [undefined],
    ['text'],
    [{ specversion: '1.0', type: 'load-spike' }],
    [{ specversion: '1.0', data: {} }],
  ])('refuses %j', (body) => {
    expect(() => ingest(body)).toThrow(InvalidOptionError);
  });
});
