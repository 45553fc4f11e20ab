// Daemons: started detached, remembered by pid *and* start time, stopped by pid only while that pid still is the same
// process. Every daemon, and so all it starts, carries a marker in its environment: what a killed `up` left without a pid
// file is found by it.

import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { lastLines, searchPath } from './command.mjs'
import { identify, marked } from './proc.mjs'

/**
 * @typedef {object} Daemon
 * @property {string} part which part of the test bed it is, for errors
 * @property {readonly string[]} argv
 * @property {string} log a file; added to, never cut
 * @property {string} pidFile
 * @property {string} dir the test bed's folder
 * @property {() => Promise<boolean>} ready says whether it answers
 * @property {number} [seconds] how long that may take; default 30
 */

/** @typedef {import('./proc.mjs').Identity} Identity */

/**
 * Starts a daemon and waits until it answers.
 *
 * @param {Daemon} daemon
 * @returns {Promise<number>} its pid
 * @throws {Error} naming the part, with the end of its log, if it ends early or does not answer in time; it is stopped then
 */
export async function start({ part, argv, log, pidFile, dir, ready, seconds = 30 }) {
  const [command, ...rest] = argv
  if (command === undefined) throw new TypeError('start: argv is empty')
  const output = openSync(log, 'a', 0o600)
  const offset = statSync(log).size
  /** @type {string | undefined} */
  let ended
  const child = spawn(command, rest, {
    detached: true,
    stdio: ['ignore', output, output],
    // Nothing of the caller's: no proxy, no DOCKER_*, no secret of a CI job ends up in a daemon.
    env: { PATH: searchPath(), HOME: process.env.HOME ?? '/root', ...marked(dir, part) },
  })
  closeSync(output)
  child.once('error', (error) => {
    ended = `could not be started: ${error.message}`
  })
  child.once('exit', (code, signal) => {
    ended = `ended ${signal ? `by ${signal}` : `with code ${code}`} before it was ready`
  })
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (identity) writeFileSync(pidFile, JSON.stringify(identity), { mode: 0o600 })
  child.unref()
  const until = Date.now() + seconds * 1000
  while (ended === undefined) {
    if (await ready().catch(() => false)) return /** @type {number} */ (child.pid)
    if (Date.now() > until) ended = `did not answer within ${seconds} s`
    else await sleep(25)
  }
  if (identity) await stop(identity)
  rmSync(pidFile, { force: true })
  const said = lastLines(readFileSync(log).subarray(offset).toString())
  throw new Error(`${part}: ${command} ${ended}; the end of its log (${log}):\n${said || '(it wrote nothing)'}`)
}

/**
 * @param {string} pidFile as `start` wrote it
 * @returns {Identity | undefined} the process, if it still runs and still is the one that was started
 */
export function living(pidFile) {
  try {
    const { pid, started } = JSON.parse(readFileSync(pidFile, 'utf8'))
    const now = identify(pid)
    return now && now.started === started ? now : undefined
  } catch {
    return undefined
  }
}

/**
 * The daemon that serves already. One that runs and does not answer is given some time, and then ended.
 *
 * @param {Pick<Daemon, 'pidFile' | 'ready'> & {seconds?: number}} daemon `seconds` to wait for an answer; default 30:
 *   an engine that lost its containerd needs 15 to find the next one, and a busy machine must not cost a sound engine its life
 * @returns {Promise<number | undefined>} its pid; nothing if none serves
 */
export async function serving({ pidFile, ready, seconds = 30 }) {
  const until = Date.now() + seconds * 1000
  for (let daemon = living(pidFile); daemon; daemon = living(pidFile)) {
    if (await ready().catch(() => false)) return daemon.pid
    if (Date.now() > until) await stop(daemon)
    else await sleep(50)
  }
  return undefined
}

/**
 * Ends a process: SIGTERM, then SIGKILL. Does nothing if it has gone or if its pid is another process's by now.
 *
 * @param {Identity} process_
 * @param {number} [seconds] between the two signals; default 15
 */
export async function stop(process_, seconds = 15) {
  for (const [signal, patience] of /** @type {const} */ ([
    ['SIGTERM', seconds],
    ['SIGKILL', 5],
  ])) {
    if (!isSame(process_)) return
    try {
      process.kill(process_.pid, signal)
    } catch {
      return
    }
    const until = Date.now() + patience * 1000
    while (isSame(process_) && Date.now() < until) await sleep(20)
  }
}

/** @param {Identity} one */
function isSame({ pid, started }) {
  return identify(pid)?.started === started
}
