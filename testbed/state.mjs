// What a test bed knows about itself: the value of `up`, kept in `state.json`.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Engine
 * @property {string} host `unix://…`
 * @property {number} [pid] absent for an engine that is not ours
 * @property {string} [log]
 * @property {string} [dataRoot]
 * @property {string} version
 * @property {boolean} [external] it ran before the test bed and is only used
 */

/**
 * @typedef {object} Registry
 * @property {string} host `127.0.0.1:PORT`
 * @property {string} username
 * @property {string} password
 * @property {number} pid
 * @property {string} log where every request stands; see requests.mjs
 * @property {string} storage
 */

/**
 * @typedef {object} Images
 * @property {string} [buildkit] the reference it has in the engine; absent where BuildKit could not be built
 * @property {string} [buildkitTar] for `docker load` into another engine
 * @property {string} binfmt an installer of emulators with the options of tonistiigi/binfmt; see binfmt/install.sh
 * @property {string} binfmtTar
 */

/** @typedef {Partial<Record<'buildkitd' | 'buildctl' | 'buildx' | 'act' | 'node24', string>>} Tools paths */
/** @typedef {{name: string, why: string, part?: string}} Skipped `part`: which part of the test bed could not do it */

/**
 * @typedef {object} State
 * @property {string} dir
 * @property {string} bin
 * @property {Engine} [engine]
 * @property {Engine} [classic]
 * @property {{path: string, version: string}} [buildx]
 * @property {{a: Registry, b: Registry}} [registries]
 * @property {{platforms: string[]}} [qemu] what the kernel serves by now beyond this machine's own
 * @property {string} [base] the base image's reference in registry a
 * @property {Images} [images]
 * @property {Tools} [tools]
 * @property {Skipped[]} skipped
 */

/**
 * @param {string} dir
 * @returns {State | undefined} nothing if the test bed is down
 */
export function readState(dir) {
  try {
    return JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * Writes the state in one step, readable by its owner only: it holds the passwords of the registries.
 *
 * @param {State} state
 */
export function writeState(state) {
  const path = join(state.dir, 'state.json')
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/**
 * @param {State} state
 * @returns {State} the same without passwords, fit to be shown
 */
export function withoutSecrets(state) {
  if (!state.registries) return state
  const { a, b } = state.registries
  return { ...state, registries: { a: { ...a, password: '***' }, b: { ...b, password: '***' } } }
}
