import type { CacheFacts } from './facts.ts'
import type { CacheConfig } from './inputs.ts'
import { type Entry, planPlace } from './places.ts'

/** The flags for the build, and what is to be said of them. */
export interface CachePlan {
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** One line for the log: what is read, what is written, and why. */
  readonly line: string | undefined
  /** The cache as people know it, for a warning. */
  readonly name: string
  /** What is known to be wrong with it before the build. */
  readonly fault: string | undefined
  /** Whether anything may be written to it, the contents of cache mounts too. */
  readonly write: boolean
}

/** What of the build itself decides. */
export interface CacheBuild {
  readonly noCache: boolean
  /** Whether the builder can export a cache; undefined before it is known. */
  readonly exports: boolean | undefined
}

/**
 * Works out the cache flags.
 *
 * The export can never fail the build (`ignore-error`), and is written as an OCI image manifest, which ECR and Quay need
 * from older BuildKits: https://docs.docker.com/build/cache/backends/registry/
 *
 * @param facts undefined when nothing has been looked at yet: then the flags are all that may come
 */
export function planCache(config: CacheConfig, facts: CacheFacts | undefined, { noCache, exports }: CacheBuild): CachePlan {
  const unable = exports === false && config.store.kind !== 'inline'
  const bar = barTo(config, facts) ?? (unable ? 'this builder cannot export a cache' : undefined)
  const place = planPlace(config.store, facts)
  // Without the cache is how this build was asked for: what is there already is not even looked at.
  const reads = noCache ? [] : place.reads
  const writes = bar === undefined ? place.writes : []
  const foreign = facts?.event.fork === true && config.write === 'auto'
  const why = {
    read: noCache && place.reads.length > 0 ? 'no-cache asks so' : place.unread,
    written: bar !== undefined && place.writes.length > 0 ? bar : place.unwritten,
  }
  return {
    from: [...reads.map(({ flag }) => flag), ...config.from],
    to: [...writes.map(({ flag }) => flag), ...(foreign ? config.to.filter(isInline) : config.to).map(lenient)],
    line:
      place.name === ''
        ? undefined
        : `Cache: ${place.preface ?? ''}${place.line ?? describe(names(reads), names(writes), why)}${dropped(config, foreign)}`,
    name: place.name,
    fault: place.fault,
    write: bar === undefined && (place.writes.length > 0 || config.store.kind === 'builder'),
  }
}

/** Why nothing may be written. */
function barTo({ write, store }: CacheConfig, facts: CacheFacts | undefined): string | undefined {
  if (write === 'never') return 'cache-write says never'
  if (write === 'always' || !facts) return undefined
  if (facts.event.fork) return 'this is a pull request from a fork'
  const registry = store.kind === 'registry' ? store : store.kind === 'gha' && facts.runner?.usable === false ? store.fallback : undefined
  if (registry && !facts.signedIn) return `nobody has signed in to ${registry.reference.host}`
  return undefined
}

/** A destination of the user's own: no fault of it may fail the build either. */
function lenient(flag: string): string {
  if (isInline(flag) || /(?:^|,)"?ignore-error=/.test(flag)) return flag
  // A bare reference stands for a registry cache.
  return `${flag.includes('=') ? flag : `type=registry,ref=${flag}`},ignore-error=true`
}

function isInline(flag: string): boolean {
  return /(?:^|,)type=inline(?:,|$)/.test(flag)
}

function names(entries: readonly Entry[]): string {
  return entries.map(({ name }) => name).join(', ')
}

function describe(read: string, written: string, why: { read: string | undefined; written: string | undefined }): string {
  if (read !== '' && read === written) return `read from and written to ${read}`
  const reading = read === '' ? `nothing is read${because(why.read)}` : `read from ${read}`
  const writing = written === '' ? `nothing is written${because(why.written)}` : `written to ${written}`
  if (read === '' && why.read?.endsWith('does not exist yet') && written !== '') return `${why.read}; it is written after this build`
  return `${reading}; ${writing}`
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `, since ${reason}`
}

function dropped({ to }: CacheConfig, foreign: boolean): string {
  return foreign && to.some((flag) => !isInline(flag)) ? '; cache-to is left out' : ''
}
