import Docker from 'dockerode';
import { DockerDaemon, whyNoDaemon } from './docker-daemon.ts';
import { MissingError } from './missing.ts';

export interface FoundDocker {
  readonly client: Docker;
  /** In words, for people. */
  readonly what: string;
  /** What other processes need to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Containers share the network of this machine; else they reach it by the name `host.docker.internal`. */
  readonly sharesNetwork: boolean;
  /** It runs programs that were made for this machine. */
  readonly runsLocalPrograms: boolean;
  stop(): Promise<void>;
}

const ANSWER_MS = 5_000;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The engine at `DOCKER_HOST` or at its usual place, else one that is started here. @throws MissingError */
export async function findDocker(): Promise<FoundDocker> {
  const client = new Docker();
  const said = await ask(client);
  const host = process.env.DOCKER_HOST;
  if (said === undefined) {
    const what = host ? `the Docker at DOCKER_HOST` : 'the Docker of this machine';
    return { ...(await describe(client)), what, env: {}, stop: async () => {} };
  }
  if (host) throw new MissingError(`DOCKER_HOST is ${host}, and no Docker answers there: ${said}`);
  const reason = whyNoDaemon();
  if (reason !== undefined) {
    throw new MissingError(
      `There is no Docker: no engine answers (${said}), and none can be started here (${reason}). Start Docker, or set ` +
        'DOCKER_HOST where its socket is elsewhere (`docker context ls` shows it).',
    );
  }
  const daemon = await DockerDaemon.start();
  return {
    ...(await describe(daemon.docker)),
    what: 'a Docker of its own',
    env: { DOCKER_HOST: `unix://${daemon.socketPath}` },
    stop: () => daemon.stop(),
  };
}

/** Why it cannot be used, `undefined` where it answers. */
async function ask(client: Docker): Promise<string | undefined> {
  // dockerode's types leave out that this call, too, can be called off.
  const ping = client.ping.bind(client) as (options: {
    readonly abortSignal: AbortSignal;
  }) => Promise<unknown>;
  try {
    await ping({ abortSignal: AbortSignal.timeout(ANSWER_MS) });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function describe(
  client: Docker,
): Promise<Pick<FoundDocker, 'client' | 'sharesNetwork' | 'runsLocalPrograms'>> {
  const [{ OperatingSystem }, { Os, Arch }] = await Promise.all([client.info(), client.version()]);
  // Docker Desktop has its engine in a virtual machine, on Linux too.
  const sharesNetwork = process.platform === 'linux' && !String(OperatingSystem).includes('Docker Desktop');
  const runsLocalPrograms =
    process.platform === 'linux' && Os === 'linux' && Arch === ARCHITECTURES[process.arch];
  return { client, sharesNetwork, runsLocalPrograms };
}
