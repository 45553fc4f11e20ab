// What runs on this machine, as /proc tells it. A pid alone names a process only until the kernel gives it to another one; with
// the time that the process was started at, it is the one.

import { readdirSync, readFileSync } from 'node:fs'

/** @typedef {{pid: number, started: string}} Identity */

const MARKER = 'MANIFOLD_TESTBED_MARK'

/**
 * @param {string} dir the test bed's folder
 * @param {string} part
 * @returns {Record<string, string>} what a daemon, and so all it starts, carries in its environment
 */
export function marked(dir, part) {
  return { [MARKER]: `${dir}:${part}` }
}

/**
 * Everything that runs on behalf of a test bed: what carries its marker, and all descendants of it (a container's
 * processes have an environment of their own).
 *
 * @param {string} dir the test bed's folder
 * @param {string} [part] only what this part started
 * @returns {Identity[]} parents before children
 */
export function belonging(dir, part) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  /** @type {Map<number, number[]>} */
  const children = new Map()
  for (const pid of all) {
    const parent = Number(statFields(pid)?.[1] ?? 0)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const found = new Set(all.filter((pid) => pid !== process.pid && hasMarker(pid, dir, part)))
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child) // A set grows while it is walked.
  return [...found].map(identify).filter((one) => one !== undefined)
}

/**
 * What runs in the containers of a test bed's engines: started by them, and yet without the marker.
 *
 * @param {string} dir
 * @returns {Identity[]}
 */
export function contained(dir) {
  return belonging(dir).filter(({ pid }) => !hasMarker(pid, dir))
}

/**
 * @param {number} pid
 * @returns {Identity | undefined} nothing if there is no such process, or only what is left of one
 */
export function identify(pid) {
  const fields = statFields(pid)
  const started = fields?.[19]
  return started === undefined || fields?.[0] === 'Z' ? undefined : { pid, started }
}

/**
 * @param {number} pid
 * @param {string} dir
 * @param {string} [part]
 */
function hasMarker(pid, dir, part) {
  try {
    const marker = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((variable) => variable.startsWith(`${MARKER}=`))
    return part === undefined ? !!marker?.startsWith(`${MARKER}=${dir}:`) : marker === `${MARKER}=${dir}:${part}`
  } catch {
    return false
  }
}

/**
 * The fields of /proc/PID/stat behind the name, which may itself hold blanks and brackets: [0] state, [1] parent, [19] start.
 * https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 *
 * @param {number} pid
 * @returns {string[] | undefined}
 */
function statFields(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
