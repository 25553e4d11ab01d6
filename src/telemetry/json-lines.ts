import type { FileHandle } from 'node:fs/promises';
import type { TickRecord } from '../core/record.ts';

/** Every record begins with these two, in this order. */
const HEAD = /^\{"version":(\d+),"at":(-?[\d.]+)/;

/** `JSON.stringify(record)` and the end of the line, in pieces of at most one pool: a thousand pools are megabytes. */
export function* recordPieces(record: TickRecord): Generator<string> {
  let before = '{';
  for (const [key, value] of Object.entries(record)) {
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(key)}:`;
    before = ',';
    if (!Array.isArray(value)) {
      yield JSON.stringify(value);
      continue;
    }
    yield '[';
    for (let index = 0; index < value.length; index++) {
      if (index > 0) yield ',';
      yield JSON.stringify(value[index]) ?? 'null';
    }
    yield ']';
  }
  yield '}\n';
}

/**
 * The records of one file with `from` ≤ at ≤ `to`. Lines of another version, and those cut short by a crash, are
 * passed over.
 */
export async function* readRecords(file: FileHandle, from: number, to: number): AsyncGenerator<TickRecord> {
  for await (const line of file.readLines({ autoClose: false, start: 0 })) {
    const [, version, at] = HEAD.exec(line) ?? [];
    if (version !== '1' || Number(at) < from || Number(at) > to) continue;
    const record = parse(line);
    if (record !== undefined) yield record;
  }
}

function parse(line: string): TickRecord | undefined {
  try {
    return JSON.parse(line) as TickRecord;
  } catch {
    return undefined;
  }
}
