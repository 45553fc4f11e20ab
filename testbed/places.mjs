// Where the test bed keeps things: one cache shared by every test bed of a user, one folder for each test bed.

import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * @typedef {object} Places
 * @property {string} cache what survives `down`: built tools, unpacked packages, packed images
 * @property {string} dir this test bed's own folder; `down` removes it
 * @property {string} bin links to the clients that belong to this test bed's engine
 * @property {string} tag eight hex digits, different for each `dir`: part of the names of bridges and cgroups
 */

// A Unix socket's path holds at most 107 bytes, and containerd's longest one below the folder takes 55 of them.
const LONGEST_DIR = 107 - 55

/**
 * Works out the folders; touches nothing.
 *
 * @param {NodeJS.ProcessEnv} [env] read for MANIFOLD_TESTBED_CACHE, MANIFOLD_TESTBED, XDG_CACHE_HOME and HOME
 * @returns {Places}
 * @throws {Error} if the test bed's folder is too deep to hold Unix sockets
 */
export function places(env = process.env) {
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache')
  const cache = resolve(env.MANIFOLD_TESTBED_CACHE || join(base, 'manifold-testbed'))
  const dir = resolve(env.MANIFOLD_TESTBED || join(cache, 'default'))
  if (Buffer.byteLength(dir) > LONGEST_DIR) {
    throw new Error(
      `test bed: the folder ${dir} is ${Buffer.byteLength(dir)} bytes long and its sockets need one of at most ${LONGEST_DIR}; ` +
        'set MANIFOLD_TESTBED to a shorter path',
    )
  }
  const tag = createHash('sha256').update(dir).digest('hex').slice(0, 8)
  return { cache, dir, bin: join(dir, 'bin'), tag }
}

/**
 * Makes a folder that only its owner can read, with its parents; a folder that exists keeps its content.
 *
 * @param {string} path
 * @returns {string} the same path
 */
export function privateFolder(path) {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  return path
}
