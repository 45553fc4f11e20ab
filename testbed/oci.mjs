// Puts an image for several platforms into a registry without an engine: so the engine never has it in its store, and a build
// that has no right to pull it cannot have it.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#push

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

import { digestOf, json, OCI } from './digest.mjs'

/** @typedef {import('./state.mjs').Registry} Registry */
/** @typedef {{os: 'linux', architecture: string, variant?: string}} Platform */
/** @typedef {{mediaType: string, digest: string, size: number}} Descriptor */

/**
 * @param {{registry: Registry, repository: string, tag: string}} target
 * @param {readonly {platform: Platform, layer: string}[]} images each of one layer, the path of a tar.gz
 * @param {{Cmd?: string[], Env?: string[]}} config https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
 * @returns {Promise<string>} the digest of the index
 * @throws {Error} naming the registry and its answer if it refuses
 */
export async function pushImage({ registry, repository, tag }, images, config) {
  const to = { registry, repository }
  const manifests = await Promise.all(
    images.map(async ({ platform, layer }) => {
      const bytes = readFileSync(layer)
      const rootfs = { type: 'layers', diff_ids: [digestOf(gunzipSync(bytes))] }
      const [layerDescriptor, configDescriptor] = await Promise.all([
        pushBlob(to, bytes, `${OCI}.layer.v1.tar+gzip`),
        pushBlob(
          to,
          json({ created: '1970-01-01T00:00:00Z', ...platform, config, rootfs, history: [{ created: '1970-01-01T00:00:00Z' }] }),
          `${OCI}.config.v1+json`,
        ),
      ])
      const manifest = json({ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config: configDescriptor, layers: [layerDescriptor] })
      return { ...(await pushManifest(to, manifest, `${OCI}.manifest.v1+json`, digestOf(manifest))), platform }
    }),
  )
  const index = json({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests })
  return (await pushManifest(to, index, `${OCI}.index.v1+json`, tag)).digest
}

/** @typedef {{registry: Registry, repository: string}} Target */

/**
 * @param {Target} to
 * @param {Buffer} bytes
 * @param {string} mediaType
 * @returns {Promise<Descriptor>}
 */
async function pushBlob(to, bytes, mediaType) {
  const digest = digestOf(bytes)
  const begun = await send(to, 'POST', `/v2/${to.repository}/blobs/uploads/`)
  const place = new URL(begun.headers.get('location') ?? '', `http://${to.registry.host}`)
  place.searchParams.set('digest', digest)
  await send(to, 'PUT', `${place.pathname}${place.search}`, bytes, 'application/octet-stream')
  return { mediaType, digest, size: bytes.length }
}

/**
 * @param {Target} to
 * @param {Buffer} bytes
 * @param {string} mediaType
 * @param {string} reference a tag or the digest
 * @returns {Promise<Descriptor>}
 */
async function pushManifest(to, bytes, mediaType, reference) {
  await send(to, 'PUT', `/v2/${to.repository}/manifests/${reference}`, bytes, mediaType)
  return { mediaType, digest: digestOf(bytes), size: bytes.length }
}

/**
 * @param {Target} to
 * @param {'POST' | 'PUT'} method
 * @param {string} path
 * @param {Buffer} [body]
 * @param {string} [type]
 * @returns {Promise<Response>}
 */
async function send({ registry: { host, username, password } }, method, path, body, type) {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const headers = { authorization, ...(type ? { 'content-type': type } : {}) }
  const answer = await fetch(`http://${host}${path}`, {
    method,
    headers,
    signal: AbortSignal.timeout(30_000),
    ...(body ? { body: new Uint8Array(body) } : {}),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`registry ${host}: ${method} ${path.split('?')[0]} answered ${answer.status}: ${text.slice(0, 300)}`)
  return answer
}
