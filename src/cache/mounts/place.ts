import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryClient } from '../../registry/client.ts'
import { credentialFor } from '../../registry/credentials.ts'
import { type RemoteImage, readImage } from '../../registry/image.ts'
import { formatReference, type Reference } from '../../registry/reference.ts'
import { dockerConfigDir, type Env } from '../../runner/env.ts'
import { commitDirectory, openDirectory, removeWork } from '../directory.ts'
import { blobPath, type Descriptor, entryNamed, readIndex } from '../layout.ts'

/** Where the contents of cache mounts are kept between runs. */
export type MountsPlace =
  | { readonly kind: 'registry'; readonly reference: Reference; readonly name: string }
  | { readonly kind: 'directory'; readonly path: string; readonly scope: string; readonly name: string }
  | { readonly kind: 'gha'; readonly scope: string; readonly name: string }

/** Saved contents, as a build can mount them. */
export interface SavedMounts {
  /** For `--build-context`. */
  readonly context: string
  /** For which there are contents; empty where they were saved without a platform. */
  readonly platforms: readonly string[]
  /** To be called when they are no longer needed. */
  readonly close: () => Promise<void>
}

/** Where a build is to put contents, and how to keep them when it has. */
export interface MountsTarget {
  /** For `--output`. */
  readonly output: string
  readonly keep: () => Promise<void>
  readonly close: () => Promise<void>
}

const PATIENCE = 5000
const PACKING = 'compression=zstd,force-compression=true,oci-mediatypes=true'
const nothing = async () => undefined

/**
 * Looks for saved contents.
 *
 * @param temp a folder for what has to be fetched first
 * @returns undefined when there are none
 * @throws Error when the place cannot be read
 */
export async function findMounts(place: MountsPlace, temp: string, env: Env): Promise<SavedMounts | undefined> {
  if (place.kind === 'registry') return await findInRegistry(place.reference, env)
  if (place.kind === 'directory') {
    const work = await openDirectory(place)
    if (!work.usable) throw new Error(work.reason)
    const saved = work.digest === undefined ? undefined : await savedIn(work.path, work.digest)
    if (!saved) await removeWork(work.path)
    return saved && { ...saved, close: () => removeWork(work.path) }
  }
  const { restore } = await import('./runner.ts')
  const folder = join(temp, 'mounts')
  await mkdir(folder, { recursive: true })
  if (!(await restore(folder, place.scope))) return undefined
  const entry = await entryIn(folder, place.scope)
  return entry ? { ...(await savedIn(folder, entry.digest)), close: nothing } : undefined
}

/** Prepares a place for new contents; what is there already stays until they are whole. */
export async function prepareTarget(place: MountsPlace, temp: string): Promise<MountsTarget> {
  if (place.kind === 'registry') {
    // Straight into the registry: nothing of it gets into the engine's own store.
    const output = `type=image,"name=${formatReference(place.reference)}",push=true,store=false,${PACKING}`
    return { output, keep: nothing, close: nothing }
  }
  const layout = (folder: string) => `type=oci,"dest=${folder}",tar=false,"name=manifold/mounts:${place.scope}",${PACKING}`
  if (place.kind === 'directory') {
    const work = await openDirectory(place)
    if (!work.usable) throw new Error(work.reason)
    return { output: layout(work.path), keep: async () => void (await commitDirectory(work)), close: () => removeWork(work.path) }
  }
  const folder = join(temp, 'mounts')
  await mkdir(folder, { recursive: true })
  const keep = async () => {
    const entry = await entryIn(folder, place.scope)
    if (!entry) throw new Error('the build has left nothing to be kept')
    const { save } = await import('./runner.ts')
    await save(folder, place.scope, entry.digest)
  }
  return { output: layout(folder), keep, close: nothing }
}

async function findInRegistry(reference: Reference, env: Env): Promise<SavedMounts | undefined> {
  const credential = await credentialFor(reference.host, dockerConfigDir(env), env).catch(() => undefined)
  const client = new RegistryClient(reference, credential, PATIENCE)
  const manifest = await client.manifest(reference.tag ?? 'latest')
  if (!manifest) return undefined
  const image = await readImage(manifest, (digest) => client.blob(digest))
  return {
    context: `docker-image://${formatReference({ ...reference, digest: image.digest })}`,
    platforms: platformsOf(image),
    close: nothing,
  }
}

async function savedIn(folder: string, digest: string): Promise<Omit<SavedMounts, 'close'>> {
  const read = (blob: string) => readFile(join(folder, blobPath(blob)), 'utf8')
  const image = await readImage({ digest, mediaType: '', body: await read(digest) }, read)
  return { context: `oci-layout://${folder}@${digest}`, platforms: platformsOf(image) }
}

async function entryIn(folder: string, scope: string): Promise<Descriptor | undefined> {
  return entryNamed(await readIndex(folder), scope)
}

function platformsOf({ platforms }: RemoteImage): string[] {
  return [...platforms.keys()]
}
