// QEMU through the kernel's binfmt_misc. Its handlers are the whole machine's: what was found is noted before the first test
// bed changes anything (installing the packages registers handlers too), and the last test bed to go puts it back.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch } from 'node:os'
import { join } from 'node:path'

import { findCommand, run } from './command.mjs'
import { exclusively } from './lock.mjs'
import { privateFolder } from './places.mjs'

const part = 'emulation'
const BINFMT = '/proc/sys/fs/binfmt_misc'
// Gone after a reboot, as the handlers are.
const NOTES = '/run/manifold-testbed'
const NOTE = join(NOTES, 'emulation.json')

/** @typedef {{mounted: boolean, handlers: string[], users: string[]}} Note what was found, and the folders of the test beds since */

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
 * Notes what the kernel serves before anything is changed, and that this test bed uses it from now on.
 *
 * @param {string} dir the test bed's folder
 */
export async function noteEmulation(dir) {
  if (process.getuid?.() !== 0) return // Who cannot change it need not put it back.
  return exclusively(part, async () => {
    const note = readNote() ?? { mounted: isMounted(), handlers: handlers(), users: [] }
    writeNote({ ...note, users: [...new Set([...note.users, dir])] })
  })
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
  if (process.getuid?.() !== 0 || update === undefined) return wanted.filter(([name]) => isRegistered(name)).flatMap(([, { platforms }]) => platforms)
  return exclusively(part, async () => {
    if (!isMounted()) await run(['mount', '-t', 'binfmt_misc', 'binfmt_misc', BINFMT], { part })
    for (const [name] of wanted) {
      if (!isRegistered(name)) await run([update, '--enable', name], { part })
      if (!isRegistered(name)) throw new Error(`${part}: update-binfmts said it registered ${name}, and the kernel does not have it; look at "update-binfmts --display ${name}"`)
    }
    return wanted.flatMap(([, { platforms }]) => platforms)
  })
}

/**
 * Puts the handlers back as they were found, unless another test bed still uses them.
 *
 * @param {string} dir the test bed that goes
 */
export async function undoEmulation(dir) {
  if (process.getuid?.() !== 0) return
  return exclusively(part, async () => {
    const note = readNote()
    if (!note) return
    const users = note.users.filter((user) => user !== dir && existsSync(user))
    if (users.length > 0) return writeNote({ ...note, users })
    // Only names that Debian's packages brought: a handler that somebody else registered meanwhile is theirs.
    const ours = [...debianFormats(), ...Object.keys(EMULATORS)]
    for (const name of handlers()) {
      if (ours.includes(name) && !note.handlers.includes(name)) writeFileSync(join(BINFMT, name), '-1') // https://docs.kernel.org/admin-guide/binfmt-misc.html
    }
    if (!note.mounted && isMounted() && handlers().length === 0) await run(['umount', BINFMT], { part })
    rmSync(NOTES, { recursive: true, force: true })
  })
}

/** @returns {string[]} the names of what is registered */
export function handlers() {
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

/** @returns {Note | undefined} */
function readNote() {
  return existsSync(NOTE) ? JSON.parse(readFileSync(NOTE, 'utf8')) : undefined
}

/** @param {Note} note */
function writeNote(note) {
  privateFolder(NOTES)
  writeFileSync(NOTE, JSON.stringify(note), { mode: 0o600 })
}
