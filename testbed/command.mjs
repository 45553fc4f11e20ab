// Short commands: argv in, output out, judged by the exit code.

import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env] the whole environment; default this process's own
 * @property {string} [cwd]
 * @property {string | Buffer} [input] what the command reads from stdin; default nothing
 * @property {number} [seconds] after these the command is killed; default 120
 * @property {string} [part] which part of the test bed asks, for the error
 */

/** @typedef {{code: number, stdout: string, stderr: string}} Outcome */

/**
 * Runs a command to its end.
 *
 * @param {readonly string[]} argv
 * @param {RunOptions} [options]
 * @returns {Promise<Outcome>} whatever the exit code is; 128 + n after signal n
 * @throws {Error} if the command cannot be started or does not end in time
 */
export function outcome(argv, { env, cwd, input, seconds = 120, part = 'test bed' } = {}) {
  const [command, ...rest] = argv
  if (command === undefined) throw new TypeError('outcome: argv is empty')
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { env: env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'], ...(cwd ? { cwd } : {}) })
    /** @type {Buffer[]} */
    const stdout = []
    /** @type {Buffer[]} */
    const stderr = []
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, seconds * 1000)
    child.stdout.on('data', (chunk) => stdout.push(chunk))
    child.stderr.on('data', (chunk) => stderr.push(chunk))
    child.stdin.on('error', () => {}) // A command that does not read its input is judged by its exit code.
    child.stdin.end(input ?? '')
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(new Error(`${part}: cannot start ${command}: ${error.message}`, { cause: error }))
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const ended = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
      if (late) reject(new Error(`${part}: ${command} did not end within ${seconds} s\n${lastLines(ended.stderr)}`))
      else resolve({ ...ended, code: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15) })
    })
  })
}

/**
 * Runs a command that must succeed.
 *
 * @param {readonly string[]} argv
 * @param {RunOptions} [options]
 * @returns {Promise<string>} its standard output
 * @throws {Error} with the part, the command's name and the last 20 lines it wrote, if it exits with anything but 0
 */
export async function run(argv, options = {}) {
  const { code, stdout, stderr } = await outcome(argv, options)
  if (code === 0) return stdout
  const [command, first] = argv
  throw new Error(
    `${options.part ?? 'test bed'}: ${[command, first].filter(Boolean).join(' ')} ended with code ${code}\n${lastLines(stderr.trim() ? stderr : stdout)}`,
  )
}

/**
 * @param {string} text
 * @param {number} [count]
 * @returns {string} the last lines of a text, without an empty one at its end
 */
export function lastLines(text, count = 20) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

// Daemons live in sbin, which a user's PATH often leaves out.
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** @returns {string} this process's PATH with the system's folders behind it */
export function searchPath() {
  const own = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...new Set([...own, ...SYSTEM_PATH])].join(delimiter)
}

/**
 * Finds an executable by name.
 *
 * @param {string} name
 * @param {readonly string[]} [first] folders looked at before PATH
 * @returns {string | undefined} its path
 */
export function findCommand(name, first = []) {
  return [...first, ...searchPath().split(delimiter)].map((folder) => join(folder, name)).find(isExecutable)
}

/**
 * @param {string} path
 * @returns {boolean}
 */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
