// What the other parts run: found where it is installed, and installed where it is not.

import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { debianMirror, release, unpackForeign } from './apt.mjs'
import { findCommand, outcome, run } from './command.mjs'
import { externalEngine, findBuildx, findDocker } from './external.mjs'
import { install } from './install.mjs'
import { exclusively } from './lock.mjs'
import { privateFolder } from './places.mjs'

/**
 * @typedef {object} Programs
 * @property {string} docker the client
 * @property {string} buildx the plugin
 * @property {string} registry Debian's `docker-registry`
 * @property {{dockerd: string, ip: string} | {external: import('./state.mjs').Engine}} engine what an engine of our own needs,
 *   or one that runs already and may be used
 */

// The containerd image store is a feature of the daemon's own configuration since 24; its builds are whole since 25.
const OLDEST_ENGINE = 25

/**
 * Finds all programs, installing what is missing. Who may not install or start an engine gets one that runs already.
 *
 * @param {import('./places.mjs').Places} places
 * @returns {Promise<Programs>}
 * @throws {Error} in one line that says what to install, where the test bed cannot do it itself
 */
export async function programs({ cache }) {
  const root = process.getuid?.() === 0
  const before = await look()
  if (root && before.ours && (before.emulation || !release())) return before.ours
  if (root && release()) {
    await exclusively('packages', async () => {
      const now = await look() // Another test bed may have installed them by now.
      const here = release()
      if (here && (!now.ours || !now.emulation)) await install(here, now.engine)
    })
    const after = await look()
    if (after.ours) return after.ours
    throw new Error(`packages: installed, yet missing: ${after.missing.join(', ')}; look at what "apt-get install" of them says`)
  }
  const docker = findDocker()
  const buildx = findBuildx()
  const external = docker && buildx ? await externalEngine(docker) : undefined
  if (docker && buildx && external) {
    const registry = findCommand('docker-registry') ?? (await unpackRegistry(cache))
    if (registry) return { docker, buildx, registry, engine: { external } }
  }
  const missing = external ? ['docker-registry'] : [...before.missing, 'a running engine that this user may use']
  throw new Error(
    `packages: this needs a Docker Engine: ${root ? '' : 'run it as root on Debian or Ubuntu, where it installs one for itself; or '}` +
      `install Docker Engine ${OLDEST_ENGINE} or newer with buildx, and docker-registry, and start the engine (missing: ${missing.join(', ')})`,
  )
}

/** @returns {string[]} the emulators that are installed, as paths of `qemu-ARCH-static` */
export function emulators() {
  return ['aarch64', 'arm', 'riscv64', 'ppc64le', 's390x', 'i386', 'x86_64', 'mips64el', 'loongarch64']
    .map((name) => findCommand(`qemu-${name}-static`))
    .filter((path) => path !== undefined)
}

/**
 * @returns {Promise<{ours?: Programs, engine: boolean, emulation: boolean, missing: string[]}>} `engine`: one that is new enough
 *   is installed
 */
async function look() {
  const docker = findDocker()
  const buildx = findBuildx()
  const installed = findCommand('dockerd', ['/usr/sbin', '/usr/bin'])
  const dockerd = installed !== undefined && (await major(installed)) >= OLDEST_ENGINE ? installed : undefined
  const registry = findCommand('docker-registry')
  const ip = findCommand('ip')
  const engine = !!(dockerd && docker && buildx)
  const emulation = emulators().length > 1 && findCommand('update-binfmts') !== undefined
  if (docker && buildx && dockerd && registry && ip)
    return { ours: { docker, buildx, registry, engine: { dockerd, ip } }, engine, emulation, missing: [] }
  const all = { docker, buildx, [`dockerd ${OLDEST_ENGINE} or newer`]: dockerd, 'docker-registry': registry, ip }
  return {
    engine,
    emulation,
    missing: Object.entries(all)
      .filter(([, path]) => !path)
      .map(([name]) => name),
  }
}

/**
 * @param {string} dockerd
 * @returns {Promise<number>} 0 if it does not say
 */
async function major(dockerd) {
  const { stdout } = await outcome([dockerd, '--version'], { part: 'packages' })
  return Number(/version (\d+)\./.exec(stdout)?.[1] ?? 0)
}

/**
 * The registry's program out of its package, which needs no root.
 *
 * @param {string} cache
 * @returns {Promise<string | undefined>} nothing where there is no such package to be had
 */
async function unpackRegistry(cache) {
  if (!release()) return undefined
  const folder = join(cache, 'docker-registry')
  await exclusively(folder, async () => {
    if (existsSync(folder)) return
    const work = mkdtempSync(join(privateFolder(cache), '.docker-registry-'))
    try {
      const own = (await run(['dpkg', '--print-architecture'], { part: 'packages' })).trim()
      const missing = await unpackForeign({ mirror: await debianMirror(), packages: ['docker-registry'], architectures: [own] }, work)
      if (missing.length === 0) renameSync(join(work, own), folder)
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }).catch(() => undefined) // The caller says what to install.
  return findCommand('docker-registry', [join(folder, 'usr/bin')])
}
