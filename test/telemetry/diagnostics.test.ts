import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { watched } from './watched.ts';

it('publishes every event on a channel of its own, to whoever has subscribed', async () => {
  const heard: string[] = [];
  const hear = (detail: unknown, name: string | symbol): void => {
    heard.push(`${String(name)} ${(detail as { pool?: string; trigger?: string }).pool ?? 'all'}`);
  };
  subscribe('flyball:decision', hear);
  subscribe('flyball:tick', hear);
  const { run, stop } = watched();
  await run(15_000);
  unsubscribe('flyball:decision', hear);
  unsubscribe('flyball:tick', hear);
  await run(15_000);
  expect(heard).toEqual(['flyball:decision embedding', 'flyball:tick all']);
  await stop();
});
