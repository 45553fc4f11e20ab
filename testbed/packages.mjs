// What the other parts run: found where it is installed, installed from Debian where it is not. The engine and buildx come
// from Debian testing behind a pin so low that nothing else moves there.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { debianMirror, release, source } from './apt.mjs'
import { findCommand, isExecutable, outcome, run } from './command.mjs'
import { exclusively } from './lock.mjs'

/**
 * @typedef {object} Programs
 * @property {string} docker the client
 * @property {string} buildx the plugin
 * @property {string} dockerd
 * @property {string} registry Debian's `docker-registry`
 * @property {string} htpasswd
 * @property {string} ip
 */

const TESTING = 'forky'
const FROM_TESTING = ['docker.io', 'docker-cli', 'docker-buildx', 'containerd']
const FROM_HERE = ['docker-registry', 'qemu-user-static', 'binfmt-support', 'apache2-utils', 'iproute2']
const SOURCE = '/etc/apt/sources.list.d/manifold-testbed.sources'
const PREFERENCES = '/etc/apt/preferences.d/manifold-testbed.pref'
const POLICY = '/usr/sbin/policy-rc.d'
const POLICY_TEXT = '#!/bin/sh\n# Made by the test bed of Manifold while it installs packages: no service starts.\nexit 101\n'
const PLUGIN_FOLDERS = ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', '/usr/local/libexec/docker/cli-plugins', '/usr/local/lib/docker/cli-plugins']

// The containerd image store is a feature of the daemon's own configuration since 24; its builds are whole since 25.
const OLDEST_ENGINE = 25

/**
 * Finds all programs, installing what is missing.
 *
 * @returns {Promise<Programs>}
 * @throws {Error} in one line that says what to install, where the test bed cannot do it itself
 */
export async function programs() {
  const before = await found()
  if (before.programs) return before.programs
  if (process.getuid?.() !== 0 || !release()) {
    throw new Error(
      `packages: missing ${before.missing.join(', ')}, and only root on Debian or Ubuntu can have them installed by the test bed; ` +
        `run it as root there, or install Docker Engine ${OLDEST_ENGINE} or newer with buildx, docker-registry, htpasswd and iproute2`,
    )
  }
  await exclusively('packages', async () => {
    const now = await found() // Another test bed may have installed them by now.
    if (!now.programs) await install(now.engine)
  })
  const after = await found()
  if (after.programs) return after.programs
  throw new Error(`packages: installed, yet missing: ${after.missing.join(', ')}; look at what "apt-get install" of them says`)
}

/** @returns {string[]} the emulators that are installed, as paths of `qemu-ARCH-static` */
export function emulators() {
  return ['aarch64', 'arm', 'riscv64', 'ppc64le', 's390x', 'i386', 'x86_64', 'mips64el', 'loongarch64']
    .map((name) => findCommand(`qemu-${name}-static`))
    .filter((path) => path !== undefined)
}

/** @returns {Promise<{programs?: Programs, engine: boolean, missing: string[]}>} `engine`: an engine new enough is there */
async function found() {
  // A machine may have another client first in PATH; the one beside the engine is the one its plugins belong to.
  const docker = findCommand('docker', ['/usr/bin'])
  const buildx = PLUGIN_FOLDERS.map((folder) => `${folder}/docker-buildx`).find(isExecutable)
  const dockerd = findCommand('dockerd', ['/usr/sbin', '/usr/bin'])
  const registry = findCommand('docker-registry')
  const htpasswd = findCommand('htpasswd')
  const ip = findCommand('ip')
  const newEnough = dockerd !== undefined && (await major(dockerd)) >= OLDEST_ENGINE
  const engine = newEnough && docker !== undefined && buildx !== undefined
  const emulation = emulators().length > 1 && findCommand('update-binfmts') !== undefined
  if (docker && buildx && dockerd && newEnough && registry && htpasswd && ip && emulation) {
    return { programs: { docker, buildx, dockerd, registry, htpasswd, ip }, engine, missing: [] }
  }
  const all = { docker, buildx, dockerd: newEnough ? dockerd : undefined, 'docker-registry': registry, htpasswd, ip, 'qemu-user-static': emulation || undefined }
  return { engine, missing: Object.entries(all).filter(([, path]) => !path).map(([name]) => name) }
}

/**
 * @param {string} dockerd
 * @returns {Promise<number>} 0 if it does not say
 */
async function major(dockerd) {
  const { stdout } = await outcome([dockerd, '--version'], { part: 'packages' })
  return Number(/version (\d+)\./.exec(stdout)?.[1] ?? 0)
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
    await apt(['update', ...(fromTesting ? ['-o', `Dir::Etc::SourceList=${SOURCE}`, '-o', 'Dir::Etc::SourceParts=/dev/null', '-o', 'APT::Get::List-Cleanup=0'] : [])])
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
