import { RegistryClient } from '../registry/client.ts'
import { credentialFor } from '../registry/credentials.ts'
import type { Reference } from '../registry/reference.ts'
import type { Env } from '../runner/env.ts'
import { mirroredReferences, type RegistrySetting } from './registries.ts'

const PATIENCE = 5_000

/**
 * Where to pull an image from that the engine itself needs, BuildKit's or the installer of emulators: the mirrors that have
 * it, in their order, then its own registry.
 */
export async function imageSources(
  image: Reference,
  settings: readonly RegistrySetting[],
  configDir: string,
  env: Env,
): Promise<Reference[]> {
  const mirrored = mirroredReferences(image, settings)
  const there = await Promise.all(mirrored.map((each) => isThere(each, configDir, env)))
  return [...mirrored.filter((_, index) => there[index]), image]
}

/** A mirror that cannot be asked from here is passed over: the image's own registry stands behind it. */
async function isThere(image: Reference, configDir: string, env: Env): Promise<boolean> {
  try {
    const client = new RegistryClient(image, await credentialFor(image.host, configDir, env), PATIENCE)
    return (await client.manifest(image.digest ?? image.tag ?? 'latest')) !== undefined
  } catch {
    return false
  }
}
