// Tars made block by block, apart from the product's own writer: also such that no writer makes.

export interface RawMember {
  readonly name: string;
  /** The type flag; default '0'. */
  readonly type?: string;
  readonly link?: string;
  readonly content?: string | Buffer;
  /** What the header says; default the content's length. */
  readonly size?: number;
  /** `ustar\0` + `00`, `ustar  \0` (GNU), or '' for v7. */
  readonly magic?: string;
  readonly prefix?: string;
  /** Bytes put into the header at an offset, before the checksum is made. */
  readonly patch?: readonly (readonly [at: number, bytes: Buffer | string])[];
}

const BLOCK = 512;
export const USTAR = 'ustar\u000000';
export const GNU = 'ustar  \0';
export const END = Buffer.alloc(2 * BLOCK);

export function member(raw: RawMember): Buffer {
  const content = Buffer.from(raw.content ?? '');
  const block = Buffer.alloc(BLOCK);
  const put = (at: number, bytes: Buffer | string): void => {
    block.set(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, at);
  };
  put(0, raw.name);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${(raw.size ?? content.length).toString(8).padStart(11, '0')}\0`);
  put(136, '00000000000\0');
  put(156, raw.type ?? '0');
  put(157, raw.link ?? '');
  put(257, raw.magic ?? USTAR);
  put(345, raw.prefix ?? '');
  for (const [at, bytes] of raw.patch ?? []) put(at, bytes);
  put(148, '        ');
  let sum = 0;
  for (const byte of block) sum += byte;
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return Buffer.concat([block, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

/** An extended header with these records; a value may be bytes. */
export function pax(records: Readonly<Record<string, string | Buffer>>, type = 'x'): Buffer {
  const all = Object.entries(records).map(([key, value]) => record(key, value));
  return member({ name: 'pax', type, content: Buffer.concat(all) });
}

export function record(key: string, value: string | Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  for (let length = body.length + 1; ; length++) {
    if (`${length}`.length + body.length === length)
      return Buffer.concat([Buffer.from(`${length}`), body]);
  }
}

/** The members as an archive with its end. */
export function archive(...members: Buffer[]): Buffer {
  return Buffer.concat([...members, END]);
}
