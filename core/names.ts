// File names between bytes and strings. A Unix name is bytes; inside slipway it is a JavaScript
// string in which every byte that is not part of valid UTF-8 stands as the lone surrogate
// U+DC80..U+DCFF (Python's PEP 383 "surrogateescape"). So nothing is lost, ordinary names read as
// they are, and every border (tar, the runner, the file system) uses this one pair of functions.

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns the string form of a name's bytes. */
export function nameFromBytes(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeEscaped(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}

/** Returns the bytes that a name stands for; the inverse of `nameFromBytes`. */
export function nameToBytes(name: string): Buffer {
  if (!/[\ud800-\udfff]/.test(name)) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(char));
  }
  return Buffer.concat(parts);
}

/** Returns the form in which Node's file system functions take a path: its bytes where it is not UTF-8. */
export function systemPath(path: string): string | Buffer {
  return SURROGATE.test(path) ? nameToBytes(path) : path;
}

/** Compares two names by their bytes, as sorting in layers and directory objects needs it. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  // Code-unit order differs from byte order only where surrogates meet the code points above them.
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(nameToBytes(a), nameToBytes(b));
}

const SURROGATE = /[\ud800-\udfff]/;

function decodeEscaped(bytes: Buffer): string {
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const length = validLength(bytes, i);
    if (length === 0) out += String.fromCharCode(0xdc00 + (bytes[i++] ?? 0));
    else {
      out += bytes.toString('utf8', i, i + length);
      i += length;
    }
  }
  return out;
}

/** The length of the valid UTF-8 sequence at `at`, or 0. */
function validLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    decoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
