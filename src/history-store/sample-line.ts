import { crc32 } from 'node:zlib';
import type { LoadSample } from '../core/forecast.ts';

/**
 * One sample as one line: eight hex digits of the CRC-32 of the rest, a blank, JSON.
 *
 * ```
 * 5f1c0a3e {"at":1767571200000,"demand":12.4,"utilization":0.62}
 * ```
 */
export function toLine(sample: LoadSample): string {
  const text = JSON.stringify(sample);
  return `${checksum(text)} ${text}\n`;
}

/** `undefined` for a line that was cut short, mixed up or made by nobody. */
export function fromLine(line: string): LoadSample | undefined {
  const text = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(text)) return undefined;
  return JSON.parse(text) as LoadSample;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
