export type { ContainerEnd } from './docker/container-end.ts';
export {
  type BusyContainers,
  type ContainerExit,
  type DockerContainersOptions,
  dockerContainers,
} from './docker/docker-containers.ts';
export { DockerError, StaleTermError } from './docker/errors.ts';
export { swarmService } from './docker/swarm-service.ts';
