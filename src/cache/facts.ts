import { credentialFor } from '../registry/credentials.ts'
import { formatReference, type Reference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'
import { dockerConfigDir } from '../runner/env.ts'
import type { Event } from '../runner/event.ts'
import { openDirectory, type WorkFolder } from './directory.ts'
import type { CacheConfig } from './inputs.ts'
import { type Branches, type Look, lookForCache, readReferences } from './registry.ts'
import { findRunnerCache, type RunnerCache } from './runner.ts'

/** What made the build run, as far as its cache depends on it. */
export interface CacheEvent extends Branches {
  /** Whether the code comes from another repository, whose owner must not be able to write. */
  readonly fork: boolean
}

/** The event as the cache sees it: a pull request counts for the branch that it comes from. */
export function cacheEvent({ fork, branch, defaultBranch, pullRequest }: Event): CacheEvent {
  return { fork, branch: branch ?? pullRequest?.headBranch, defaultBranch }
}

/** What the plan of the cache needs to know. */
export interface CacheFacts {
  readonly event: CacheEvent
  /** By the reference of each cache that may be read. */
  readonly looks: ReadonlyMap<string, Look>
  /** Whether there is a credential for the registry of the cache. */
  readonly signedIn: boolean
  readonly folder: WorkFolder | undefined
  readonly runner: RunnerCache | undefined
}

/** For each request to a registry, in milliseconds. */
const PATIENCE = 5000

/** Looks at the places that a cache can be in. No fault of theirs is an error here. */
export async function gatherCacheFacts(config: CacheConfig, event: CacheEvent, env: Env): Promise<CacheFacts> {
  const { store } = config
  const none: CacheFacts = { event, looks: new Map(), signedIn: false, folder: undefined, runner: undefined }
  switch (store.kind) {
    case 'none':
    case 'builder':
      return none
    case 'inline':
      return { ...none, ...(await lookInRegistries(store.references, env)) }
    case 'registry':
      return { ...none, ...(await lookInRegistries(readReferences(store, event), env)) }
    case 'directory':
      return { ...none, folder: await openDirectory(store) }
    case 'gha': {
      const runner = await findRunnerCache(env)
      const fallback = !runner.usable && store.fallback ? readReferences(store.fallback, event) : []
      return { ...none, ...(await lookInRegistries(fallback, env)), runner }
    }
  }
}

async function lookInRegistries(references: readonly Reference[], env: Env): Promise<Pick<CacheFacts, 'looks' | 'signedIn'>> {
  let signedIn = references.length > 0
  const looks = references.map(async (reference): Promise<[string, Look]> => {
    // A config.json that cannot be read is complained of where it is needed.
    const credential = await credentialFor(reference.host, dockerConfigDir(env), env).catch(() => undefined)
    signedIn &&= credential !== undefined
    return [formatReference(reference), await lookForCache(reference, credential, PATIENCE)]
  })
  const found = new Map(await Promise.all(looks))
  return { looks: found, signedIn }
}
