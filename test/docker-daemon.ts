import { whyNoDaemon } from '../examples/queue-cluster/servers/docker-daemon.ts';

export { DockerDaemon } from '../examples/queue-cluster/servers/docker-daemon.ts';

const reason = whyNoDaemon();

/** Debian's docker.io, and the right to run it; `.ci/run` installs it. */
export const hasDocker: boolean = reason === undefined;

if (reason !== undefined) console.log(`${reason}: the tests of Docker are skipped`);
