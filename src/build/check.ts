import { exec } from '../docker/exec.ts'
import { RegistryClient } from '../registry/client.ts'
import { credentialFor } from '../registry/credentials.ts'
import { type RemoteImage, readImage } from '../registry/image.ts'
import { formatReference, formatRepository, type Reference } from '../registry/reference.ts'
import { readSizes } from '../registry/size.ts'
import { dockerConfigDir, type Env } from '../runner/env.ts'

/** What a pushed tag must be. */
export interface Expectation {
  readonly reference: Reference
  readonly digest: string
  /** Empty when none were asked for: then any will do. */
  readonly platforms: readonly string[]
  /** Whether to read the manifest of each platform as well, for its size. */
  readonly sizes?: boolean
}

const TIMEOUT = 20_000

/**
 * Reads back what was pushed, once for each repository, and holds it against what was asked for.
 *
 * @param buildx the words that call buildx, which reads the registry where this process cannot (a private authority, a mirror)
 * @returns the image with the digest of each platform
 * @throws Error that names the reference: not readable, or without a platform that was asked for
 */
export async function checkPushed(
  expectations: readonly Expectation[],
  buildx: readonly string[],
  env: Env,
): Promise<RemoteImage | undefined> {
  const firsts = new Map(expectations.toReversed().map((expectation) => [formatRepository(expectation.reference), expectation]))
  const images = await Promise.all([...firsts.values()].toReversed().map((expectation) => checkOne(expectation, buildx, env)))
  return images[0]
}

/** A tag, and the digest that it is to have. */
export interface HeldTag {
  readonly reference: Reference
  readonly digest: string
}

/** Those of some tags that are there with their digest; one that cannot be asked counts as not being there. */
export async function liveTags(tags: readonly HeldTag[], env: Env): Promise<Reference[]> {
  const look = async ({ reference, digest }: HeldTag) => {
    const credential = await credentialFor(reference.host, dockerConfigDir(env), env)
    const manifest = await new RegistryClient(reference, credential, TIMEOUT).manifest(reference.tag ?? digest)
    return manifest?.digest === digest
  }
  const found = await Promise.all(tags.map((tag) => look(tag).catch(() => false)))
  return tags.filter((_, index) => found[index]).map(({ reference }) => reference)
}

async function checkOne(
  { reference, digest, platforms, sizes = false }: Expectation,
  buildx: readonly string[],
  env: Env,
): Promise<RemoteImage> {
  const name = formatReference(reference)
  const image = await readBack({ reference, digest, sizes }, env).catch((first: unknown) =>
    readByTool({ reference, digest, platforms }, buildx, { env, first }),
  )
  const missing = platforms.filter((platform) => !image.platforms.has(platform))
  if (missing.length > 0) {
    const there = [...image.platforms.keys()].join(', ') || 'none'
    throw new Error(
      `push: ${name} is in the registry without ${missing.join(', ')} (it has ${there}); build again, and look for another job that pushes the same tag`,
    )
  }
  return image
}

async function readBack({ reference, digest, sizes }: Omit<Expectation, 'platforms'>, env: Env): Promise<RemoteImage> {
  const credential = await credentialFor(reference.host, dockerConfigDir(env), env)
  const client = new RegistryClient(reference, credential, TIMEOUT)
  const tagged = await client.manifest(reference.tag ?? digest)
  // Another job may have moved the tag since: what was pushed by this one is then known by its digest alone.
  const manifest = tagged?.digest === digest ? tagged : await client.manifest(digest)
  if (!tagged) throw new Error(`${formatReference(reference)} is not there`)
  if (manifest?.digest !== digest) throw new Error(`${formatRepository(reference)} does not hold ${digest}`)
  const image = await readImage(manifest, (config) => client.blob(config))
  return sizes ? { ...image, sizes: await readSizes(image, manifest, client) } : image
}

async function readByTool(
  { reference, digest }: Expectation,
  buildx: readonly string[],
  { env, first }: { env: Env; first: unknown },
): Promise<RemoteImage> {
  const name = `${formatRepository(reference)}@${digest}`
  const inspect = (...args: string[]) => exec([...buildx, 'imagetools', 'inspect', ...args], { env, timeout: TIMEOUT })
  const raw = await inspect('--raw', name)
  if (raw.exitCode !== 0) {
    const said = raw.stderr.trim().split('\n').at(-1) ?? ''
    throw new Error(`push: ${name} cannot be read back (${said}); the push was reported as done, so check the tag in the registry`, {
      cause: first,
    })
  }
  return readImage({ digest, mediaType: '', body: raw.stdout }, async () => {
    const { stdout } = await inspect('--format', '{{json .Image}}', name)
    return stdout
  })
}
