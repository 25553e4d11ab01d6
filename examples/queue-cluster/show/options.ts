import { parseArgs } from 'node:util';

const USAGE = `npm run demo:cluster -- [options]

A day of traffic in two minutes: two controllers, of which one leads, a queue of BullMQ in Redis, and
containers as workers. At 13:00 the leader is killed with kill -9.

  --seconds N      length of the day, at least 20 (default 120)
  --no-kill        lets the leader live
  --image NAME     an image with a Node, to which the worker is added; pulled where it is missing.
                   Default: made of this machine's Node, or node:22-slim where that cannot be
  --help           this text

It takes the Docker at DOCKER_HOST or of this machine, and the Redis at REDIS_URL; where there is none
it starts one of its own, if dockerd (and root) and redis-server are there. All that it has started
and stored is removed in the end, also after Ctrl-C.`;

export interface ShowOptions {
  readonly seconds: number;
  readonly kill: boolean;
  /** The image that the workers are made of. Default: this machine's Node. */
  readonly image: string | undefined;
}

/** The options of the command line; ends the process where they are wrong, or help is asked for. */
export function readOptions(): ShowOptions {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: 'string', default: '120' },
        'no-kill': { type: 'boolean', default: false },
        image: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const seconds = Number(values.seconds);
    if (!(seconds >= 20 && seconds <= 86_400)) {
      throw new RangeError(`--seconds must be a number from 20 to 86400, got ${values.seconds}`);
    }
    if (values.image === '') throw new RangeError('--image must be the name of an image, got none');
    return { seconds, kill: !values['no-kill'], image: values.image };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
