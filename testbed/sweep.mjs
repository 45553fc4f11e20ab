// What daemons leave behind when they did not end by themselves: processes, sockets, mounts, cgroups.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { outcome } from './command.mjs'
import { belonging } from './proc.mjs'
import { stop } from './process.mjs'

/**
 * Ends every process that carries the test bed's marker, and what those started.
 *
 * @param {string} dir
 * @param {string} [part] only what this part started
 */
export async function sweepProcesses(dir, part) {
  // A process may start another one while it is ended.
  for (let round = 0; round < 3; round++) {
    const left = belonging(dir, part)
    if (left.length === 0) return
    await Promise.all(left.map((one) => stop(one, round === 0 ? 3 : 0)))
  }
}

/**
 * Removes the sockets of container shims that were killed. They lie in one folder for all of a machine's containerds, under
 * names that only the shims' own folders tell.
 *
 * @param {string} dir
 * @param {readonly string[]} [engines]
 */
export function sweepShims(dir, engines = ['engine', 'classic']) {
  for (const name of engines) {
    const tasks = join(dir, name, 'exec/containerd/daemon/io.containerd.runtime.v2.task')
    for (const namespace of list(tasks)) {
      for (const container of list(join(tasks, namespace))) {
        for (const file of ['address', 'bootstrap.json']) {
          const path = join(tasks, namespace, container, file)
          const [, socket] = (existsSync(path) && /unix:\/\/(\/run\/containerd\/s\/[0-9a-f]+)/.exec(readFileSync(path, 'utf8'))) || []
          if (socket) rmSync(socket, { force: true })
        }
      }
    }
  }
}

/**
 * Unmounts everything below a folder, the innermost first.
 *
 * @param {string} dir
 */
export async function sweepMounts(dir) {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((point) => point.startsWith(`${dir}/`))
  for (const point of points.reverse()) await outcome(['umount', '--lazy', point])
}

/**
 * Removes an empty tree of cgroups, in every hierarchy that has it.
 *
 * @param {string} name
 */
export function sweepCgroups(name) {
  for (const folder of cgroupFolders(name)) removeTree(folder)
}

/**
 * @param {string} name of a cgroup at the top
 * @returns {string[]} its folders: one with version 2, one for each hierarchy that has it with version 1
 */
export function cgroupFolders(name) {
  const root = '/sys/fs/cgroup'
  return ['', ...list(root)].map((hierarchy) => join(root, hierarchy, name)).filter((folder) => existsSync(folder))
}

/** @param {string} folder a cgroup, which goes by rmdir alone: the files in it are the kernel's */
function removeTree(folder) {
  for (const name of list(folder)) removeTree(join(folder, name))
  try {
    rmdirSync(folder)
  } catch {
    // It still has a process; that is told by what is left running, not here.
  }
}

/**
 * @param {string} folder
 * @returns {string[]} the names of the folders in it; none if it is none
 */
function list(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
