import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PoolRecord } from '../../src/core/record.ts';
import { JournalBacklog, thin, type Waiting } from '../../src/store/journal-backlog.ts';

/** `+`: a pool whose size changed; `.`: one that stayed as it was. */
function entry(number: number, pools: string): Waiting & { outcome?: string } {
  const made: Waiting & { outcome?: string } = {
    at: number,
    number,
    head: { version: 1, at: number, trigger: 'interval' },
    pools: [...pools].map(
      (kind, i) =>
        ({
          view: { pool: `${i}` },
          decision: { from: 1, to: kind === '+' ? 2 : 1 },
        }) as unknown as PoolRecord,
    ),
    done: 0,
    begun: false,
    kept: () => {},
    failed: (error) => {
      made.outcome = (error as Error).message;
    },
  };
  return made;
}

/** What waits, as it was put. */
const shown = (backlog: JournalBacklog): string[] =>
  backlog.waiting.map(({ pools }) =>
    pools.map(({ decision }) => (decision.from === decision.to ? '.' : '+')).join(''),
  );

function filled(most: number, ...entries: string[]): JournalBacklog {
  const backlog = new JournalBacklog(most);
  for (const [number, pools] of entries.entries()) backlog.push(entry(number, pools));
  return backlog;
}

describe('what waits for the database', () => {
  it.each([
    { most: 9, put: ['..+', '..+', '..+'], left: ['..+', '..+', '..+'], why: 'all fits' },
    { most: 8, put: ['..+', '..+', '..+'], left: ['+', '..+', '..+'], why: 'the oldest is thinned first' },
    { most: 5, put: ['..+', '..+', '..+'], left: ['+', '+', '..+'], why: 'then the next' },
    {
      most: 4,
      put: ['..+', '..+', '..+'],
      left: ['+', '..+'],
      why: 'what is thin is lost, the oldest first',
    },
    { most: 7, put: ['...', '..+', '..+'], left: ['..+', '..+'], why: 'a tick without changes goes whole' },
    { most: 1, put: ['.', '.', '.'], left: ['.'], why: 'the newest stays' },
    { most: 2, put: ['...', '.....'], left: ['.....'], why: 'the newest stays, however large' },
    { most: 2, put: ['', '', ''], left: ['', ''], why: 'a tick without pools takes room, too' },
  ])('$put, $most at most: $why', ({ most, put, left }) => {
    expect(shown(filled(most, ...put))).toEqual(left);
  });

  it('remembers where the pools of a thinned record stood', () => {
    const one = entry(0, '.+.+');
    thin(one);
    expect(one.positions).toEqual([1, 3]);
    expect(one.pools.map(({ view }) => view.pool)).toEqual(['1', '3']);
  });

  it('does not touch what is on its way', () => {
    const backlog = new JournalBacklog(4);
    const begun = entry(0, '..+');
    begun.begun = true;
    backlog.push(begun);
    backlog.push(entry(1, '..+'));
    backlog.push(entry(2, '..+'));
    expect(shown(backlog)).toEqual(['..+', '..+']);
    expect(backlog.waiting[0]).toBe(begun);
  });

  it('says what waits, and what became of it', () => {
    const backlog = filled(4, '..+', '..+', '..+', '..+');
    const failure = backlog.fail(new Error('gone'), 'gone');
    expect(failure.message).toBe(
      'gone (records that wait in memory: 2, thinned to what changed: 3, lost: 2)',
    );
    backlog.shift(2);
    expect(backlog.fail(undefined, 'gone').message).toBe('gone (records that wait in memory: 0)');
  });

  it('tells who waits for a lost record', () => {
    const backlog = new JournalBacklog(1);
    const lost = entry(0, '+');
    backlog.push(lost);
    backlog.push(entry(1, '+'));
    expect(lost.outcome).toBe(
      'the database does not keep up (records that wait in memory: 1, thinned to what changed: 1, lost: 1)',
    );
  });

  it('never holds more than its limit and the newest record', () => {
    const pools = fc.string({ unit: fc.constantFrom('.', '+'), maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(pools, { maxLength: 20 }), (most, put) => {
        const backlog = filled(most, ...put);
        const weights = backlog.waiting.map((each) => Math.max(1, each.pools.length));
        const held = weights.reduce((sum, weight) => sum + weight, 0);
        expect(held).toBeLessThanOrEqual(Math.max(most, weights.at(-1) ?? 0));
        const numbers = backlog.waiting.map(({ number }) => number);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        expect(numbers.at(-1)).toBe(put.length === 0 ? undefined : put.length - 1);
      }),
    );
  });
});
