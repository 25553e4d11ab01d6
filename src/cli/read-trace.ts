import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { InvalidOptionError, messageOf } from '../errors.ts';
import { fromPrometheus } from '../history-store/prometheus.ts';
import { type TraceTime, trace } from '../testing/trace.ts';
import type { Workload } from '../testing/workload.ts';
import { UsageError } from './usage-error.ts';

/**
 * A load from a file: CSV, or the JSON that Prometheus answers a range query with. `-` reads standard input.
 *
 * @throws UsageError naming the file, and the line where a row is bad
 */
export function readTrace(path: string, unit: Workload['unit'] = 'workers'): Workload {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
  const name = path === '-' ? 'standard input' : basename(path, extname(path));
  try {
    if (!text.trimStart().startsWith('{')) return trace(text, { name, unit });
    const rows = fromPrometheus(text).map(([seconds, load]): [TraceTime, number] => [
      new Date(seconds * 1000),
      load,
    ]);
    return trace(rows, { name, unit });
  } catch (error) {
    if (error instanceof InvalidOptionError) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}
