// `--format` of the commands that list something.

import { Option } from 'commander';

/** Makes the flag. */
export function formatFlag(): Option {
  return new Option('--format <form>', 'a table, or json: one object a line')
    .choices(['table', 'json'])
    .default('table');
}
