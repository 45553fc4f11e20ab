import { formatRepository, parseReference, type Reference } from '../registry/reference.ts'
import { type InputReader, named, readBoolean } from '../runner/input.ts'
import { splitLines } from '../text/list.ts'
import { type CacheSubject, scopeName, variantTag } from './scope.ts'

export type CacheMode = 'max' | 'min'
/** How layers of a cache are packed; undefined leaves it to BuildKit, which takes gzip. */
export type CacheCompression = 'gzip' | 'zstd' | undefined

export interface RegistryStore {
  readonly kind: 'registry'
  readonly reference: Reference & { readonly tag: string }
  readonly mode: CacheMode
  readonly compression: CacheCompression
  /** Whether each branch has a cache of its own besides. */
  readonly branches: boolean
}

export interface DirectoryStore {
  readonly kind: 'directory'
  /** As the user wrote it; it counts from the workspace. */
  readonly path: string
  readonly scope: string
  readonly mode: CacheMode
  readonly compression: CacheCompression
}

export interface RunnerStore {
  readonly kind: 'gha'
  readonly scope: string
  readonly mode: CacheMode
  /** Where the cache goes on a runner that has none. */
  readonly fallback: RegistryStore | undefined
}

/** Where a cache is kept between runs. `builder` is the storage of a builder that lives on. */
export type CacheStore =
  | { readonly kind: 'none' }
  | { readonly kind: 'builder' }
  | { readonly kind: 'inline'; readonly references: readonly Reference[] }
  | DirectoryStore
  | RegistryStore
  | RunnerStore

/** What the user asked of the cache. */
export interface CacheConfig {
  readonly store: CacheStore
  readonly write: 'auto' | 'always' | 'never'
  /** Whether the contents of cache mounts are kept as well. */
  readonly mounts: boolean
  /** Image with a shell and cp that copies them; empty for the base of the stage that has the mount. */
  readonly mountsImage: string
  /** How long, in seconds, the cache may keep a build waiting that has nothing else left to do. */
  readonly patience: number
  /** Further sources and destinations, as buildx takes them. */
  readonly from: readonly string[]
  readonly to: readonly string[]
}

/** The tag of the remote cache where none is given. @see https://help.aliyun.com/zh/yunxiao/ for the convention followed */
export const CACHE_TAG = 'flow-docker-build-cache'

/** In seconds, as BuildKit has it for the runner's cache: https://docs.docker.com/build/cache/backends/gha/#timeout */
const PATIENCE = 600

/**
 * Reads and checks all inputs about the cache.
 *
 * @throws Error that names the input, says what is wrong and what to write
 */
export function readCacheInputs(input: InputReader, subject: CacheSubject): CacheConfig {
  const store = readStore(input, subject)
  const mounts = readBoolean(input, 'cache-mounts', false)
  if (mounts && (store.kind === 'none' || store.kind === 'inline')) {
    throw new Error('input cache-mounts: their contents need a place between runs; set cache to registry, local or gha')
  }
  return {
    store,
    mounts,
    mountsImage: input('cache-mounts-image').trim(),
    write: readChoice(input, 'cache-write', ['auto', 'always', 'never'], 'auto'),
    patience: readSeconds(input, 'cache-timeout', PATIENCE),
    from: named('cache-from', () => splitLines(input('cache-from'))),
    to: named('cache-to', () => splitLines(input('cache-to'))),
  }
}

function readStore(input: InputReader, subject: CacheSubject): CacheStore {
  const kind = readChoice(input, 'cache', ['none', 'registry', 'local', 'gha', 'inline'], 'none')
  const path = input('cache-dir').trim()
  const ref = input('cache-ref').trim()
  const branches = readBoolean(input, 'cache-branches', false)
  if (path !== '' && kind !== 'local') throw new Error('input cache-dir: is only used with a local cache; set cache: local')
  if (ref !== '' && kind !== 'registry' && kind !== 'gha') {
    throw new Error('input cache-ref: is only used with a registry cache; set cache: registry')
  }
  if (branches && kind !== 'registry') throw new Error('input cache-branches: is only used with a registry cache; set cache: registry')
  const mode = readChoice(input, 'cache-mode', ['max', 'min'], 'max')
  const compression = readCompression(input)
  const scope = scopeName(subject)
  switch (kind) {
    case 'none':
      return { kind }
    case 'registry':
      return { kind, reference: readReference(ref, subject), mode, compression, branches }
    case 'local':
      return path === '' ? { kind: 'builder' } : { kind: 'directory', path, scope, mode, compression }
    case 'gha': {
      const fallback =
        ref === '' ? undefined : { kind: 'registry' as const, reference: readReference(ref, subject), mode, compression, branches }
      return { kind, scope, mode, fallback }
    }
    case 'inline':
      if (subject.references.length === 0)
        throw new Error('input cache: inline keeps the cache in the image, which has no name; set tags, or images and tags')
      return { kind, references: subject.references }
  }
}

function readReference(text: string, { images, references, variant }: CacheSubject): Reference & { readonly tag: string } {
  if (text === '') {
    const first = images[0] ?? references[0]
    if (!first) throw new Error('input cache: registry needs a place; set cache-ref, or images, or tags')
    return { host: first.host, path: first.path, tag: variantTag(CACHE_TAG, variant) }
  }
  const { digest, ...reference } = named('cache-ref', () => parseReference(text))
  if (digest !== undefined) throw new Error('input cache-ref: has a digest, but a cache is written to a tag')
  const tag = variantTag(reference.tag ?? CACHE_TAG, variant)
  const taken = references.some((target) => formatRepository(target) === formatRepository(reference) && target.tag === tag)
  if (taken)
    throw new Error(`input cache-ref: "${text}" is also the name of the image, which the cache would overwrite; give it another tag`)
  return { ...reference, tag }
}

function readCompression(input: InputReader): CacheCompression {
  const text = readChoice(input, 'cache-compression', ['', 'gzip', 'zstd'], '')
  return text === '' ? undefined : text
}

function readChoice<Choice extends string>(input: InputReader, name: string, choices: readonly Choice[], fallback: Choice): Choice {
  const text = input(name).trim().toLowerCase()
  const found = choices.find((choice) => choice === text)
  if (found !== undefined) return found
  if (text === '') return fallback
  throw new Error(`input ${name}: "${text}" is not known; write ${choices.filter((choice) => choice !== '').join(', ')}, or leave it empty`)
}

function readSeconds(input: InputReader, name: string, fallback: number): number {
  const text = input(name).trim()
  if (text === '') return fallback
  if (!/^\d{1,5}$/.test(text) || Number(text) === 0)
    throw new Error(`input ${name}: "${text}" is no number of seconds, such as ${fallback}`)
  return Number(text)
}
