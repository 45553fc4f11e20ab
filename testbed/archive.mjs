// An image of this machine's architecture as a file that `docker load` takes, for both image stores: an OCI layout, which the
// containerd store reads, with the classic store's manifest.json beside it. No engine is needed to make it.
// https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { run } from './command.mjs'
import { digestOf, json, OCI } from './digest.mjs'

const part = 'images'

/**
 * @param {{tar: string, reference: string, base: string}} target where it goes, what it is called (`NAME:TAG` of Docker Hub),
 *   and the tar.gz of its first layer; the tar's name up to `-KEY.tar` becomes the label `manifold.testbed`
 * @param {object} config https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md
 * @param {(root: string) => Promise<void>} fill puts the second layer's files into a folder
 */
export async function packArchive({ tar, reference, base }, config, fill) {
  const work = mkdtempSync(join(dirname(tar), '.pack-'))
  try {
    const root = join(work, 'root')
    mkdirSync(root, { mode: 0o755 })
    await fill(root)
    const layer = join(work, 'layer.tar.gz')
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
    await run(['tar', ...same, '-I', 'gzip -n -1', '-cf', layer, '-C', root, '.'], { part })

    const layout = join(work, 'layout')
    mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })
    const put = (/** @type {Buffer} */ bytes) => {
      const digest = digestOf(bytes)
      writeFileSync(join(layout, 'blobs', digest.replace(':', '/')), bytes)
      return { digest, size: bytes.length }
    }
    const layers = [base, layer].map((path) => readFileSync(path))
    const Labels = { 'manifold.testbed': /-([0-9a-f]+)\.tar/.exec(tar)?.[1] ?? '' }
    const diffIds = layers.map((bytes) => digestOf(gunzipSync(bytes)))
    const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch }
    const configBlob = put(json({ ...platform, config: { ...config, Labels }, rootfs: { type: 'layers', diff_ids: diffIds } }))
    const layerBlobs = layers.map((bytes) => ({ mediaType: `${OCI}.layer.v1.tar+gzip`, ...put(bytes) }))
    const mediaType = `${OCI}.manifest.v1+json`
    const manifest = put(
      json({ schemaVersion: 2, mediaType, config: { mediaType: `${OCI}.config.v1+json`, ...configBlob }, layers: layerBlobs }),
    )
    const annotations = {
      'io.containerd.image.name': `docker.io/${reference}`,
      'org.opencontainers.image.ref.name': reference.split(':')[1],
    }
    const file = (/** @type {{digest: string}} */ { digest }) => `blobs/${digest.replace(':', '/')}`
    writeFileSync(join(layout, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
    writeFileSync(
      join(layout, 'index.json'),
      json({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests: [{ mediaType, ...manifest, platform, annotations }] }),
    )
    writeFileSync(join(layout, 'manifest.json'), json([{ Config: file(configBlob), RepoTags: [reference], Layers: layerBlobs.map(file) }]))
    await run(['tar', ...same, '-cf', tar, '-C', layout, '.'], { part })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
