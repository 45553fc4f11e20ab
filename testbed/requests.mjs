// What a registry was asked, read from its log: one entry for each request that was answered.

import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} path with its query
 * @property {number} status
 * @property {string} [user] the account that the registry let in; absent if it let nobody in
 */

/**
 * @param {string} logPath a registry's `log` in the state
 * @returns {number} the length of the log in bytes: what `requests` takes as the place to start from
 */
export function offset(logPath) {
  return statSync(logPath).size
}

/**
 * The requests that were answered since some place in the log, in the order of the answers. docker-registry logs with status
 * what it answers itself below `/v2/`; other paths (a plain 404) leave no line.
 *
 * @param {string} logPath a registry's `log` in the state
 * @param {number} [sinceOffset] in bytes; default the beginning
 * @returns {Request[]}
 * @throws {Error} if the log cannot be read
 */
export function requests(logPath, sinceOffset = 0) {
  // The log does not say who was let in; but each registry here knows a single account, and answers nobody else.
  const { username: user } = JSON.parse(readFileSync(join(dirname(logPath), 'account.json'), 'utf8'))
  /** @type {Request[]} */
  const found = []
  for (const line of textFrom(logPath, sinceOffset).split('\n')) {
    const entry = parse(line)
    const method = entry?.['http.request.method']
    const path = entry?.['http.request.uri']
    if (typeof method !== 'string' || typeof path !== 'string') continue
    const message = String(entry?.msg)
    if (message.startsWith('error authorizing context')) found.push({ method, path, status: 401 })
    else if (message.startsWith('response completed')) found.push({ method, path, status: Number(entry?.['http.response.status']), user })
  }
  return found
}

/**
 * @param {string} path
 * @param {number} from
 * @returns {string}
 */
function textFrom(path, from) {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.max(0, statSync(path).size - from))
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from)).toString()
  } finally {
    closeSync(file)
  }
}

/**
 * @param {string} line
 * @returns {Record<string, unknown> | undefined} nothing for a line that is no entry, or not yet a whole one
 */
function parse(line) {
  try {
    return line.startsWith('{') ? JSON.parse(line) : undefined
  } catch {
    return undefined
  }
}
