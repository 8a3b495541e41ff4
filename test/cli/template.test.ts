import { expect, test } from 'vitest';
import { renderTemplate } from '../../cli/render/template.ts';

const FIELDS = ['Name', 'SizeOnDisk'];
const ROWS = [
  { Name: 'one', SizeOnDisk: 1 },
  { Name: 'a "b"', SizeOnDisk: 22 },
];

function render(template: string): string {
  return renderTemplate(template, FIELDS, ROWS);
}

test('a template is a line for each row, with its fields, as text or JSON', () => {
  expect(render('{{.Name}}: {{ .SizeOnDisk }}')).toBe('one: 1\na "b": 22\n');
  expect(render('{{json .Name}}\\t{{json .SizeOnDisk}}')).toBe('"one"\t1\n"a \\"b\\""\t22\n');
  expect(render('{{json .}}').split('\n')[0]).toBe('{"Name":"one","SizeOnDisk":1}');
});

test('a template of a table has headings', () => {
  expect(render('table {{.Name}}\\t{{.SizeOnDisk}}')).toBe(
    'NAME    SIZE ON DISK\none     1\na "b"   22\n',
  );
});

test('what a value holds cannot drive the terminal', () => {
  expect(renderTemplate('{{.Name}}', ['Name'], [{ Name: 'a\u001b[2Jb' }])).toBe('ab\n');
});

test.each([
  ['{{.Nam}}', '--format: there is no field Nam', 'did you mean Name?'],
  ['{{.constructor}}', '--format: there is no field constructor', 'there are Name, SizeOnDisk'],
  ['{{range .}}', '--format: {{range .}} is not understood', undefined],
  ['{{.Name', '--format "{{.Name": a {{ has no }}', undefined],
])('%s is refused', (template, message, hint) => {
  expect(() => render(template)).toThrow(
    expect.objectContaining({ code: 'E_USAGE', message, ...(hint && { hint }) }),
  );
});
