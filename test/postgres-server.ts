import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../examples/queue-cluster/servers/free-port.ts';

const DEBIAN = '/usr/lib/postgresql';

/** Folder of Debian's newest PostgreSQL; `.ci/run` installs it. */
const programs: string | undefined = newestPrograms();

export const hasPostgres: boolean = programs !== undefined;

if (!hasPostgres) console.log(`no PostgreSQL under ${DEBIAN}: its tests are skipped`);

function newestPrograms(): string | undefined {
  try {
    const versions = readdirSync(DEBIAN).filter((name) =>
      readdirSync(join(DEBIAN, name, 'bin')).includes('postgres'),
    );
    const newest = versions.map(Number).sort((a, b) => b - a)[0];
    return newest === undefined ? undefined : join(DEBIAN, `${newest}`, 'bin');
  } catch {
    return undefined;
  }
}

/** PostgreSQL refuses to run as root: then it runs as Debian's user for it. */
function owner(): Pick<SpawnOptions, 'uid' | 'gid'> {
  if (process.getuid?.() !== 0) return {};
  const [, , uid, gid] =
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([name]) => name === 'postgres') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * A PostgreSQL of one's own on a free port, with the superuser `postgres` and no password. It can go away, come back
 * with its data, and freeze. Making one takes a second or two: once per file of tests.
 */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #owner = owner();
  #process: ChildProcess | undefined;
  #frozen: number[] = [];

  private constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'flyball-pg-'));
    const { uid, gid } = this.#owner;
    if (uid !== undefined && gid !== undefined) chownSync(this.#folder, uid, gid);
  }

  static async start(): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort());
    server.#initialize();
    await server.comeBack();
    return server;
  }

  /** For `pg` and what is built on it. */
  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  #initialize(): void {
    const { status, stderr } = spawnSync(
      join(programs as string, 'initdb'),
      [
        '-D',
        join(this.#folder, 'data'),
        '-U',
        'postgres',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
      ],
      { ...this.#owner, cwd: this.#folder, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  }

  async comeBack(): Promise<void> {
    const settings = {
      port: this.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#folder,
      fsync: 'off',
      shared_buffers: '16MB',
      max_connections: 50,
    };
    const server = spawn(
      join(programs as string, 'postgres'),
      [
        '-D',
        join(this.#folder, 'data'),
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...this.#owner, cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process = server;
    // Whoever forgets to stop it, or is stopped, leaves none behind.
    const quit = (): boolean => server.kill('SIGQUIT');
    process.once('exit', quit);
    server.once('exit', () => process.off('exit', quit));
    let said = '';
    await new Promise<void>((ready, failed) => {
      // Read to the end, not only until it is ready: a pipe that nobody empties stops who writes to it.
      server.stderr?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4096);
        if (said.includes('ready to accept connections')) ready();
      });
      server.once('exit', (code) => failed(new Error(`postgres ended with ${code}: ${said}`)));
      server.once('error', failed);
    });
  }

  /** At once and without a word, as in a crash: connections are cut, what was not committed is gone. */
  async goAway(): Promise<void> {
    this.thaw();
    const ended = this.#process && once(this.#process, 'exit');
    // Not SIGKILL: that would leave its children alive, and they keep a successor out.
    this.#process?.kill('SIGQUIT');
    await ended;
    this.#process = undefined;
  }

  /** Connections stay open, and nothing is answered any more. */
  freeze(): void {
    const pid = this.#process?.pid;
    if (pid === undefined || this.#frozen.length > 0) return;
    process.kill(pid, 'SIGSTOP');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    for (const child of children) process.kill(child, 'SIGSTOP');
    this.#frozen = [...children, pid];
  }

  thaw(): void {
    for (const pid of this.#frozen.splice(0)) process.kill(pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.goAway();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
