import { expect, test } from 'vitest';
import { parseCsv } from '../../cli/flags/csv.ts';
import { thrown } from './thrown.ts';

test.each([
  ['a', ['a']],
  ['', ['']],
  ['a,b', ['a', 'b']],
  ['a,', ['a', '']],
  [',', ['', '']],
  ['type=oci,dest=a b', ['type=oci', 'dest=a b']],
  ['"dest=a,b",c', ['dest=a,b', 'c']],
  ['"say ""hi"""', ['say "hi"']],
  ['""', ['']],
  ['a,""', ['a', '']],
])('%j has the fields %j', (line, fields) => {
  expect(parseCsv(line, '-o')).toEqual(fields);
});

test.each([
  ['a"b', 'a quote stands inside a field'],
  ['dest="a,b"', 'a quote stands inside a field'],
  ['"a', 'a quote is not closed'],
  ['"a"b', 'text stands after a closing quote'],
])('%j is refused: %s', (line, why) => {
  expect(thrown(() => parseCsv(line, '-o'))).toContain(
    `error[E_USAGE]: -o ${JSON.stringify(line)}: ${why}\n`,
  );
});
