import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { build } from 'esbuild';
import type { FoundDocker } from './find-docker.ts';
import { nodeImage } from './node-image.ts';

const WORKER = fileURLToPath(new URL('../worker.ts', import.meta.url));
const CMD = ['node', '/worker.cjs'];

/** What is taken where this machine's Node cannot be, since it is not for Linux or another processor. */
const DEFAULT_BASE = 'node:22-slim';

/**
 * Makes the image of the workers: worker.ts with all its packages in one file, and a Node to run it. That of this
 * machine, so that nothing need be downloaded; or that of `base`.
 */
export async function workerImage(
  docker: FoundDocker,
  name: string,
  base: string | undefined,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flyball-worker-'));
  try {
    const outfile = join(folder, 'worker.cjs');
    // Packages of BullMQ are CommonJS, and load Node's modules by `require`.
    await build({
      entryPoints: [WORKER],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
    if (base === undefined && docker.runsLocalPrograms) {
      const worker = new URL(`file://${outfile}`);
      await nodeImage(docker.client, { name, files: { '/worker.cjs': worker }, cmd: CMD });
      return;
    }
    const from = base ?? DEFAULT_BASE;
    await pullWhereMissing(docker.client, from);
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${from}\nCOPY worker.cjs /\nENTRYPOINT []\nCMD ${JSON.stringify(CMD)}\n`,
    );
    const context = spawn('tar', ['-c', '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await followed(docker.client, await docker.client.buildImage(context.stdout, { t: name, forcerm: true }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function pullWhereMissing(docker: Docker, image: string): Promise<void> {
  const isThere = await docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (!isThere) await followed(docker, await docker.pull(image));
}

/** Settles at the end of what the engine tells of its progress; rejects where that tells of an error. */
async function followed(docker: Docker, progress: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error, steps: readonly { readonly error?: string }[] = []) => {
      const told = error?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (told === undefined) resolve();
      else reject(new Error(`the image of the workers cannot be made: ${told}`));
    });
  });
}
