import { configJsonSchema } from '../option-schemas.ts';
import type { Command } from './command.ts';
import { UsageError } from './usage-error.ts';

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'print the JSON schema of the configuration, for editors',
  help: `flyball schema > flyball.schema.json

Prints a JSON schema of everything that a configuration file can hold. Name it in the file
("$schema": "./flyball.schema.json") and an editor completes and checks the options.
`,
  async run(args, terminal) {
    if (args.length > 0) throw new UsageError(`takes no arguments, got ${args.join(' ')}`);
    terminal.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  },
};
