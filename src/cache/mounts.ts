import { readFile } from 'node:fs/promises'
import type { Step } from '../docker/progress.ts'
import { formatReference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'
import { describe } from '../runner/log.ts'
import type { CacheFacts } from './facts.ts'
import type { CacheConfig, CacheStore, RegistryStore } from './inputs.ts'
import type { MountsCargo } from './mounts/carry.ts'
import type { MountsPlace } from './mounts/place.ts'
import type { CacheFault } from './watch.ts'

/** A build whose cache mounts may have to be carried. */
export interface MountsBuild {
  readonly cache: CacheConfig
  readonly facts: CacheFacts | undefined
  /** Path of the Dockerfile; undefined where it is not on this machine. */
  readonly dockerfile: string | undefined
  readonly target: string
  readonly platforms: readonly string[]
  readonly noCache: boolean
  /** `buildx build` with its arguments. */
  readonly command: readonly string[]
  readonly temp: string
}

export interface MountsOptions {
  readonly env: Env
  readonly signal: AbortSignal
  readonly info: (line: string) => void
}

/** Fills the build's cache mounts where they are empty. Never fails. @returns what was wrong */
export async function bringMounts(build: MountsBuild, options: MountsOptions): Promise<CacheFault[]> {
  // BuildKit empties the mounts of steps that it builds anew: what is brought in would not be seen.
  if (build.noCache) return []
  return await carry(build, options, 'read')
}

/** Keeps the contents of the build's cache mounts where a step may have changed them. Never fails. @returns what was wrong */
export async function keepMounts(build: MountsBuild, steps: readonly Step[], options: MountsOptions): Promise<CacheFault[]> {
  const ran = steps.some(({ name, cached }) => !cached && /\bRUN\b.*--mount=\S*\btype=cache\b/.test(name))
  return ran ? await carry(build, options, 'written') : []
}

async function carry(build: MountsBuild, { env, signal, info }: MountsOptions, part: CacheFault['part']): Promise<CacheFault[]> {
  if (!build.cache.mounts || signal.aborted) return []
  const place = planMounts(build.cache.store, build.facts)
  if (typeof place === 'string') {
    if (part === 'read') info(`Cache mounts: ${place}`)
    return []
  }
  try {
    const dockerfile = await readDockerfile(build)
    // Kept out of the main bundle: most builds have no use for it.
    const { bringMountsIn, takeMountsOut } = await import('./mounts/carry.ts')
    const { cache, target, platforms, command, temp } = build
    const cargo: MountsCargo = {
      dockerfile,
      target,
      platforms,
      command,
      place,
      image: cache.mountsImage,
      patience: cache.patience * 1000,
      temp,
      env,
      signal,
    }
    info(`Cache mounts: ${part === 'read' ? await bringMountsIn(cargo) : await takeMountsOut(cargo)}`)
    return []
  } catch (error) {
    return signal.aborted ? [] : [{ part, mounts: true, reason: describe(error) }]
  }
}

/** Where the contents are kept: beside the cache of the steps. @returns why they need no place, or have none */
export function planMounts(store: CacheStore, facts: CacheFacts | undefined): MountsPlace | string {
  switch (store.kind) {
    case 'none':
    case 'inline':
      return 'they have no place'
    case 'builder':
      return "they stay in the builder's own storage"
    case 'registry':
      return inRegistry(store)
    case 'directory': {
      const { path, scope } = store
      return facts?.folder?.usable === false ? facts.folder.reason : { kind: 'directory', path, scope: `${scope}-mounts`, name: path }
    }
    case 'gha': {
      if (facts?.runner?.usable !== false) return { kind: 'gha', scope: store.scope, name: "the runner's cache" }
      return store.fallback ? inRegistry(store.fallback) : `${facts.runner.reason}, so they have no place`
    }
  }
}

const LONGEST_TAG = 128
const SUFFIX = '-mounts'

function inRegistry({ reference }: RegistryStore): MountsPlace {
  const own = { ...reference, tag: `${reference.tag.slice(0, LONGEST_TAG - SUFFIX.length)}${SUFFIX}` }
  return { kind: 'registry', reference: own, name: formatReference(own) }
}

async function readDockerfile({ dockerfile }: MountsBuild): Promise<string> {
  const advice = 'so its mounts are not known: check the repository out, or set the input context to its folder'
  if (dockerfile === undefined) throw new Error(`the Dockerfile is not on this machine, ${advice}`)
  return await readFile(dockerfile, 'utf8').catch((cause: unknown) => {
    throw new Error(`the Dockerfile ${dockerfile} cannot be read, ${advice}`, { cause })
  })
}
