// `slipway images`: what the local store holds.

import { hexOf } from '../../core/digest.ts';
import { formatPlatform } from '../../image/model.ts';
import { familiarReference, parseReference } from '../../image/reference.ts';
import type { StoredImage } from '../../image/stored-image.ts';
import type { CliCommand } from '../command.ts';
import { formatFlag } from '../flags/format.ts';
import { printableJson } from '../printable.ts';
import { formatAge, formatSize } from '../render/quantities.ts';
import { formatTable } from '../render/table.ts';
import { withImages } from '../with-store.ts';

export const images: CliCommand = {
  declare(command) {
    command
      .addOption(formatFlag())
      .option('-q, --quiet', 'print digests only')
      .addHelpText(
        'after',
        `
Examples:
  slipway images
  slipway images --format json    one object a line
  slipway rmi $(slipway images -q)`,
      );
  },

  async run(command, host) {
    const { format, quiet } = command.opts<{ format: 'table' | 'json'; quiet?: true }>();
    const stored = await withImages(host, (store) => store.list());
    const sorted = stored.sort((a, b) => compare(a.name, b.name) || compare(a.digest, b.digest));
    host.stdout.write(
      quiet
        ? lines(new Set(sorted.map(({ digest }) => digest)))
        : format === 'json'
          ? lines(sorted.map((image) => printableJson(toJson(image))))
          : formatTable(HEADINGS, sorted.map(toRow)),
    );
    return 0;
  },
};

const HEADINGS = ['NAME', 'DIGEST', 'PLATFORM', 'CREATED', 'SIZE'];

function toRow({ name, digest, platform, created, size }: StoredImage): string[] {
  return [
    name === undefined ? '<none>' : familiarReference(parseReference(name)),
    hexOf(digest).slice(0, 12),
    platform === undefined ? '-' : formatPlatform(platform),
    created === undefined ? '-' : formatAge(Date.parse(created), Date.now()),
    formatSize(size),
  ];
}

function toJson({ platform, ...image }: StoredImage): object {
  return { ...image, platform: platform && formatPlatform(platform) };
}

function lines(words: Iterable<string>): string {
  return [...words].map((word) => `${word}\n`).join('');
}

function compare(a = '\uffff', b = '\uffff'): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
