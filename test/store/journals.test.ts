import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { fileJournal } from '../../src/telemetry/file-journal.ts';
import { memoryJournal } from '../../src/telemetry/memory-journal.ts';
import { describeJournal } from './journal-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'flyball-journals-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

describeJournal('memoryJournal', async () => ({ journal: memoryJournal() }));
describeJournal('fileJournal', async () => ({ journal: fileJournal(join(folder, `${count++}.jsonl`)) }));
