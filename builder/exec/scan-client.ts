// The runner's verb `scan` (runner-native/PROTOCOL.md): lists folders and digests files by all processors. Requests
// that are made in one turn go out together; answers come in any order.

import { constants } from 'node:os';
import { nameToBytes } from '../../core/names.ts';
import { type RunnerProcess, startRunner } from './runner.ts';

/** What the runner could not do; `index` is the number of the file that it was at. */
export class ScanError extends Error {
  readonly errno: string;
  readonly index: number;

  constructor(errno: string, index: number) {
    super(errno);
    this.errno = errno;
    this.index = index;
  }
}

/** Files of one folder: `count` rows of numbers, then the names and targets. */
export interface ScanFiles {
  readonly count: number;
  readonly bytes: Buffer;
}

interface Waiting {
  resolve(body: Buffer): void;
  reject(error: unknown): void;
}

const HEAD_BYTES = 16;
const ROW_BYTES = 56;

export class ScanClient {
  readonly #runner: RunnerProcess;
  readonly #waiting = new Map<number, Waiting>();
  #failure: unknown;
  #number = 0;
  #requests: Buffer[] = [];
  /** Of answers that are not whole. */
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = HEAD_BYTES;

  /** Starts the runner. */
  constructor() {
    const { signal } = new AbortController();
    this.#runner = startRunner('scan', { rung: 'root', why: '', uids: [], gids: [], signal }, []);
    this.#runner.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#runner.stderr.resume();
    this.#runner.ended.then(
      () => this.#fail(new Error('the runner ended before it had answered')),
      (error: unknown) => this.#fail(error),
    );
  }

  /** The body of the listing of the folder at the absolute path `path`. Throws ScanError. */
  list(path: string): Promise<Buffer> {
    return this.#ask('l', path, { count: 0, bytes: Buffer.alloc(0) });
  }

  /** 32 bytes for each of `files` in the folder `path`, zeros for what is not regular. Throws ScanError. */
  digests(path: string, files: ScanFiles): Promise<Buffer> {
    return this.#ask('d', path, files);
  }

  /** Ends the runner, with what it has not answered yet. */
  async close(): Promise<void> {
    if (this.#waiting.size > 0) this.#runner.kill('SIGKILL');
    this.#runner.stdin.end();
    await this.#runner.ended.catch(() => {});
  }

  #ask(kind: string, path: string, { count, bytes }: ScanFiles): Promise<Buffer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const number = this.#number++;
    const pathBytes = nameToBytes(path);
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(number, 0);
    head.write(kind, 4);
    head.writeUInt16LE(pathBytes.byteLength, 6);
    head.writeUInt32LE(count, 8);
    head.writeUInt32LE(bytes.byteLength - count * ROW_BYTES, 12);
    if (this.#requests.length === 0) setImmediate(() => this.#send());
    this.#requests.push(head, pathBytes, bytes);
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
  }

  #send(): void {
    this.#runner.stdin.write(Buffer.concat(this.#requests));
    this.#requests = [];
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.byteLength;
    if (this.#length < this.#needed) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      this.#needed = HEAD_BYTES;
      if (rest.byteLength >= HEAD_BYTES) this.#needed += Number(rest.readBigUInt64LE(8));
      if (rest.byteLength < this.#needed) break;
      this.#answer(rest.subarray(0, this.#needed));
      rest = rest.subarray(this.#needed);
    }
    this.#chunks = [rest];
    this.#length = rest.byteLength;
  }

  #answer(answer: Buffer): void {
    const number = answer.readUInt32LE(0);
    const errno = answer.readUInt32LE(4);
    const body = answer.subarray(HEAD_BYTES);
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (errno === 0) waiting?.resolve(body);
    else {
      const index = body.byteLength === 4 ? body.readUInt32LE(0) : 0;
      waiting?.reject(new ScanError(errnoName(errno), index));
    }
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** `ENOENT` for its number, as this machine's C library has it. */
export function errnoName(number: number): string {
  const known = Object.entries(constants.errno).find(([, value]) => value === number);
  return known?.[0] ?? `errno ${number}`;
}
