// The private base image in registry a: Debian's static busybox for each architecture, with a link for every applet.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { debianCodename, debianMirror, unpackForeign } from './apt.mjs'
import { run } from './command.mjs'
import { exclusively } from './lock.mjs'
import { pushImage } from './oci.mjs'
import { privateFolder } from './places.mjs'
import { askRegistry } from './registries.mjs'

const part = 'base'
const REPOSITORY = 'base/busybox'
const TAG = '1.0'

/** Debian's names and ours. armel is code for ARMv5, which an ARMv6 runs. @type {Readonly<Record<string, import('./oci.mjs').Platform>>} */
const PLATFORMS = {
  amd64: { os: 'linux', architecture: 'amd64' },
  arm64: { os: 'linux', architecture: 'arm64' },
  armhf: { os: 'linux', architecture: 'arm', variant: 'v7' },
  armel: { os: 'linux', architecture: 'arm', variant: 'v6' },
}

/**
 * Puts the base image into the registry unless it is there.
 *
 * @param {import('./places.mjs').Places} places
 * @param {import('./state.mjs').Registry} registry
 * @returns {Promise<string>} its reference
 */
export async function base({ cache }, registry) {
  const reference = `${registry.host}/${REPOSITORY}:${TAG}`
  const { status } = await askRegistry(registry, `/v2/${REPOSITORY}/manifests/${TAG}`)
  if (status === 200) return reference
  const layers = await busyboxLayers(cache)
  const images = Object.entries(PLATFORMS).flatMap(([name, platform]) => (layers[name] ? [{ platform, layer: layers[name] }] : []))
  await pushImage({ registry, repository: REPOSITORY, tag: TAG }, images, { Cmd: ['/bin/sh'], Env: ['PATH=/usr/bin:/bin'] })
  return reference
}

/**
 * A static busybox of this machine's own architecture, for images that need a shell and little else.
 *
 * @param {string} cache
 * @returns {Promise<string>} the path of a layer, a tar.gz
 */
export async function nativeBusybox(cache) {
  const layer = (await busyboxLayers(cache))[await nativeArchitecture()]
  if (layer === undefined) throw new Error(`${part}: there is no busybox for this machine's architecture`)
  return layer
}

/**
 * @param {string} cache
 * @returns {Promise<Record<string, string>>} Debian's architecture → path of its layer
 */
async function busyboxLayers(cache) {
  const folder = join(cache, `busybox-${debianCodename()}`)
  await exclusively(folder, async () => {
    if (existsSync(folder)) return
    const mirror = await debianMirror()
    const work = mkdtempSync(join(privateFolder(cache), '.busybox-'))
    try {
      await unpackForeign({ mirror, packages: ['busybox-static'], architectures: Object.keys(PLATFORMS) }, work)
      const applets = (await run([join(work, await nativeArchitecture(), 'bin/busybox'), '--list'], { part })).trim().split('\n')
      const done = privateFolder(join(work, 'layers'))
      for (const name of Object.keys(PLATFORMS)) {
        const busybox = join(work, name, 'bin/busybox')
        if (existsSync(busybox)) await packLayer(busybox, applets, join(done, `${name}.tar.gz`))
      }
      renameSync(done, folder) // In one step: a folder that is there is whole.
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
  return Object.fromEntries(readdirSync(folder).map((file) => [file.replace(/\.tar\.gz$/, ''), join(folder, file)]))
}

/**
 * @param {string} busybox
 * @param {readonly string[]} applets
 * @param {string} layer where the tar.gz goes; the same bytes for the same busybox
 */
async function packLayer(busybox, applets, layer) {
  const root = `${layer}.root`
  for (const name of ['bin', 'etc', 'root', 'tmp', 'usr/bin']) mkdirSync(join(root, name), { recursive: true, mode: 0o755 })
  renameSync(busybox, join(root, 'bin/busybox'))
  for (const name of applets) if (name !== 'busybox') symlinkSync('/bin/busybox', join(root, 'bin', name))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n', { mode: 0o644 })
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n', { mode: 0o644 })
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX']
  await run(['tar', ...same, '-I', 'gzip -n', '-cf', layer, '-C', root, '.'], { part })
  rmSync(root, { recursive: true, force: true })
}

/** @returns {Promise<string>} Debian's name */
async function nativeArchitecture() {
  return (await run(['dpkg', '--print-architecture'], { part })).trim()
}
