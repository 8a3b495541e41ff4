// Which of the renderers a build gets. Progress goes to standard error, where it cannot mix with
// an output that goes to standard output; what programs read (json, quiet) goes to standard output.

import { BuildError } from '../../core/errors.ts';
import type { Host } from '../host.ts';
import { jsonRenderer } from './json.ts';
import { plainRenderer } from './plain.ts';
import { quietRenderer } from './quiet.ts';
import type { Reasons, Renderer } from './renderer.ts';
import { makeStyle } from './style.ts';
import { ttyRenderer } from './tty.ts';

export type Progress = 'auto' | 'plain' | 'tty' | 'json' | 'quiet';

/**
 * Makes the renderer for `progress`. `stdoutTaken` says that an output is written to standard
 * output, so that json and quiet go to standard error instead; `reasons` is how reasons of steps are told. Throws E_USAGE for a live view
 * without a terminal.
 */
export function chooseRenderer(
  progress: Progress,
  host: Host,
  stdoutTaken: boolean,
  reasons?: Reasons,
): Renderer {
  const { env, stderr } = host;
  const terminal = stderr.isTTY === true && env['TERM'] !== 'dumb';
  const now = (): number => performance.now();
  switch (progress) {
    case 'json':
      return jsonRenderer(stdoutTaken ? stderr : host.stdout);
    case 'quiet':
      return quietRenderer(stdoutTaken ? stderr : host.stdout);
    case 'plain':
      return plainRenderer(stderr, now, reasons);
    case 'tty':
      if (!terminal) {
        throw new BuildError('E_USAGE', '--progress=tty needs a terminal on standard error', {
          hint: '--progress=auto takes the plain form where there is none',
        });
      }
      break;
    case 'auto':
      if (!terminal) return plainRenderer(stderr, now, reasons);
  }
  return ttyRenderer(stderr, makeStyle(!env['NO_COLOR']), now, reasons);
}
