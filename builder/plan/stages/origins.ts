// Where a name leads: FROM, COPY --from and mounts' from= may mean a stage, a named build context, an
// image, or nothing (`scratch`). Stages come first, then contexts, then images; a named context with
// the name of a stage replaces that stage.

import { BuildError, isBuildError, withSpan } from '../../../core/errors.ts';
import type { Span } from '../../../core/source.ts';
import { suggest } from '../../../core/suggest.ts';
import type { EscapeCharacter, Word } from '../../../grammar/ast.ts';
import { formatPlatform, type Platform } from '../../../image/model.ts';
import { normalizePlatform, parsePlatform } from '../../../image/platform.ts';
import { parseReference } from '../../../image/reference.ts';
import type { BuildOptions } from '../../options.ts';
import type { RemoteSource } from '../../remote/remote-source.ts';
import { Unknowns } from '../apply/unknowns.ts';
import { expand } from '../expand/expand.ts';
import { findNamedContext } from './named-context.ts';
import type { StageNames } from './stage-names.ts';
import { type Stage, stageName } from './stages.ts';

/** An image whose config planning needs, and whose layers execution will. */
export interface NeededImage {
  /** Unique for reference and platform: what `images` and `BaseSpec.image` are keyed by. */
  readonly key: string;
  /** An image name as written, or `oci-layout://...`. */
  readonly reference: string;
  readonly platform: Platform;
  readonly span: Span;
  /** Finds a stage with a name like it, which may have been meant. */
  readonly near: () => string | undefined;
}

export type Origin =
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly need: NeededImage }
  /** A named build context that is a folder. */
  | { readonly kind: 'folder'; readonly name: string }
  /** A named build context that is fetched. */
  | { readonly kind: 'remote'; readonly source: RemoteSource }
  | { readonly kind: 'scratch' };

export interface Base {
  readonly origin: Origin;
  /** The expanded name, for people. */
  readonly text: string;
  readonly platform: Platform;
  /** True where a named context stands for the whole stage: its instructions do not count. */
  readonly replacesStage: boolean;
  /** False where the FROM is wrong: the origin is then a stand-in, so that the rest can be looked at. */
  readonly known: boolean;
}

export interface OriginContext {
  readonly stages: readonly Stage[];
  readonly names: StageNames;
  readonly options: Pick<BuildOptions, 'namedContexts' | 'platform'>;
  /** What FROM lines may use. */
  readonly globals: ReadonlyMap<string, string>;
  /** False where there may be more of them: something above the first FROM is wrong. */
  readonly globalsKnown: boolean;
  readonly escape: EscapeCharacter;
}

/**
 * Resolves a stage's FROM. Throws an UnknownVariable where that decides, else E_BASE_IMAGE, E_EXPANSION,
 * E_PLATFORM_INVALID, E_REFERENCE_INVALID, E_UNSUPPORTED.
 */
export function resolveBase(stage: Stage, context: OriginContext): Base {
  const { image, name } = stage.from;
  const text = expandGlobal(image, context, 'the base image');
  const platform = platformOf(stage, context);
  const override =
    name === undefined ? undefined : namedContext(name, platform, image.span, context);
  if (override !== undefined)
    return { origin: override, text, platform, replacesStage: true, known: true };
  const earlier = context.names.above(stage.index, text);
  // Names of stages are kept in lower case. FROM, unlike --from, finds them by that only, as in the reference.
  const origin: Origin =
    earlier?.from.name === text
      ? { kind: 'stage', index: earlier.index }
      : named(text, platform, image.span, context);
  return { origin, text, platform, replacesStage: false, known: true };
}

/**
 * Resolves `--from=` (which may be an index) or a mount's `from=` in `stage`. Throws E_STAGE where it
 * means this stage or a later one, and what `resolveBase` throws of names.
 */
