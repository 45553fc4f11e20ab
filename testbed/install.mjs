// Packages, from this machine's own mirror. On Debian the engine and buildx come from testing, behind a pin so low that nothing
// else moves there.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { debianMirror, hasLists, source } from './apt.mjs'
import { outcome, run } from './command.mjs'

const TESTING = 'forky'
const FROM_TESTING = ['docker.io', 'docker-cli', 'docker-buildx', 'containerd']
const FROM_HERE = ['docker-registry', 'qemu-user-static', 'binfmt-support', 'iproute2']
const SOURCE = '/etc/apt/sources.list.d/manifold-testbed.sources'
const PREFERENCES = '/etc/apt/preferences.d/manifold-testbed.pref'
const POLICY = '/usr/sbin/policy-rc.d'
const POLICY_TEXT = '#!/bin/sh\n# Made by the test bed of Manifold while it installs packages: no service starts.\nexit 101\n'

/**
 * @param {import('./apt.mjs').Release} here
 * @param {boolean} haveEngine one from elsewhere stays as it is
 * @throws {Error} if apt fails, or would have to change what is installed
 */
export async function install(here, haveEngine) {
  const fromTesting = here.id === 'debian' && !haveEngine
  if (fromTesting) {
    const { uri } = await debianMirror()
    writeFileSync(SOURCE, source({ uri, codename: TESTING }), { mode: 0o644 })
    writeFileSync(PREFERENCES, `Package: *\nPin: release n=${TESTING}\nPin-Priority: 100\n`, { mode: 0o644 })
  }
  const engine = haveEngine ? [] : fromTesting ? FROM_TESTING.map((name) => `${name}/${TESTING}`) : ['docker.io', 'docker-buildx']
  const wanted = [...engine, ...FROM_HERE]
  await withoutServices(async () => {
    await run(['dpkg', '--configure', '-a'], { part: 'packages', seconds: 600 }) // After an installation that was killed.
    // The lists at hand will often do: only the pinned source is new. Old ones name files that are gone; then all are read.
    await apt([
      'update',
      ...(fromTesting && (await hasLists())
        ? ['-o', `Dir::Etc::SourceList=${SOURCE}`, '-o', 'Dir::Etc::SourceParts=/dev/null', '-o', 'APT::Get::List-Cleanup=0']
        : []),
    ])
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
    throw new Error(
      `packages: installing the engine would replace or remove ${others.join(', ')}; install Docker Engine and buildx yourself and try again`,
    )
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
