import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority of one day, and certificates for this machine that it signed: `ca.crt`, `<name>.key`, `<name>.crt`. */
export class Certificates {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'flyball-certificates-'));

  constructor(...names: string[]) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    this.#openssl('req', '-x509', ...key, ...this.#out('ca', 'crt'), '-days', '1');
    for (const name of names) {
      this.#openssl(
        'req',
        ...key,
        ...this.#out(name, 'csr'),
        '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1',
      );
      const signing = ['-CA', this.path('ca.crt'), '-CAkey', this.path('ca.key'), '-CAcreateserial'];
      const request = ['-in', this.path(`${name}.csr`), '-copy_extensions', 'copy', '-days', '1'];
      this.#openssl('x509', '-req', ...request, ...signing, '-out', this.path(`${name}.crt`));
    }
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  pem(file: string): Buffer {
    return readFileSync(this.path(file));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #out(name: string, kind: 'crt' | 'csr'): string[] {
    return [
      '-keyout',
      this.path(`${name}.key`),
      '-out',
      this.path(`${name}.${kind}`),
      '-subj',
      `/CN=${name}`,
    ];
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}
