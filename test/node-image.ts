export { nodeImage } from '../examples/queue-cluster/servers/node-image.ts';