export function resolveFrom(
  word: Word,
  stage: Stage,
  mayBeIndex: boolean,
  context: OriginContext,
): Origin {
  const { text, span } = word;
  if (mayBeIndex && /^\d{1,9}$/.test(text)) {
    const found = context.stages[Number(text)];
    if (found === undefined) {
      throw new BuildError('E_STAGE', `there is no stage with the index ${text}`, {
        span,
        hint: `Stages count from 0; this Dockerfile has ${context.stages.length}.`,
      });
    }
    if (found.index >= stage.index) throw notEarlier(word, found, stage);
    return { kind: 'stage', index: found.index };
  }
  const earlier = context.names.above(stage.index, text);
  if (earlier !== undefined) return { kind: 'stage', index: earlier.index };
  const later = context.names.first(text);
  if (later !== undefined) throw notEarlier(word, later, stage);
  return named(text, normalizePlatform(context.options.platform), span, context);
}

function platformOf(stage: Stage, context: OriginContext): Platform {
  const { platform } = stage.from;
  if (platform === undefined) return context.options.platform;
  const text = expandGlobal(platform, context, 'the platform');
  try {
    return parsePlatform(text);
  } catch (error) {
    throw withSpan(error, platform.span);
  }
}

/** Expands a word of a FROM line; '' is refused, since it is always a variable that nobody set. */
function expandGlobal(word: Word, context: OriginContext, what: string): string {
  const { globals, globalsKnown, escape: mark } = context;
  const known = globalsKnown ? globals : new Unknowns().over(globals);
  const { text, unmatched } = expand(word, known, { escape: mark });
  if (text !== '') return text;
  const [missing] = unmatched;
  const near = missing === undefined ? undefined : suggest(missing, globals.keys());
  const hint =
    missing === undefined
      ? undefined
      : near
        ? `${missing} is not set; did you mean ${near}?`
        : `${missing} is not set: declare it with ARG ${missing}=... above the first FROM.`;
  throw new BuildError('E_BASE_IMAGE', `${what} ${word.text} is empty`, { span: word.span, hint });
}

function notEarlier(word: Word, found: Stage, stage: Stage): BuildError {
  const name = stageName(found);
  if (found.index === stage.index) {
    return new BuildError('E_STAGE', `the stage ${name} cannot use itself`, {
      span: word.span,
      hint: 'Only stages above may be used; files of this stage are there already.',
    });
  }
  return new BuildError('E_STAGE', `the stage ${name} is used before it is defined`, {
    span: word.span,
    hint: `Move its FROM above that of ${stageName(stage)}.`,
  });
}

/** A name that is no stage. */
function named(text: string, platform: Platform, span: Span, context: OriginContext): Origin {
  if (text === 'scratch') return { kind: 'scratch' };
  const found = namedContext(text, platform, span, context);
  if (found !== undefined) return found;
  return image(text, platform, span, () => suggest(text, context.names.all));
}

function image(
  reference: string,
  platform: Platform,
  span: Span,
  near?: NeededImage['near'],
): Origin {
  try {
    parseReference(reference);
  } catch (error) {
    throw withSpan(withLowerCase(error, reference), span);
  }
  return imageOrigin(reference, platform, span, near);
}

/** The hint for a name that only its capitals make wrong. */
function withLowerCase(error: unknown, reference: string): unknown {
  const at = reference.search(/:[^/]*$|@/);
  const name = at === -1 ? reference : reference.slice(0, at);
  const lower = name.toLowerCase() + reference.slice(name.length);
  if (!isBuildError(error) || lower === reference || !isReference(lower)) return error;
  const { code, message } = error;
  return new BuildError(code, message, { hint: `Image names are in lower case: ${lower}` });
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

function imageOrigin(
  reference: string,
  platform: Platform,
  span: Span,
  near: NeededImage['near'] = () => undefined,
): Origin {
  const key = `${reference} ${formatPlatform(platform)}`;
  return { kind: 'image', need: { key, reference, platform, span, near } };
}

/** What a build context of this name stands for, if there is one. */
function namedContext(
  name: string,
  platform: Platform,
  span: Span,
  { options }: OriginContext,
): Origin | undefined {
  const found = findNamedContext(options.namedContexts, name, platform, span);
  if (found?.kind !== 'image') return found;
  const { reference } = found;
  const isLayout = reference.startsWith('oci-layout://');
  return isLayout ? imageOrigin(reference, platform, span) : image(reference, platform, span);
}
