// What all test beds of a machine share: the kernel's handlers, and a few places whose paths no daemon lets one choose. How they
// were found is noted before the first test bed changes anything, and the last one to go puts them back.

import { existsSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { foundEmulation, restoreEmulation } from './emulation.mjs'
import { exclusively } from './lock.mjs'
import { privateFolder } from './places.mjs'
import { cgroupFolders, sweepCgroups } from './sweep.mjs'

// Gone after a reboot, as what is noted there is.
const NOTES = '/run/manifold-testbed'
const NOTE = join(NOTES, 'machine.json')

// dockerd looks for plugins there, containerd's shims have their sockets there, and buildx puts its containers into a cgroup of
// that name. Empty ones remain of them.
const FOLDERS = ['/run/docker/plugins', '/run/docker', '/run/containerd/s', '/run/containerd']
const CGROUP = 'docker'

/**
 * @typedef {object} Note
 * @property {import('./emulation.mjs').Found} emulation
 * @property {string[]} folders those that were there
 * @property {boolean} cgroup whether the cgroup was there
 * @property {string[]} users the folders of the test beds since
 */

/**
 * Notes how the machine was found, if no other test bed has, and that this one uses it.
 *
 * @param {string} dir the test bed's folder
 */
export async function enterMachine(dir) {
  if (process.getuid?.() !== 0) return // Who cannot change these things need not put them back.
  await exclusively('machine', async () => {
    const note = read() ?? {
      emulation: foundEmulation(),
      folders: FOLDERS.filter((folder) => existsSync(folder)),
      cgroup: cgroupFolders(CGROUP).length > 0,
      users: [],
    }
    write({ ...note, users: [...new Set([...note.users, dir])] })
  })
}

/**
 * Puts the machine back as it was found, unless another test bed still uses it.
 *
 * @param {string} dir the test bed that goes
 */
export async function leaveMachine(dir) {
  if (process.getuid?.() !== 0) return
  await exclusively('machine', async () => {
    const note = read()
    if (!note) return
    const users = note.users.filter((user) => user !== dir && existsSync(user))
    if (users.length > 0) return write({ ...note, users })
    await restoreEmulation(note.emulation)
    for (const folder of FOLDERS) if (!note.folders.includes(folder)) removeEmpty(folder)
    if (!note.cgroup) sweepCgroups(CGROUP)
    rmSync(NOTES, { recursive: true, force: true })
  })
}

/** @param {string} folder */
function removeEmpty(folder) {
  try {
    rmdirSync(folder)
  } catch {
    // It is in use, by an engine that is none of ours; or it has never been there.
  }
}

/** @returns {Note | undefined} */
function read() {
  return existsSync(NOTE) ? JSON.parse(readFileSync(NOTE, 'utf8')) : undefined
}

/** @param {Note} note */
function write(note) {
  privateFolder(NOTES)
  writeFileSync(NOTE, JSON.stringify(note), { mode: 0o600 })
}
