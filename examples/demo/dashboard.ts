import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ScalingController } from 'flyball';
import { createDashboard } from 'flyball/dashboard';

/** The live page on a free port of this machine, for nobody else. */
export async function serveDashboard(
  controller: ScalingController,
): Promise<{ readonly url: string; close(): void }> {
  const dashboard = createDashboard(controller, { title: 'flyball demo' });
  const server = createServer(dashboard.listener).listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      dashboard.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
