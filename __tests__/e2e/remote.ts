import { createHash } from 'node:crypto'
import type { Account } from './bed.ts'

/** What a registry answered for a tag or a digest: read with nothing of the actions' own code. */
export interface Read {
  readonly status: number
  readonly mediaType: string
  /** Computed from the bytes. */
  readonly digest: string
  readonly body: Body
}

interface Body {
  readonly mediaType?: string
  readonly manifests?: readonly { digest: string; platform: { os: string; architecture: string; variant?: string } }[]
  readonly config?: { digest: string }
  readonly layers?: readonly unknown[]
}

const TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/**
 * Reads a manifest.
 *
 * @param name `HOST/PATH:TAG` or `HOST/PATH@DIGEST`
 * @param account undefined asks as nobody
 */
export async function readManifest(name: string, account: Account | undefined): Promise<Read> {
  const { host, path, reference } = split(name)
  const { status, headers, text } = await get(`http://${host}/v2/${path}/manifests/${reference}`, account)
  const body = status === 200 ? (JSON.parse(text) as Body) : {}
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  return { status, mediaType: headers.get('content-type') ?? '', digest, body }
}

/** Platform → digest, as the index of a tag says. Attestations are in it under the platform unknown/unknown. */
export function platformsOf({ body: { manifests = [] } }: Read): Record<string, string> {
  const images = manifests.filter(({ platform }) => platform.os !== 'unknown')
  const names = images.map(({ digest, platform: { os, architecture, variant } }) => {
    return [[os, architecture, ...(variant ? [variant] : [])].join('/'), digest]
  })
  return Object.fromEntries(names)
}

/** The configuration of an image. */
export async function readConfig(name: string, account: Account): Promise<{ os: string; architecture: string; config: Config }> {
  const { body } = await readManifest(name, account)
  const { host, path } = split(name)
  const { text } = await get(`http://${host}/v2/${path}/blobs/${body.config?.digest}`, account)
  return JSON.parse(text)
}

interface Config {
  readonly Labels?: Record<string, string>
  readonly Env?: readonly string[]
}

async function get(url: string, account: Account | undefined) {
  const basic = account && Buffer.from(`${account.username}:${account.password}`).toString('base64')
  const response = await fetch(url, {
    headers: { accept: TYPES.join(', '), ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }) },
    signal: AbortSignal.timeout(10_000),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

function split(name: string): { host: string; path: string; reference: string } {
  const [, host = '', path = '', tag, digest] = /^([^/]+)\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(name) ?? []
  return { host, path, reference: digest ?? tag ?? 'latest' }
}
