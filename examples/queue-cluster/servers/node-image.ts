import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';

export interface NodeImageOptions {
  /** `name:tag` of the image. */
  readonly name: string;
  /** What is put into it: by its path in the image, a text, or the URL of a file or folder of this machine. */
  readonly files: Readonly<Record<string, string | URL>>;
  /** What it runs, e.g. `['node', '/worker.mjs']`. */
  readonly cmd: readonly string[];
  /** Further instructions of a Dockerfile, e.g. `ENV REDIS=…`. */
  readonly changes?: readonly string[];
}

/**
 * Makes an image of this machine's Node, the libraries that it needs, and some files. No registry is asked: there is
 * nothing else in the image, no shell either.
 */
export async function nodeImage(docker: Docker, options: NodeImageOptions): Promise<void> {
  const { name, files, cmd, changes = [] } = options;
  const folder = mkdtempSync(join(tmpdir(), 'flyball-image-'));
  try {
    const put = (path: string, write: (target: string) => void): void => {
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      write(target);
    };
    for (const [path, source] of Object.entries({
      '/bin/node': process.execPath,
      ...librariesOf(process.execPath),
    })) {
      put(path, (target) => symlinkSync(source, target));
    }
    for (const [path, content] of Object.entries(files)) {
      put(path, (target) =>
        content instanceof URL
          ? cpSync(content, target, { recursive: true })
          : writeFileSync(target, content),
      );
    }
    mkdirSync(join(folder, 'tmp'), { recursive: true });
    // With -h, what links lead to is packed, so that nothing of it need be copied before.
    const tar = spawn('tar', ['-ch', '-C', folder, '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [repo, tag = 'latest'] = name.split(':');
    const progress = await docker.importImage(tar.stdout, {
      repo,
      tag,
      changes: [`CMD ${JSON.stringify(cmd)}`, ...changes],
    });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The shared libraries of a program, and what loads them, by their paths. */
function librariesOf(program: string): Record<string, string> {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return Object.fromEntries((stdout.match(/\/\S+/g) ?? []).map((path) => [path, path]));
}
