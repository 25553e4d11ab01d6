import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** Whether there is a redis-server on this machine. */
export function isRedisHere(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** A Redis of one's own on a free port, with nothing on disk. It can go away and come back, empty. */
export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'flyball-redis-'));
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<RedisServer> {
    for (let tries = 1; ; tries += 1) {
      const server = new RedisServer(await freePort());
      try {
        await server.comeBack();
        return server;
      } catch (error) {
        // The port was free a moment ago; somebody else may have been quicker.
        await server.stop();
        if (tries >= 3) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async comeBack(): Promise<void> {
    const args = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.#process = spawn('redis-server', [...args, '--dir', this.#folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const text of this.#process.stdout as NodeJS.ReadableStream) {
      if (String(text).includes('Ready to accept connections')) return;
    }
    throw new Error(`redis-server has ended at once on port ${this.port}`);
  }

  async goAway(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    // It may be gone already: Ctrl-C at a terminal reaches it too.
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.goAway();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
