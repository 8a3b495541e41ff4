// EXPOSE: `80`, `8000-8010/udp`, and the published forms `[ip:]host:container` that the reference takes
// although they mean nothing there.

export const PROTOCOLS: readonly string[] = ['tcp', 'udp', 'sctp'];
const MAX_PORT = 65_535;

export interface Ports {
  /** `80/tcp` each. */
  readonly ports: readonly string[];
  /** True where an address or a host port was written; neither has an effect. */
  readonly published: boolean;
}

/** Returns the ports of one word of EXPOSE, or the reason why it is none. */
export function parsePorts(word: string): Ports | { readonly reason: string } {
  const colon = word.lastIndexOf(':');
  const [range = '', protocol = 'tcp', ...more] = word.slice(colon + 1).split('/');
  if (more.length > 0) return { reason: 'it has more than one /' };
  const lower = (protocol || 'tcp').toLowerCase();
  if (!PROTOCOLS.includes(lower))
    return { reason: `the protocol is one of ${PROTOCOLS.join(', ')}` };
  const [start, end] = parseRange(range) ?? [];
  if (start === undefined || end === undefined) {
    return { reason: `a port is a number up to ${MAX_PORT}, or a range such as 8000-8010` };
  }
  if (colon !== -1 && !isPublished(word.slice(0, colon))) {
    return { reason: 'what stands before the : is no port and no address' };
  }
  const ports = Array.from({ length: end - start + 1 }, (_, i) => `${start + i}/${lower}`);
  return { ports, published: colon !== -1 };
}

function parseRange(text: string): [number, number] | undefined {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined) return undefined;
  const start = Number(first);
  const end = Number(last ?? first);
  return start <= end && end <= MAX_PORT ? [start, end] : undefined;
}

/** `8080`, `127.0.0.1:8080`, `[::1]:8080`; the port may be left out after an address. */
function isPublished(text: string): boolean {
  const [, address = '', port = ''] = /^(?:(.*):)?([^:]*)$/.exec(text) ?? [];
  if (port !== '' && parseRange(port) === undefined) return false;
  return address === '' || /^[0-9a-fA-F.:[\]]{2,64}$/.test(address);
}
