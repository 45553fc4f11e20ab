import type { Manifest } from './client.ts'
import { formatPlatform, parsePlatform } from './platform.ts'

/** Reads parts of one repository. */
export interface ContentReader {
  /** By digest; undefined when it is not there. */
  readonly manifest: (digest: string) => Promise<Manifest | undefined>
  readonly blob: (digest: string) => Promise<string>
}

interface Index {
  readonly manifests?: readonly {
    readonly digest: string
    readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string }
  }[]
  readonly config?: { readonly digest: string }
}

interface Configuration {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly config?: { readonly Labels?: Readonly<Record<string, string>> | null }
  readonly rootfs?: { readonly diff_ids?: readonly string[] }
}

/** Labels that tell when and from which commit an image was made, not what is in it. */
const PASSING = ['org.opencontainers.image.created', 'org.opencontainers.image.revision']

/**
 * What an image or index holds, as text that is the same for the same content: of each platform the layers, uncompressed, and
 * how the image is to be run. When it was made, from which commit, and attestations are left out.
 *
 * @throws Error when it is not one of an image
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 */
export async function contentOf(manifest: Manifest, reader: ContentReader): Promise<string> {
  const { manifests, config } = JSON.parse(manifest.body) as Index
  const images = manifests
    ? await Promise.all(manifests.filter(isImage).map(({ digest }) => imageOf(digest, reader)))
    : config
      ? [await configurationOf(config.digest, reader)]
      : []
  if (images.length === 0) throw new Error(`${manifest.digest} is neither an image index nor an image manifest`)
  return JSON.stringify(images.map(describe).sort())
}

function isImage({ platform }: NonNullable<Index['manifests']>[number]): boolean {
  return platform?.os !== 'unknown'
}

async function imageOf(digest: string, reader: ContentReader): Promise<Configuration> {
  const manifest = await reader.manifest(digest)
  const { config } = JSON.parse(manifest?.body ?? '{}') as Index
  if (!config) throw new Error(`${digest} is not an image manifest`)
  return configurationOf(config.digest, reader)
}

async function configurationOf(digest: string, reader: ContentReader): Promise<Configuration> {
  return JSON.parse(await reader.blob(digest)) as Configuration
}

function describe({ os = '', architecture = '', variant, config, rootfs }: Configuration): string {
  const { Labels, ...run } = config ?? {}
  const labels = Object.entries(Labels ?? {}).filter(([name]) => !PASSING.includes(name))
  const platform = formatPlatform(parsePlatform([os, architecture, ...(variant ? [variant] : [])].join('/')))
  return JSON.stringify([platform, rootfs?.diff_ids ?? [], sorted(run), sorted(Object.fromEntries(labels))])
}

/** Pairs in the order of their names, so that the order in which they were written does not count. */
function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
