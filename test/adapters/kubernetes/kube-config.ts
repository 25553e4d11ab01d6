import { KubeConfig } from '@kubernetes/client-node';

/** What the fake API server takes for a service account. */
export const TOKEN = 'a-service-account';

interface Access {
  readonly scheme?: 'http' | 'https';
  readonly token?: string;
}

/** The way to a fake API server on this machine. */
export function kubeConfigOf(port: number, access: Access = {}): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions(accessOf(port, access));
  return kubeConfig;
}

/** The same as plain data. */
export function accessOf(port: number, { scheme = 'http', token = TOKEN }: Access = {}): object {
  return {
    clusters: [{ name: 'fake', server: `${scheme}://127.0.0.1:${port}`, skipTLSVerify: true }],
    users: [{ name: 'flyball', token }],
    contexts: [{ name: 'test', cluster: 'fake', user: 'flyball', namespace: 'shop' }],
    currentContext: 'test',
  };
}
