// Two images that tests would otherwise pull from Docker Hub, packed from what this machine has: BuildKit for the
// docker-container driver, and an installer of emulators.

import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { findCommand, run } from './command.mjs'
import { ask } from './engine.mjs'
import { exclusively } from './lock.mjs'
import { BINFMT, BUILDKIT, binfmtKey, buildkitKey, packBinfmt, packBuildkit } from './pack.mjs'
import { privateFolder } from './places.mjs'

const part = 'images'

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
    result.buildkitTar = await packed(places.cache, 'buildkit', buildkitKey(buildkitd, runc), (tar) =>
      packBuildkit(places.cache, { buildkitd, buildctl, runc }, tar),
    )
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
  const image = /** @type {{Config?: {Labels?: Record<string, string>}} | undefined} */ (
    await ask(host.replace('unix://', ''), `/images/${reference}/json`)
  )
  if (image?.Config?.Labels?.['manifold.testbed'] === key) return
  const config = mkdtempSync('/tmp/manifold-testbed-')
  try {
    await run([docker, '--host', host, 'load', '--quiet', '--input', tar], {
      part,
      env: { PATH: process.env.PATH, DOCKER_CONFIG: config },
      seconds: 120,
    })
  } finally {
    rmSync(config, { recursive: true, force: true })
  }
}
