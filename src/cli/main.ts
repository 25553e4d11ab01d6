#!/usr/bin/env node
import { run } from './run.ts';
import { systemTerminal } from './terminal.ts';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));

process.exitCode = await run(process.argv.slice(2), systemTerminal, interrupted.signal);
