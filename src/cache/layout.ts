import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** An entry of an OCI layout's index: https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface Descriptor {
  readonly mediaType?: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

const NAME = 'org.opencontainers.image.ref.name'
const LARGEST = 16 * 1024 * 1024
const DIGEST = /^[a-z0-9]+:[a-f0-9]{32,}$/

/**
 * The entries of a layout's index.json, none when it is not there, empty or not readable: then there is nothing to be lost.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function readIndex(folder: string): Promise<Descriptor[]> {
  try {
    const { manifests } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests?: unknown }
    return Array.isArray(manifests) ? manifests.filter(isDescriptor) : []
  } catch {
    return []
  }
}

/** The text of an index.json with these entries. */
export function formatIndex(manifests: readonly Descriptor[]): string {
  return `${JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests })}\n`
}

/** The entry with a name; the last where several have it. */
export function entryNamed(manifests: readonly Descriptor[], name: string): Descriptor | undefined {
  return manifests.findLast(({ annotations }) => annotations?.[NAME] === name)
}

/** The same entry under another name. */
export function named(entry: Descriptor, name: string): Descriptor {
  return { ...entry, annotations: { ...entry.annotations, [NAME]: name } }
}

/** Where a blob lies in a layout, from the layout's folder. */
export function blobPath(digest: string): string {
  const [algorithm = '', hex = ''] = digest.split(':')
  return join('blobs', algorithm, hex)
}

/**
 * All blobs that belong to an entry, itself included. Only manifests are read, and never more than 16 MiB of one.
 *
 * @throws Error when one is missing or has another size than it should: then the entry is no good
 */
export async function blobsOf(folder: string, entry: Descriptor): Promise<Set<string>> {
  const found = new Set<string>()
  const visit = async (each: Descriptor, isManifest: boolean): Promise<void> => {
    if (found.has(each.digest)) return
    const path = join(folder, blobPath(each.digest))
    const { size } = await stat(path)
    if (size !== each.size) throw new Error(`${path} has ${size} bytes instead of ${each.size}`)
    found.add(each.digest)
    if (!isManifest) return
    if (size > LARGEST) throw new Error(`${path} is too large for a manifest`)
    const { config, layers = [], manifests = [] } = JSON.parse(await readFile(path, 'utf8')) as Manifest
    for (const part of [...(config ? [config] : []), ...layers]) await visit(checked(part), false)
    // In an index that BuildKit wrote for a cache, the layers stand where manifests usually do.
    for (const part of manifests) await visit(checked(part), /manifest|index/.test(part.mediaType ?? ''))
  }
  await visit(checked(entry), true)
  return found
}

interface Manifest {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

function checked(value: unknown): Descriptor {
  if (!isDescriptor(value)) throw new Error('an entry without a digest or a size')
  return value
}

/** The digest becomes part of a path. */
function isDescriptor(value: unknown): value is Descriptor {
  const { digest, size } = (value ?? {}) as Partial<Descriptor>
  return typeof digest === 'string' && DIGEST.test(digest) && typeof size === 'number'
}
