import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../../src/adapters/child-process/line-splitter.ts';
import { RecentMean } from '../../src/adapters/job-pool/flow-meter.ts';
import { fromWireError, parseMessage, toWireError } from '../../src/adapters/job-pool/protocol.ts';
import { QueueAlarm } from '../../src/adapters/job-pool/queue-alarm.ts';

describe('QueueAlarm', () => {
  const alarms = (alarm: QueueAlarm, from: number, to: number, slots: number): number[] => {
    const rung: number[] = [];
    for (let queued = from; queued <= to; queued += 1) if (alarm.grew(queued, slots)) rung.push(queued);
    return rung;
  };

  test('with 4 slots it rings at 4 waiting jobs and at every doubling', () => {
    expect(alarms(new QueueAlarm(), 1, 100, 4)).toEqual([4, 8, 16, 32, 64]);
  });

  test('without workers the first job rings', () => {
    expect(alarms(new QueueAlarm(), 1, 5, 0)).toEqual([1, 2, 4]);
  });

  test('it is silent while nothing waits', () => {
    expect(new QueueAlarm().grew(0, 0)).toBe(false);
  });

  test('after the queue has shrunk it rings again on the next growth', () => {
    const alarm = new QueueAlarm();
    alarms(alarm, 1, 100, 4);
    for (let queued = 99; queued >= 5; queued -= 1) alarm.shrank(queued);
    expect(alarms(alarm, 6, 60, 4)).toEqual([20, 40]);
  });
});

describe('RecentMean', () => {
  test('the mean of the last 15 seconds, and none when nothing was recent', () => {
    const mean = new RecentMean();
    expect(mean.at(0)).toBeUndefined();
    mean.add(10, 500);
    mean.add(30, 9_000);
    expect(mean.at(9_000)).toBe(20);
    expect(mean.at(15_000)).toBe(30);
    expect(mean.at(24_000)).toBeUndefined();
  });

  test('a second of long ago makes room for the one in its place', () => {
    const mean = new RecentMean();
    mean.add(1_000, 2_000);
    mean.add(7, 17_000);
    expect(mean.at(17_000)).toBe(7);
  });
});

describe('LineSplitter', () => {
  test.each([
    ['whole lines', ['a\nb\n'], ['a', 'b']],
    ['a line in pieces', ['a', 'b', 'c\n'], ['abc']],
    ['a break at the start of a chunk', ['a', '\nb\n'], ['a', 'b']],
    ['empty lines and carriage returns', ['\n\r\na\r\n\n'], ['a']],
    ['a last line without a break', ['a\nb'], ['a', 'b']],
  ])('%s', (_, chunks, expected) => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    expect(lines).toEqual(expected);
  });
});

describe('the protocol', () => {
  test.each([
    [{ type: 'ready' }, true],
    [{ type: 'done', id: 1 }, true],
    [{ type: 'failed', id: 1, error: 'no' }, true],
    [{ type: 'done' }, false],
    [{ type: 'done', id: '1' }, false],
    [{ type: 'hello' }, false],
    [null, false],
    ['ready', false],
  ])('%j is a message: %s', (value, expected) => {
    expect(parseMessage(value) !== undefined).toBe(expected);
  });

  test('an error keeps its name, message, code and stack on its way', () => {
    const error = Object.assign(new RangeError('too far'), { code: 'E_FAR' });
    const copy = fromWireError(structuredClone(toWireError(error)));
    expect(copy).toMatchObject({ name: 'RangeError', message: 'too far', code: 'E_FAR', stack: error.stack });
  });

  test.each([
    ['a string', 'broken', 'broken'],
    ['nothing', undefined, 'the job failed without a reason'],
    ['an object without a message', {}, 'the job failed without a reason'],
  ])('%s as an error', (_, wire, message) => {
    expect(fromWireError(wire).message).toBe(message);
  });

  test('what is thrown and is no error becomes one', () => {
    expect(fromWireError(toWireError('just a string')).message).toBe('just a string');
  });
});
