// Writes a Dockerfile that was fixed over the old one: whole or not at all, with the mode and the owner that
// it had. Of a link, the file that it leads to is written.

import { realpath, stat } from 'node:fs/promises';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { nameToBytes } from '../core/names.ts';
import { outputError } from '../core/output-error.ts';

/** Writes `text`, as `readBeneath` returns one, to the absolute `path`. Throws E_OUTPUT. */
export async function rewriteDockerfile(path: string, text: string): Promise<void> {
  try {
    const real = await realpath(path);
    const { mode, uid, gid } = await stat(real);
    await writeFileAtomic(real, async (file) => {
      const made = await file.stat();
      if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid);
      await file.chmod(mode & 0o7777);
      await file.writeFile(nameToBytes(text));
    });
  } catch (error) {
    throw outputError(path, error);
  }
}
