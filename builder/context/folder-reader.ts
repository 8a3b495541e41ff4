// Looks into the folders of one walk and reads the files in them: here while they are few, by the runner when they
// are many. To start it takes as long as some hundred files take here; from there on it is twenty times as quick, and
// takes all processors.

import { setImmediate } from 'node:timers/promises';
import {
  DIGEST_BYTES,
  type Digest,
  finishDigest,
  hexOf,
  sha256,
  startDigest,
} from '../../core/digest.ts';
import { errnoName, ScanClient, ScanError } from '../exec/scan-client.ts';
import type { FileIdentity } from './file-identity.ts';
import { FolderFiles, ROW_BYTES } from './folder-files.ts';
import { type FolderListing, listFolder } from './folder-listing.ts';
import { lookError } from './pinned-directory.ts';
import { readInChunks, readWhole, WHOLE_READ_LIMIT } from './read-unchanged.ts';

/** Files that are looked at, or read, before the runner is started. */
const FEW = 800;
/** To look at a folder, and then into it, takes as long as to look at so many files. */
const FOLDER = 5;
/** Files that the runner reads at one request, and that are asked for at a time. */
const PART = 256;
const ASKED = 32 * PART;
/** How many files are read here before other work gets a turn: signals, steps that run. */
const TURN = 64;

export class FolderReader {
  readonly #few: number;
  #files = 0;
  #client: ScanClient | undefined;

  /** `few`: so many files are looked at before the runner is started. */
  constructor(few = FEW) {
    this.#few = few;
  }

  get usesRunner(): boolean {
    return this.#client !== undefined;
  }

  /** Lists the folder at `path`: absolute and without a link in it. Throws E_FILE_CHANGED, E_COPY_SOURCE. */
  async list(path: string): Promise<FolderListing> {
    // A turn for other work, and for those who asked before.
    if (this.#client === undefined) await setImmediate();
    if (this.#client === undefined) {
      const listing = listFolder(path, this.#few - this.#files);
      if (listing !== undefined) {
        const { files, folders, others } = listing;
        this.#files += files.count + FOLDER * folders.count + others.count;
        return listing;
      }
    }
    const asked = this.#startedClient().list(path);
    return readListing(path, await asked.catch((error: unknown) => blame(error, () => path)));
  }

  /** The digests of `files` of the folder `path`, 32 bytes for each, zeros for what is not regular. Throws E_FILE_CHANGED, E_COPY_SOURCE. */
  async digests(path: string, files: FolderFiles): Promise<Buffer> {
    this.#files += files.count;
    if (this.#client === undefined && this.#files <= this.#few) return digestsHere(path, files);
    const client = this.#startedClient();
    const digests: Buffer[] = [];
    for (let from = 0; from < files.count; from += ASKED) {
      const parts: Promise<Buffer>[] = [];
      for (let at = from; at < Math.min(from + ASKED, files.count); at += PART) {
        const part = files.slice(at, at + PART);
        const asked = client.digests(path, part);
        parts.push(
          asked.catch((error: unknown) => blame(error, (index) => fileIn(path, part.name(index)))),
        );
      }
      digests.push(...(await Promise.all(parts)));
    }
    return Buffer.concat(digests);
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  #startedClient(): ScanClient {
    this.#client ??= new ScanClient();
    return this.#client;
  }
}

async function digestsHere(path: string, files: FolderFiles): Promise<Buffer> {
  const digests = Buffer.alloc(files.count * DIGEST_BYTES);
  for (let index = 0; index < files.count; index++) {
    if (!files.isRegular(index)) continue;
    const digest = await digestBytes(fileIn(path, files.name(index)), files.identity(index));
    digests.write(hexOf(digest), index * DIGEST_BYTES, 'hex');
    if (index % TURN === TURN - 1) await setImmediate();
  }
  return digests;
}

async function digestBytes(path: string, identity: FileIdentity): Promise<Digest> {
  if (identity.size <= WHOLE_READ_LIMIT) return sha256(readWhole(path, identity));
  const hash = startDigest();
  for await (const chunk of readInChunks(path, identity)) hash.update(chunk);
  return finishDigest(hash);
}

/** A listing as the runner sends it: four times a number of files, the length of their texts, and both. */
function readListing(path: string, body: Buffer): FolderListing {
  let at = 0;
  const group = (): FolderFiles => {
    const count = body.readUInt32LE(at);
    const start = at + 12;
    at = start + count * ROW_BYTES + Number(body.readBigUInt64LE(at + 4));
    return count === 0 ? FolderFiles.NONE : new FolderFiles(body.subarray(start, at), count);
  };
  const [files, folders, others, unseen] = [group(), group(), group(), group()];
  const failed = new Map<string, Error>();
  for (let index = 0; index < unseen.count; index++) {
    const name = unseen.name(index);
    failed.set(name, lookError(`${path}/${name}`, errnoName(unseen.mode(index))));
  }
  return { files, folders, others, failed };
}

function blame(error: unknown, pathAt: (index: number) => string): never {
  throw error instanceof ScanError ? lookError(pathAt(error.index), error.errno) : error;
}

/** A file that was walked by itself has no name in what is then its own path. */
function fileIn(folder: string, name: string): string {
  return name === '' ? folder : `${folder}/${name}`;
}
