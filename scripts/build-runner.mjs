// Compiles runner-native with the C compiler at hand, and says what to install where there is none.

import { spawnSync } from 'node:child_process';
import process from 'node:process';

if (process.platform !== 'linux') {
  console.log('slipway: not Linux, so no runner is built; everything but RUN steps works.');
  process.exit(0);
}

const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find(
  (name) => name && spawnSync(name, ['--version']).status === 0,
);
const missing = [
  ...(compiler ? [] : ['a C compiler (cc, gcc or clang)']),
  ...(spawnSync('make', ['--version']).status === 0 ? [] : ['make']),
];
if (missing.length > 0) {
  console.error(`slipway: ${missing.join(' and ')} is needed to build the runner and was not found.

  Debian, Ubuntu:  apt-get install build-essential
  Fedora, RHEL:    dnf install gcc make glibc-static
  Alpine:          apk add build-base linux-headers
`);
  process.exit(1);
}
const made = spawnSync('make', ['-s', '-C', 'runner-native', `CC=${compiler}`], {
  stdio: 'inherit',
});
process.exit(made.status ?? 1);
