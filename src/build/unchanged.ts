import { RegistryClient } from '../registry/client.ts'
import { contentOf } from '../registry/content.ts'
import { credentialFor } from '../registry/credentials.ts'
import type { Reference } from '../registry/reference.ts'
import { dockerConfigDir, type Env } from '../runner/env.ts'
import type { HeldTag } from './check.ts'

const TIMEOUT = 20_000

/**
 * Finds the tags, with the digests that they have, whose image has the same content as one that has just been pushed by its digest. A tag that cannot be read
 * counts as changed: then it is pushed, which is what would have happened anyway.
 *
 * @param source a repository that holds the new image
 * @throws Error when the new image cannot be read back
 */
export async function findUnchanged(source: Reference, digest: string, tags: readonly Reference[], env: Env): Promise<HeldTag[]> {
  const open = async (reference: Reference) => {
    return new RegistryClient(reference, await credentialFor(reference.host, dockerConfigDir(env), env), TIMEOUT)
  }
  const made = await open(source)
  const manifest = await made.manifest(digest)
  if (!manifest) throw new Error(`push: ${source.host}/${source.path}@${digest} cannot be read back, though it was reported as pushed`)
  const content = await contentOf(manifest, made)
  const look = async (reference: Reference): Promise<HeldTag | undefined> => {
    const client = await open(reference)
    const there = await client.manifest(reference.tag ?? 'latest')
    if (!there) return undefined
    const same = there.digest === digest || (await contentOf(there, client)) === content
    return same ? { reference, digest: there.digest } : undefined
  }
  const found = await Promise.all(tags.map((reference) => look(reference).catch(() => undefined)))
  return found.filter((each) => each !== undefined)
}
