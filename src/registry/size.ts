import type { Manifest, RegistryClient } from './client.ts'
import type { RemoteImage } from './image.ts'

/** More platforms than anybody builds for. */
const MOST = 32

/**
 * What a machine downloads of an image, by platform: the layers as they are stored, and the configuration. Takes one request
 * for each platform, all at once, and none for an image without an index.
 *
 * @param manifest what the image was read from
 * @returns bytes; a platform whose manifest cannot be had is left out
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export async function readSizes(
  { platforms }: RemoteImage,
  manifest: Manifest,
  client: Pick<RegistryClient, 'manifest'>,
): Promise<ReadonlyMap<string, number>> {
  const found = [...platforms].slice(0, MOST).map(async ([platform, digest]) => {
    const own = digest === manifest.digest ? manifest : await client.manifest(digest).catch(() => undefined)
    const size = own && sizeOf(own)
    return size === undefined ? [] : [[platform, size] as const]
  })
  return new Map((await Promise.all(found)).flat())
}

function sizeOf({ body }: Manifest): number | undefined {
  try {
    const { config, layers } = JSON.parse(body) as { config?: { size?: unknown }; layers?: readonly { size?: unknown }[] }
    const sizes = [config, ...(layers ?? [])].map((each) => each?.size)
    return sizes.every((size) => typeof size === 'number') ? (sizes as number[]).reduce((sum, size) => sum + size, 0) : undefined
  } catch {
    return undefined
  }
}
