import { RegistryClient, RegistryError } from '../registry/client.ts'
import type { Credential } from '../registry/credentials.ts'
import { formatReference, type Reference } from '../registry/reference.ts'
import type { RegistryStore } from './inputs.ts'
import { branchTag } from './scope.ts'

/** Which branch the build is about. */
export interface Branches {
  readonly branch: string | undefined
  readonly defaultBranch: string | undefined
}

/** What looking for a cache in a registry came to. `refused` may also mean that it does not exist yet. */
export type Look = { readonly state: 'present' | 'absent' } | { readonly state: 'refused' | 'faulty' | 'silent'; readonly reason: string }

/** The references that a registry cache is read from, the nearest first. */
export function readReferences(store: RegistryStore, { branch, defaultBranch }: Branches): Reference[] {
  const branches = store.branches ? [branch, defaultBranch].filter((name) => name !== undefined) : []
  return unique([...branches.map((name) => ofBranch(store, name)), store.reference])
}

/** The references that a registry cache is written to. */
export function writeReferences(store: RegistryStore, { branch }: Branches): Reference[] {
  return unique([store.reference, ...(store.branches && branch !== undefined ? [ofBranch(store, branch)] : [])])
}

function ofBranch({ reference }: RegistryStore, branch: string): Reference {
  return { ...reference, tag: branchTag(reference.tag, branch) }
}

function unique(references: readonly Reference[]): Reference[] {
  return [...new Map(references.map((reference) => [formatReference(reference), reference])).values()]
}

/**
 * Looks whether a cache can be read, with the requests that BuildKit will make before the build: the tag, its manifest, and
 * the first byte of its configuration. A registry that says nothing is found out here, where it can be given up: BuildKit 0.32 waits for it
 * without end, and until the connection is closed no other build of the same builder goes on either.
 *
 * @param patience for each request, in milliseconds
 */
export async function lookForCache(reference: Reference, credential: Credential | undefined, patience: number): Promise<Look> {
  try {
    const client = new RegistryClient(reference, credential, patience)
    const digest = await client.digest(reference.tag ?? 'latest')
    const manifest = digest === undefined ? undefined : await client.manifest(digest)
    if (!manifest) return { state: 'absent' }
    const config = cacheConfigOf(manifest.body)
    if (config !== undefined) await client.touchBlob(config)
    return { state: 'present' }
  } catch (error) {
    return judge(error)
  }
}

/** A cache is an image manifest, or from older BuildKits an index, that names BuildKit's own configuration. */
function cacheConfigOf(body: string): string | undefined {
  const { config, manifests = [] } = JSON.parse(body) as { config?: Descriptor; manifests?: readonly Descriptor[] }
  return [config, ...manifests].find((each) => each?.mediaType === 'application/vnd.buildkit.cacheconfig.v0')?.digest
}

interface Descriptor {
  readonly mediaType?: string
  readonly digest?: string
}

function judge(error: unknown): Look {
  if (error instanceof RegistryError) {
    const reason = `the registry answered with status ${error.status}`
    return { state: error.status === 401 || error.status === 403 ? 'refused' : 'faulty', reason }
  }
  if (error instanceof SyntaxError) return { state: 'faulty', reason: 'what stands there is no cache' }
  const text = [error, error instanceof Error ? error.cause : undefined].map(String).join(' ')
  if (/timeout|timed out|no end of the answer/i.test(text)) return { state: 'silent', reason: 'the registry does not answer' }
  return { state: 'faulty', reason: 'the registry cannot be reached, or ended the connection' }
}
