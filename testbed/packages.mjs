// What the other parts run: found where it is installed, installed from Debian where it is not. The engine and buildx come
// from Debian testing behind a pin so low that nothing else moves there.

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { debianMirror, hasLists, release, source, unpackForeign } from './apt.mjs'
import { findCommand, outcome, run } from './command.mjs'
import { externalEngine, findBuildx, findDocker } from './external.mjs'
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

const TESTING = 'forky'
const FROM_TESTING = ['docker.io', 'docker-cli', 'docker-buildx', 'containerd']
const FROM_HERE = ['docker-registry', 'qemu-user-static', 'binfmt-support', 'iproute2']
const SOURCE = '/etc/apt/sources.list.d/manifold-testbed.sources'
const PREFERENCES = '/etc/apt/preferences.d/manifold-testbed.pref'
const POLICY = '/usr/sbin/policy-rc.d'
const POLICY_TEXT = '#!/bin/sh\n# Made by the test bed of Manifold while it installs packages: no service starts.\nexit 101\n'

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
      if (!now.ours || !now.emulation) await install(now.engine)
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
  if (docker && buildx && dockerd && registry && ip) return { ours: { docker, buildx, registry, engine: { dockerd, ip } }, engine, emulation, missing: [] }
  const all = { docker, buildx, [`dockerd ${OLDEST_ENGINE} or newer`]: dockerd, 'docker-registry': registry, ip }
  return { engine, emulation, missing: Object.entries(all).filter(([, path]) => !path).map(([name]) => name) }
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

/** @param {boolean} haveEngine an engine from elsewhere stays as it is */
async function install(haveEngine) {
  const here = /** @type {import('./apt.mjs').Release} */ (release())
  const fromTesting = here.id === 'debian' && !haveEngine
  if (fromTesting) {
    const { uri } = await debianMirror()
    writeFileSync(SOURCE, source({ uri, codename: TESTING }), { mode: 0o644 })
    writeFileSync(PREFERENCES, `Package: *\nPin: release n=${TESTING}\nPin-Priority: 100\n`, { mode: 0o644 })
  }
  const engine = haveEngine ? [] : fromTesting ? FROM_TESTING.map((name) => `${name}/${TESTING}`) : ['docker.io', 'docker-buildx']
  const wanted = [...engine, ...FROM_HERE]
  await withoutServices(async () => {
    // The lists at hand will often do: only the pinned source is new. Old ones name files that are gone; then all are read.
    await apt(['update', ...(fromTesting && (await hasLists()) ? ['-o', `Dir::Etc::SourceList=${SOURCE}`, '-o', 'Dir::Etc::SourceParts=/dev/null', '-o', 'APT::Get::List-Cleanup=0'] : [])])
    const simulated = await outcome(['apt-get', '-s', 'install', ...wanted], { part: 'packages' })
    if (simulated.code !== 0) await apt(['update'])
    await holdStill(wanted)
    try {
      await apt(['install', '-y', '--no-install-recommends', ...wanted])
    } catch {
      await apt(['update'])
      await apt(['install', '-y', '--no-install-recommends', ...wanted])
    }
  })
}

/**
 * Refuses an installation that would remove a package or upgrade one that the engine does not consist of.
 *
 * @param {readonly string[]} wanted
 */
async function holdStill(wanted) {
  const plan = await run(['apt-get', '-s', 'install', '--no-install-recommends', ...wanted], { part: 'packages' })
  const names = wanted.map((name) => name.split('/')[0] ?? name)
  const moved = [...plan.matchAll(/^(Inst (\S+) \[|Remv (\S+) )/gm)].map(([, , upgraded, removed]) => upgraded ?? removed ?? '')
  const others = moved.filter((name) => !names.includes(name))
  if (others.length > 0) {
    throw new Error(`packages: installing the engine would replace or remove ${others.join(', ')}; install Docker Engine and buildx yourself and try again`)
  }
}

/** @param {readonly string[]} words */
async function apt(words) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' }
  const settings = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-o', 'APT::Update::Post-Invoke-Success=']
  await run(['apt-get', '-q', ...settings, ...words], { part: 'packages', env, seconds: 900 })
}

/**
 * Packages of daemons start them when they are installed, unless this file says no:
 * https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
 *
 * @param {() => Promise<void>} work
 */
async function withoutServices(work) {
  const made = !existsSync(POLICY)
  if (made) writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 })
  try {
    await work()
  } finally {
    // Also one that an earlier run, killed in the middle, left behind.
    if (made || readFileSync(POLICY, 'utf8') === POLICY_TEXT) rmSync(POLICY, { force: true })
  }
}
