// QEMU through the kernel's binfmt_misc. Its handlers are the whole machine's: see machine.mjs for how they are put back.
// https://docs.kernel.org/admin-guide/binfmt-misc.html

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { arch } from 'node:os'
import { join } from 'node:path'

import { findCommand, run } from './command.mjs'
import { exclusively } from './lock.mjs'

const part = 'emulation'
const BINFMT = '/proc/sys/fs/binfmt_misc'

/** @typedef {{mounted: boolean, handlers: string[]}} Found */

/** @type {Readonly<Record<string, {native: string[], platforms: string[]}>>} */
const EMULATORS = {
  'qemu-x86_64': { native: ['x64'], platforms: ['linux/amd64'] },
  'qemu-aarch64': { native: ['arm64'], platforms: ['linux/arm64'] },
  'qemu-arm': { native: ['arm64', 'arm'], platforms: ['linux/arm/v7', 'linux/arm/v6'] },
  'qemu-riscv64': { native: ['riscv64'], platforms: ['linux/riscv64'] },
  'qemu-ppc64le': { native: ['ppc64'], platforms: ['linux/ppc64le'] },
  'qemu-s390x': { native: ['s390x'], platforms: ['linux/s390x'] },
}

/**
 * Mounts binfmt_misc and registers the emulators that are not registered. Who is not root, or has no emulators, gets what
 * there is.
 *
 * @returns {Promise<string[]>} the platforms that the kernel serves now beyond its own
 * @throws {Error} if it cannot be mounted or a handler cannot be registered
 */
export async function emulation() {
  const wanted = Object.entries(EMULATORS).filter(([, { native }]) => !native.includes(arch()))
  const update = findCommand('update-binfmts')
  if (process.getuid?.() !== 0 || update === undefined)
    return wanted.filter(([name]) => isRegistered(name)).flatMap(([, { platforms }]) => platforms)
  return exclusively(part, async () => {
    if (!isMounted()) await run(['mount', '-t', 'binfmt_misc', 'binfmt_misc', BINFMT], { part })
    for (const [name] of wanted) {
      if (!isRegistered(name)) await run([update, '--enable', name], { part })
      if (!isRegistered(name))
        throw new Error(
          `${part}: update-binfmts said it registered ${name}, and the kernel does not have it; look at "update-binfmts --display ${name}"`,
        )
    }
    return wanted.flatMap(([, { platforms }]) => platforms)
  })
}

/** @returns {Found} what there is before anything is changed: installing the packages registers handlers too */
export function foundEmulation() {
  return { mounted: isMounted(), handlers: handlers() }
}

/**
 * Puts the handlers back as they were found.
 *
 * @param {Found} found
 */
export async function restoreEmulation(found) {
  // Only names that Debian's packages brought: a handler that somebody else registered meanwhile is theirs.
  const ours = [...debianFormats(), ...Object.keys(EMULATORS)]
  for (const name of handlers()) if (ours.includes(name) && !found.handlers.includes(name)) writeFileSync(join(BINFMT, name), '-1')
  if (!found.mounted && isMounted() && handlers().length === 0) await run(['umount', BINFMT], { part })
}

/** @returns {string[]} the names of what is registered */
function handlers() {
  return isMounted() ? readdirSync(BINFMT).filter((name) => name !== 'register' && name !== 'status') : []
}

/** @returns {boolean} */
function isMounted() {
  return existsSync(join(BINFMT, 'register'))
}

/** @param {string} name */
function isRegistered(name) {
  return existsSync(join(BINFMT, name)) && readFileSync(join(BINFMT, name), 'utf8').startsWith('enabled')
}

/** @returns {string[]} */
function debianFormats() {
  return ['/var/lib/binfmts', '/usr/share/binfmts'].filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder))
}
