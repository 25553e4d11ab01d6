export { LateTermError } from '../errors.ts';
export type { ContainerEnd } from './docker/container-end.ts';
export { dockerContainers } from './docker/docker-containers.ts';
export { DockerError } from './docker/errors.ts';
export type { BusyContainers, ContainerExit, DockerContainersOptions } from './docker/options.ts';
export { swarmService } from './docker/swarm-service.ts';
