import { type BuilderConfig, readBuilderInputs } from '../builder/inputs.ts'
import { type CacheConfig, readCacheInputs } from '../cache/inputs.ts'
import { formatPlatform, parsePlatform } from '../registry/platform.ts'
import type { Reference, Repository } from '../registry/reference.ts'
import { type InputReader, named, readBoolean } from '../runner/input.ts'
import { expandReferences } from '../tags/references.ts'
import { splitCommas, splitLines } from '../text/list.ts'
import { type AttestationConfig, readAttestations } from './attestations.ts'
import { gitSecret, resolveContext, type Source, WORKSPACE } from './context.ts'
import { type ExportConfig, readExports } from './exports.ts'
import { type BuildOptions, readOptions } from './options.ts'
import { parseOutput } from './outputs.ts'
import { type BuildParams, parseParams } from './params.ts'
import { type Rewrite, readRewrites } from './rewrite.ts'
import { readSecrets, type Secret } from './secrets.ts'
import { planTargets } from './targets.ts'

/** The inputs of one build, checked and typed. */
export interface BuildConfig extends ExportConfig {
  readonly context: string
  /** Path of the Dockerfile, as buildx takes it; undefined for the one in the context. */
  readonly file: string | undefined
  readonly references: readonly Reference[]
  /** Normalised, each once; empty for the builder's own. */
  readonly platforms: readonly string[]
  readonly buildArgs: readonly string[]
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
  /** Whether a tag is left alone whose image has the same content. */
  readonly skipUnchanged: boolean
  /** The time that all files and the image itself are to have, in seconds since 1970; undefined for a build that is not to be reproducible. */
  readonly epoch: number | undefined
  readonly rewrites: readonly Rewrite[]
  readonly pull: boolean
  readonly noCache: boolean
  readonly target: string
  readonly builder: BuilderConfig
  readonly cache: CacheConfig
  readonly attestations: AttestationConfig
  readonly options: BuildOptions
  readonly secrets: readonly Secret[]
  readonly params: readonly string[]
}

/** How the image is called and what it says of itself, as the inputs about tags and the event have it. */
export interface ImageNames {
  readonly images: readonly Repository[]
  readonly references: readonly Reference[]
  /** Lines of `key=value`. */
  readonly labels: readonly string[]
  /** As buildx takes them. */
  readonly annotations: readonly string[]
  /** Why there is no reference, where the rules for tags give none. */
  readonly unnamed?: string | undefined
  /** Tells the caches of several builds in one step apart. */
  readonly variant?: string | undefined
}

/**
 * Reads and checks the inputs of one build.
 *
 * @param source where the sources are
 * @throws Error that names the input, says what is wrong and what to write
 */
export function readInputs(input: InputReader, image: ImageNames, source: Source = WORKSPACE): BuildConfig {
  const params = named('build-params', () => parseParams(input('build-params')))
  const references = [...image.references, ...named('build-params', () => expandReferences(params.tags))]
  const exports = readExports(input)
  const platforms = readPlatforms(input, params)
  const target = input('target').trim()
  const context = named('context', () => resolveContext(input('context'), source))
  const options = readOptions(input, source)
  const config = {
    context,
    file: input('file').trim() || undefined,
    references,
    platforms,
    buildArgs: readPairs(input, 'build-args'),
    labels: image.labels,
    annotations: image.annotations,
    ...exports,
    push: exports.push || params.push,
    load: exports.load || params.load,
    outputs: [...exports.outputs, ...params.outputs.map((text) => named('build-params', () => parseOutput(text)))],
    attestations: readAttestations(input),
    skipUnchanged: readBoolean(input, 'skip-unchanged', false),
    epoch: readEpoch(input, source),
    rewrites: readRewrites(input),
    pull: readBoolean(input, 'pull', false),
    noCache: readBoolean(input, 'no-cache', false),
    target,
    builder: readBuilderInputs(input),
    cache: readCacheInputs(input, { images: image.images, references, target, platforms, variant: image.variant }),
    options,
    secrets: readAllSecrets(input, [context, ...options.buildContexts], source),
    params: params.rest,
  }
  if (config.push && references.length === 0 && image.unnamed !== undefined) throw new Error(image.unnamed)
  // Only to complain early.
  planTargets(config)
  return config
}

/** The secrets of the user, and the one that fetches the event's own repository. */
function readAllSecrets(input: InputReader, contexts: readonly string[], { git }: Source): Secret[] {
  const secrets = readSecrets(input)
  // A named context is `name=address`.
  const addresses = contexts.flatMap((context) => [context, context.slice(context.indexOf('=') + 1)])
  const own = gitSecret(input('github-token').trim(), { contexts: addresses, secrets, git })
  return own ? [...secrets, own] : secrets
}

function readEpoch(input: InputReader, { epoch }: Source): number | undefined {
  if (!readBoolean(input, 'reproducible', false)) return undefined
  if (epoch !== undefined) return epoch
  throw new Error(
    "input reproducible: the commit's time is not known; check the repository out before this step, or set the environment variable SOURCE_DATE_EPOCH",
  )
}

function readPlatforms(input: InputReader, params: BuildParams): string[] {
  const given = list(input, 'platforms', splitCommas).map((text) => named('platforms', () => formatPlatform(parsePlatform(text))))
  const further = params.platforms.map((text) => named('build-params', () => formatPlatform(parsePlatform(text))))
  return [...new Set([...given, ...further])]
}

/** Lines of KEY=value; a bare KEY takes its value from the environment, as with `docker build`. */
function readPairs(input: InputReader, name: string): string[] {
  return list(input, name, splitLines).map((pair, index) => {
    const key = pair.split('=', 1)[0]?.trim() ?? ''
    // The value may be a secret, so the entry is named by its number alone.
    if (key === '') throw new Error(`input ${name}: entry ${index + 1} has no name; write it as NAME=value`)
    return pair
  })
}

function list(input: InputReader, name: string, split: (text: string) => string[]): string[] {
  return named(name, () => split(input(name)))
}
