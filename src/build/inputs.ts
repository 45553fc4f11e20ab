import { type BuilderConfig, readBuilderInputs } from '../builder/inputs.ts'
import { CACHE_TAG, type CacheConfig } from '../cache/policy.ts'
import { formatPlatform, parsePlatform } from '../registry/platform.ts'
import { parseReference, type Reference, type Repository } from '../registry/reference.ts'
import { type InputReader, named, readBoolean } from '../runner/input.ts'
import { expandReferences } from '../tags/references.ts'
import { splitCommas, splitLines } from '../text/list.ts'
import { type AttestationConfig, readAttestations } from './attestations.ts'
import { type ExportConfig, readExports } from './exports.ts'
import { type BuildOptions, readOptions } from './options.ts'
import { parseOutput } from './outputs.ts'
import { type BuildParams, parseParams } from './params.ts'
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
  readonly pull: boolean
  readonly noCache: boolean
  readonly target: string
  readonly builder: BuilderConfig
  readonly cache: CacheConfig
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
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
}

/**
 * Reads and checks the inputs of one build.
 *
 * @throws Error that names the input, says what is wrong and what to write
 */
export function readInputs(input: InputReader, image: ImageNames): BuildConfig {
  const params = named('build-params', () => parseParams(input('build-params')))
  const references = [...image.references, ...named('build-params', () => expandReferences(params.tags))]
  const exports = readExports(input)
  const config = {
    context: input('context').trim() || '.',
    file: input('file').trim() || undefined,
    references,
    platforms: readPlatforms(input, params),
    buildArgs: readPairs(input, 'build-args'),
    labels: image.labels,
    annotations: image.annotations,
    ...exports,
    push: exports.push || params.push,
    load: exports.load || params.load,
    outputs: [...exports.outputs, ...params.outputs.map((text) => named('build-params', () => parseOutput(text)))],
    attestations: readAttestations(input),
    pull: readBoolean(input, 'pull', false),
    noCache: readBoolean(input, 'no-cache', false),
    target: input('target').trim(),
    builder: readBuilderInputs(input),
    cache: readCache(input, image.images[0] ?? references[0]),
    cacheFrom: list(input, 'cache-from', splitLines),
    cacheTo: list(input, 'cache-to', splitLines),
    options: readOptions(input),
    secrets: readSecrets(input),
    params: params.rest,
  }
  if (config.push && references.length === 0 && image.unnamed !== undefined) throw new Error(image.unnamed)
  // Only to complain early.
  planTargets(config)
  return config
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

function readCache(input: InputReader, first: Repository | undefined): CacheConfig {
  const kind = input('cache').trim().toLowerCase()
  const ref = input('cache-ref').trim()
  if (kind === '' || kind === 'none') {
    if (ref !== '') throw new Error('input cache-ref: is only used with a registry cache; set cache: registry')
    return { kind: 'none' }
  }
  if (kind !== 'registry') throw new Error(`input cache: "${kind}" is not known; write registry, or leave it empty for no cache`)
  if (ref === '' && !first) throw new Error('input cache: registry needs a place; set cache-ref, or images, or tags')
  const { digest, ...reference } =
    ref === '' ? { host: first?.host ?? '', path: first?.path ?? '', digest: undefined } : named('cache-ref', () => parseReference(ref))
  if (digest !== undefined) throw new Error('input cache-ref: has a digest, but a cache is written to a tag')
  return { kind: 'registry', mode: 'max', reference: { ...reference, tag: ('tag' in reference ? reference.tag : undefined) ?? CACHE_TAG } }
}

function list(input: InputReader, name: string, split: (text: string) => string[]): string[] {
  return named(name, () => split(input(name)))
}
