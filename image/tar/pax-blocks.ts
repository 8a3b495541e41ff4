// The member of a tar that says of the next one what its header cannot say.

import { encodeHeader, type HeaderName } from './header.ts';
import { padding } from './padding.ts';
import { encodePax, type PaxRecords } from './pax.ts';

const NAME: HeaderName = { prefix: '', name: 'PaxHeaders/entry' };

/** Returns header and body of an extended header with these records. */
export function paxBlocks(records: PaxRecords): Buffer {
  const body = encodePax(records);
  const header = {
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    type: 'x',
    link: '',
    major: 0,
    minor: 0,
  };
  return Buffer.concat([encodeHeader(header, NAME), body, padding(body.length)]);
}
