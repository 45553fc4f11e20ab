// Two images that tests would otherwise pull from Docker Hub, packed from what this machine has: BuildKit for the
// docker-container driver, and an installer of emulators.

import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { packArchive } from './archive.mjs'
import { nativeBusybox } from './base.mjs'
import { findCommand, outcome, run } from './command.mjs'
import { ask } from './engine.mjs'
import { exclusively } from './lock.mjs'
import { emulators } from './packages.mjs'
import { privateFolder } from './places.mjs'

const part = 'images'
const BUILDKIT = 'moby/buildkit:buildx-stable-1' // What buildx boots when nobody says otherwise.
const BINFMT = 'manifold-testbed/binfmt:stand-in'
const INSTALLER = join(dirname(fileURLToPath(import.meta.url)), 'binfmt/install.sh')

/** @typedef {import('./state.mjs').Images} Images */

/**
 * Packs the images that are not in the cache, and loads them into the engines that do not have them.
 *
 * @param {import('./places.mjs').Places} places
 * @param {import('./state.mjs').Tools} tools
 * @param {readonly import('./state.mjs').Engine[]} engines
 * @param {string} docker the client
 * @returns {Promise<Images>} without the BuildKit image where its programs could not be built
 */
export async function images(places, tools, engines, docker) {
  const binfmtTar = await packed(places.cache, 'binfmt', binfmtKey(), (tar) => packBinfmt(places.cache, tar))
  /** @type {Images} */
  const result = { binfmt: BINFMT, binfmtTar }
  const { buildkitd, buildctl } = tools
  if (buildkitd && buildctl) {
    const runc = findCommand('runc')
    if (runc === undefined) throw new Error(`${part}: runc is not installed; it comes with containerd`)
    result.buildkit = BUILDKIT
    result.buildkitTar = await packed(places.cache, 'buildkit', buildkitKey(buildkitd, runc), (tar) => packBuildkit(places.cache, { buildkitd, buildctl, runc }, tar))
  }
  for (const { host } of engines) {
    await load(docker, host, BINFMT, binfmtTar)
    if (result.buildkitTar) await load(docker, host, BUILDKIT, result.buildkitTar)
  }
  return result
}

/**
 * @param {string} cache
 * @param {string} name
 * @param {string} key
 * @param {(tar: string) => Promise<void>} pack
 * @returns {Promise<string>} the archive's path
 */
async function packed(cache, name, key, pack) {
  const tar = join(cache, 'images', `${name}-${key}.tar`)
  await exclusively(tar, async () => {
    if (existsSync(tar)) return
    privateFolder(dirname(tar))
    await pack(`${tar}.new`)
    renameSync(`${tar}.new`, tar)
  })
  return tar
}

/**
 * @param {string} docker
 * @param {string} host
 * @param {string} reference
 * @param {string} tar
 */
async function load(docker, host, reference, tar) {
  const key = /-([0-9a-f]+)\.tar$/.exec(tar)?.[1] ?? ''
  const image = /** @type {{Config?: {Labels?: Record<string, string>}} | undefined} */ (await ask(host.replace('unix://', ''), `/images/${reference}/json`))
  if (image?.Config?.Labels?.['manifold.testbed'] === key) return
  const config = mkdtempSync('/tmp/manifold-testbed-')
  try {
    await run([docker, '--host', host, 'load', '--quiet', '--input', tar], { part, env: { PATH: process.env.PATH, DOCKER_CONFIG: config }, seconds: 120 })
  } finally {
    rmSync(config, { recursive: true, force: true })
  }
}

/**
 * Laid out as upstream's: https://github.com/moby/buildkit/blob/v0.32.2/Dockerfile ("buildkit-linux").
 *
 * @param {string} cache
 * @param {{buildkitd: string, buildctl: string, runc: string}} programs
 * @param {string} tar
 */
async function packBuildkit(cache, programs, tar) {
  await packArchive(
    { tar, reference: BUILDKIT, base: await nativeBusybox(cache) },
    {
      Entrypoint: ['buildkitd'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'BUILDKIT_SETUP_CGROUPV2_ROOT=1'],
      Volumes: { '/var/lib/buildkit': {} },
    },
    async (root) => {
      mkdirSync(join(root, 'usr/bin'), { recursive: true })
      copyFileSync(programs.buildkitd, join(root, 'usr/bin/buildkitd'))
      copyFileSync(programs.buildctl, join(root, 'usr/bin/buildctl'))
      copyFileSync(programs.runc, join(root, 'usr/bin/buildkit-runc'))
      // Debian's runc is linked dynamically: its libraries and their loader go where it looks for them.
      for (const library of await libraries(programs.runc)) {
        mkdirSync(join(root, dirname(library)), { recursive: true })
        copyFileSync(library, join(root, library))
      }
    },
  )
}

/**
 * @param {string} cache
 * @param {string} tar
 */
async function packBinfmt(cache, tar) {
  const env = ['PATH=/usr/bin:/bin']
  await packArchive({ tar, reference: BINFMT, base: await nativeBusybox(cache) }, { Entrypoint: ['/usr/bin/binfmt'], Env: env }, async (root) => {
    for (const folder of ['usr/bin', 'etc/binfmts']) mkdirSync(join(root, folder), { recursive: true })
    copyFileSync(INSTALLER, join(root, 'usr/bin/binfmt'))
    chmodSync(join(root, 'usr/bin/binfmt'), 0o755)
    for (const path of emulators()) {
      const name = basename(path, '-static')
      const pattern = `/usr/share/binfmts/${name}`
      if (!existsSync(pattern)) continue // This machine's own architecture.
      copyFileSync(path, join(root, 'usr/bin', name))
      copyFileSync(pattern, join(root, 'etc/binfmts', name))
    }
  })
}

/**
 * @param {string} program
 * @returns {Promise<string[]>} paths; none for a static program
 */
async function libraries(program) {
  const { stdout } = await outcome(['ldd', program], { part })
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path]) => path ?? '')
}

/**
 * @param {string} buildkitd its folder's name is a key of what it was built from
 * @param {string} runc
 */
function buildkitKey(buildkitd, runc) {
  return keyOf([dirname(buildkitd), stamp(runc)])
}

function binfmtKey() {
  return keyOf([readFileSync(INSTALLER, 'utf8'), ...emulators().map(stamp)])
}

/** @param {string} path */
function stamp(path) {
  const { size, mtimeMs } = statSync(path)
  return `${path} ${size} ${mtimeMs}`
}

/** @param {readonly string[]} parts */
function keyOf(parts) {
  return createHash('sha256').update(JSON.stringify([1, ...parts])).digest('hex').slice(0, 12)
}
