import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spool } from '../../core/spool.ts';

let spools = 0;

/** A spool of this test's; its file, where it needs one, has no name for longer than a moment. */
export function tmpSpool(): Spool {
  return new Spool(join(tmpdir(), `slipway-test-spool-${process.pid}-${spools++}`));
}
