import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';

/** Why no daemon can be started on this machine, `undefined` where one can. */
export function whyNoDaemon(): string | undefined {
  if (spawnSync('dockerd', ['--version']).status !== 0) return 'dockerd is not on this machine';
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) return 'this machine lets nobody mount';
  return undefined;
}

export interface DockerDaemonOptions {
  /** Containers live on while the daemon is away. Not in a swarm. Default `false`. */
  readonly liveRestore?: boolean;
}

/**
 * A Docker daemon of its own in a folder of its own, that can go away and come back. Its containers have no network but
 * their host's.
 */
export class DockerDaemon {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'flyball-docker-'));
  readonly socketPath: string = join(this.folder, 'docker.sock');
  readonly docker: Docker = new Docker({ socketPath: this.socketPath });
  #process: ChildProcess | undefined;
  #inSwarm = false;

  static async start(options: DockerDaemonOptions = {}): Promise<DockerDaemon> {
    const daemon = new DockerDaemon();
    await daemon.comeBack(options);
    return daemon;
  }

  async comeBack({ liveRestore = false }: DockerDaemonOptions = {}): Promise<void> {
    const log = openSync(this.#path('log'), 'a');
    const options = [
      `--host=unix://${this.socketPath}`,
      `--data-root=${this.#path('data')}`,
      `--exec-root=${this.#path('exec')}`,
      `--pidfile=${this.#path('pid')}`,
      '--iptables=false',
      '--bridge=none',
      ...(liveRestore ? ['--live-restore'] : []),
    ];
    // It ends with the process that started it, however that ends; not at the terminal's Ctrl-C, before it is cleaned up.
    const daemon = spawn('setpriv', ['--pdeathsig=TERM', 'dockerd', ...options], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    this.#process = daemon;
    for (let tries = 0; ; tries += 1) {
      if (await this.docker.ping().catch(() => undefined)) return;
      if (daemon.exitCode !== null || tries > 300) {
        const said = readFileSync(this.#path('log'), 'utf8').split('\n').slice(-10).join('\n');
        throw new Error(`dockerd does not answer: ${said}`);
      }
      await sleep(50);
    }
  }

  /** At once, as in a crash. */
  async goAway(): Promise<void> {
    await this.#end('SIGKILL');
    // What a crash leaves behind, and would take for a daemon that runs.
    for (const path of ['pid', 'exec/containerd/containerd.pid']) rmSync(this.#path(path), { force: true });
  }

  /** Makes it the one node of a swarm. The ports of a swarm are fixed: one at a time on a machine. */
  async initSwarm(): Promise<void> {
    await this.docker.swarmInit({ AdvertiseAddr: '127.0.0.1', ListenAddr: '127.0.0.1:2377' });
    this.#inSwarm = true;
  }

  /** Leaves nothing: no container, network, process, mount or file. */
  async stop(): Promise<void> {
    const { docker } = this;
    if (!this.#isRunning) await this.comeBack();
    if (this.#inSwarm) {
      await docker.swarmLeave({ force: true });
      await docker
        .getNetwork('docker_gwbridge')
        .remove()
        .catch(() => {});
    }
    const containers = await docker.listContainers({ all: true });
    await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
    await this.#end('SIGTERM');
    this.#endOrphans();
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((path) => path.startsWith(`${this.folder}/`));
    for (const path of mounts.reverse()) spawnSync('umount', ['--lazy', path]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A container that was being started when the daemon was killed runs on, and no daemon knows of it. */
  #endOrphans(): void {
    const isShim = (pid: string): boolean => read(`/proc/${pid}/cmdline`).includes(`${this.folder}/exec/`);
    for (const shim of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isShim(name))) {
      const threads = readdirSync(`/proc/${shim}/task`).map(
        (thread) => `/proc/${shim}/task/${thread}/children`,
      );
      const inits = threads.flatMap((path) => read(path).split(' ').filter(Boolean));
      for (const pid of [...inits, shim]) process.kill(Number(pid), 'SIGKILL');
    }
  }

  get #isRunning(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.#isRunning) return;
    const ended = once(this.#process as ChildProcess, 'exit');
    this.#process?.kill(signal);
    await ended;
  }
}

/** What a file of `/proc` says, nothing where its process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
