export { type NodeImageOptions, nodeImage } from '../examples/queue-cluster/servers/node-image.ts';
