// A text for each kind of token of the grammar: mostly what people write, now and then what nobody
// should. Heredoc markers among them are noted, so that their bodies can follow.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Dockerfiles, not ours

import { KEYWORDS } from '../../../grammar/keywords.ts';
import { once, pick, type Random } from './random.ts';

const WORDS = [
  'a', '/b', 'c.d', './e', '$A', '${A:-x}', '${B#*y}', '${A/x/y}', '"q r"', "'s t'", 'u\\ v', '<<E',
  '<<-"F"', "3<<'G h'", '<< I', 'a=b', '[', '[x', '--', '-', '80/tcp', '8000-8010', 'é', '`', 'AS',
  'a:1', 'linux/arm64', '0', 'SIGTERM', '\\', '"', "'", '#x', 'stage', '$$', '${', '<', '<<<', '\u00a0',
] as const; // biome-ignore format: a table reads better

/** Words that most instructions take. */
const TAME = ['a', 'b', '$A', '${A:-x}', '80', '9', '"a"', "'a'", 'a', '<<E', '/a/../b'] as const;

const FLAGS = [
  'from=a', 'chown=1:2', 'chmod=u+x', 'link', 'link=false', 'exclude=*.md', 'parents', 'mount=type=cache,target=/c',
  'mount=type=bind,from=a,target=/b,"x=y"', 'mount=type=secret,id=s', 'network=none', 'security=sandbox',
  'platform=$BUILDPLATFORM', 'interval=5s', 'retries=3', 'checksum=sha256:0', 'unpack', 'keep-git-dir=true',
  'nope', 'x="y z"', "x='y z'", 'x=a\\ b', 'x=`', 'x=\\"', '', '=', 'é=ü',
] as const; // biome-ignore format: a table reads better

const STRINGS = [
  'a',
  '-c',
  'b c',
  '\\n',
  '\\u0041',
  '\\"',
  '\\\\',
  '$A',
  'é',
  '',
  '<<E',
  '/',
  '\\ud800',
  '\t',
] as const;
const JOINTS = [' ', ' ', ' ', '\t', '  ', '\u00a0', '\v', '', ';', '&&', '=', '\\'] as const;
const NAMES = ['A', 'B', 'a.b', '"c d"', 'e\\ f', '$A', 'é', "'", '"'] as const;

/** Texts of tokens; `heredocs` collects the end words of the markers in them. */
export class Tokens {
  readonly heredocs: { readonly name: string; readonly tabs: boolean }[] = [];
  readonly #random: Random;
  readonly #tame: boolean;

  /** A `tame` one makes texts that are mostly right. */
  constructor(random: Random, tame: boolean) {
    this.#random = random;
    this.#tame = tame;
  }

  text(type: string): string {
    if (Object.hasOwn(KEYWORDS, type)) return this.#cased(type);
    switch (type) {
      case 'AS':
        return this.#cased('AS');
      case 'flag':
        return `--${pick(this.#random, FLAGS)}`;
      case 'word':
        return this.#word();
      case 'text':
        return this.#several(4);
      case 'value':
        return once(this.#random, 3) ? this.#several(2) : this.#word();
      case 'name':
      case 'legacyKey':
        return this.#tame ? pick(this.#random, ['A', 'B', 'a.b']) : pick(this.#random, NAMES);
      case 'check':
        return this.#cased(pick(this.#random, ['CMD', 'CMD', 'NONE', this.#tame ? 'CMD' : 'WHAT']));
      case 'string':
        return `"${pick(this.#random, STRINGS)}${pick(this.#random, STRINGS)}"`;
      default:
        return { equals: '=', open: '[', close: ']', comma: ',' }[type] ?? '';
    }
  }

  #cased(word: string): string {
    return pick(this.#random, [
      word,
      word,
      word,
      word.toLowerCase(),
      word[0] + word.slice(1).toLowerCase(),
    ]);
  }

  #word(): string {
    const word = this.#tame ? pick(this.#random, TAME) : pick(this.#random, WORDS);
    const marker = /^\d?<<(-?) *["']?([^"'<]+)["']?$/.exec(word);
    if (marker?.[2] !== undefined) this.heredocs.push({ name: marker[2], tabs: marker[1] === '-' });
    return word;
  }

  #several(most: number): string {
    let text = this.#word();
    if (this.#tame) return text;
    for (let more = this.#random.int(most); more > 0; more--) {
      text += pick(this.#random, JOINTS) + this.#word();
    }
    return text;
  }
}
