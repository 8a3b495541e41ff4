import { describe, expect, test } from 'vitest';
import { parseMode } from '../../../builder/copy/mode.ts';

const FILE = false;
const DIR = true;

describe('--chmod', () => {
  test.each([
    ['755', 0o644, FILE, 0o755],
    ['04755', 0o644, FILE, 0o4755],
    ['+x', 0o644, FILE, 0o755],
    ['u+x', 0o644, FILE, 0o744],
    ['u=rwX,go=rX', 0o600, FILE, 0o644],
    ['u=rwX,go=rX', 0o700, FILE, 0o755],
    ['u=rwX,go=rX', 0o600, DIR, 0o755],
    ['g=u', 0o740, FILE, 0o770],
    ['a-w', 0o666, FILE, 0o444],
    ['go-rwx', 0o755, FILE, 0o700],
    ['u+s', 0o755, FILE, 0o4755],
    ['+t', 0o755, DIR, 0o1755],
    ['u=rw,u+x', 0o000, FILE, 0o700],
    ['+X', 0o644, FILE, 0o644],
    ['-x,+X', 0o755, FILE, 0o755],
    ['-x,+X', 0o644, FILE, 0o644],
    ['-X', 0o755, FILE, 0o644],
    ['u=u', 0o6573, FILE, 0o6573],
    ['g-u', 0o750, FILE, 0o700],
    ['=', 0o7777, FILE, 0o1000],
    ['a=', 0o7777, FILE, 0o1000],
    ['u=', 0o7777, FILE, 0o3077],
    ['u=gw', 0o650, FILE, 0o250],
    ['o+t', 0o755, DIR, 0o755],
    ['o+s', 0o755, FILE, 0o755],
    ['u=rwx,g=rx,+t', 0o000, DIR, 0o1750],
    ['a=rwxt', 0o000, DIR, 0o1777],
    // The reference sets only the sticky bit here; chmod(1) sets both.
    ['+rt', 0o000, DIR, 0o1444],
  ])('%s on %o (directory: %s) gives %o', (text, mode, isDirectory, expected) => {
    expect(parseMode(text)({ mode, isDirectory }).toString(8)).toBe(expected.toString(8));
  });

  test.each(['', '8', '77777', 'u', 'u+q', 'rwx', 'u=rw,'])('%j is refused', (text) => {
    expect(() => parseMode(text)).toThrow(
      expect.objectContaining({ code: 'E_COPY_MODE', message: `"${text}" is not a mode` }),
    );
  });
});
