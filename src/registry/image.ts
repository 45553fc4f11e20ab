import type { Manifest } from './client.ts'
import { formatPlatform, parsePlatform } from './platform.ts'

/** What a tag or digest in a registry stands for. */
export interface RemoteImage {
  readonly digest: string
  /** Digest of the image for each platform; attestations are no platform. */
  readonly platforms: ReadonlyMap<string, string>
  /** Bytes to download for each platform, where they were asked for and the registry tells. */
  readonly sizes?: ReadonlyMap<string, number>
}

interface Descriptor {
  readonly digest?: unknown
  readonly platform?: { readonly os?: unknown; readonly architecture?: unknown; readonly variant?: unknown }
}

/**
 * Reads an index, or an image's manifest with its configuration.
 *
 * @param readConfig gives the text of a configuration by its digest; only asked for a manifest that is no index
 * @throws Error when the manifest is not one of an image
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export async function readImage(manifest: Manifest, readConfig: (digest: string) => Promise<string>): Promise<RemoteImage> {
  const parsed = JSON.parse(manifest.body) as { manifests?: readonly Descriptor[]; config?: Descriptor }
  if (Array.isArray(parsed.manifests)) {
    const platforms = new Map<string, string>()
    for (const { digest, platform } of parsed.manifests as readonly Descriptor[]) {
      const name = platformName(platform)
      if (typeof digest === 'string' && name !== undefined) platforms.set(name, digest)
    }
    return { digest: manifest.digest, platforms }
  }
  if (typeof parsed.config?.digest !== 'string') throw new Error(`${manifest.digest} is neither an image index nor an image manifest`)
  const name = platformName(JSON.parse(await readConfig(parsed.config.digest)) as Descriptor['platform'])
  return { digest: manifest.digest, platforms: new Map(name === undefined ? [] : [[name, manifest.digest]]) }
}

/** The name as buildx writes it, or undefined for what is no image to run, such as the `unknown/unknown` of attestations. */
function platformName(platform: Descriptor['platform']): string | undefined {
  const { os, architecture, variant } = platform ?? {}
  if (typeof os !== 'string' || typeof architecture !== 'string' || os === 'unknown') return undefined
  const text = typeof variant === 'string' && variant !== '' ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`
  try {
    return formatPlatform(parsePlatform(text))
  } catch {
    return text
  }
}
