import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectDir, readAction } from './action.mjs'

/**
 * How one process of a step ended.
 *
 * @typedef {object} StepResult
 * @property {number | null} exitCode null when it was ended by a signal
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout with the workflow commands in it
 * @property {string} stderr
 * @property {Record<string, string>} outputs
 * @property {Record<string, string>} state
 * @property {string} summary
 * @property {string} error the message of the last ::error:: command, the empty string for none
 */

/**
 * @typedef {object} StepOptions
 * @property {(child: import('node:child_process').ChildProcess, output: () => string) => void} [during] called when the process runs
 * @property {Record<string, string | undefined>} [env] on top of the job's
 */

/**
 * @typedef {object} JobOptions
 * @property {Record<string, string | undefined>} [env] on top of this process's environment, from which nothing of a runner is kept
 * @property {string} [node] the node to run with; this process's own by default
 * @property {(text: string) => void} [tee] gets all output while it comes
 */

/**
 * A job, as a runner sees it: runs the main entries of the committed bundles one after the other with INPUT_* and the file
 * commands, and their post entries in reverse at its end.
 */
export class Job {
  /** @type {{folder: '' | 'login', inputs: Record<string, string>, state: Record<string, string>}[]} */
  #posts = []
  #options
  /** What steps so far have exported for the later ones. @type {Record<string, string>} */
  #exported = {}
  #folder

  /** @param {JobOptions} [options] */
  constructor(options = {}) {
    this.#options = options
    this.#folder = mkdtempSync(join(tmpdir(), 'job-'))
    this.workspace = join(this.#folder, 'workspace')
    this.temp = join(this.#folder, 'temp')
    this.dockerConfig = join(this.#folder, 'docker')
    for (const folder of [this.workspace, this.temp, this.dockerConfig]) mkdirSync(folder, { mode: 0o700 })
  }

  /**
   * Runs the main entry of an action.
   *
   * @param {'' | 'login'} folder
   * @param {Record<string, string>} inputs
   * @param {StepOptions} [options]
   * @returns {Promise<StepResult>}
   */
  async step(folder, inputs, options = {}) {
    const action = readAction(folder)
    for (const name of Object.keys(inputs)) {
      if (!(name in action.defaults)) throw new Error(`action.yml has no input ${name}`)
    }
    const all = { ...withoutExpressions(action.defaults), ...inputs }
    const result = await this.#run(action.main, all, {}, options)
    this.#posts.push({ folder, inputs: all, state: result.state })
    return result
  }

  /**
   * Runs the post entries of all steps so far, the last one first, as at the end of the job.
   *
   * @param {{again?: boolean}} [options] again: keep them, so that they can run a second time
   * @returns {Promise<StepResult[]>}
   */
  async posts({ again = false } = {}) {
    const results = []
    for (const { folder, inputs, state } of this.#posts.toReversed()) {
      results.push(await this.#run(readAction(folder).post, inputs, state, {}))
    }
    if (!again) this.#posts = []
    return results
  }

  /** Removes the job's folders. */
  remove() {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The environment of the job's processes. */
  env() {
    /** @type {Record<string, string | undefined>} */
    const env = {}
    for (const [name, value] of Object.entries(process.env)) {
      if (!/^(?:INPUT_|STATE_|GITHUB_|RUNNER_|ACTIONS_|FORGEJO_|GITEA_|DOCKER_|BUILDX_|BUILDKIT_|NODE_OPTIONS$|npm_)/.test(name))
        env[name] = value
    }
    return {
      ...env,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.workspace,
      RUNNER_TEMP: this.temp,
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: 'X64',
      DOCKER_CONFIG: this.dockerConfig,
      ...this.#options.env,
      ...this.#exported,
    }
  }

  /**
   * @param {string} entry
   * @param {Record<string, string>} inputs
   * @param {Record<string, string>} state
   * @param {StepOptions} options
   * @returns {Promise<StepResult>}
   */
  #run(entry, inputs, state, { during, env = {} }) {
    const folder = mkdtempSync(join(this.#folder, 'step-'))
    const files = Object.fromEntries(['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => [name, join(folder, name)]))
    for (const file of Object.values(files)) writeFileSync(file, '', { mode: 0o600 })
    const child = spawn(this.#options.node ?? process.execPath, [entry], {
      cwd: this.workspace,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...this.env(),
        ...prefixed('INPUT_', inputs),
        ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
        ...Object.fromEntries(Object.entries(files).map(([name, file]) => [`GITHUB_${name}`, file])),
        ...env,
      },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text
      this.#options.tee?.(text)
    })
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stderr += text
      this.#options.tee?.(text)
    })
    during?.(child, () => stdout)
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode, signal) => {
        /** @param {string} name */
        const read = (name) => readFileSync(files[name] ?? '', 'utf8')
        Object.assign(this.#exported, parseFileCommand(read('ENV')))
        resolve({
          exitCode,
          signal,
          stdout,
          stderr,
          outputs: parseFileCommand(read('OUTPUT')),
          state: parseFileCommand(read('STATE')),
          summary: read('STEP_SUMMARY'),
          error: unescapeData([...stdout.matchAll(/^::error(?: [^:]*)?::(.*)$/gm)].at(-1)?.[1] ?? ''),
        })
        rmSync(folder, { recursive: true, force: true })
      })
    })
  }
}

/**
 * Reads the file of a file command: `name<<delimiter`, the value's lines, the delimiter.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
 *
 * @param {string} text
 * @returns {Record<string, string>}
 */
export function parseFileCommand(text) {
  /** @type {Record<string, string>} */
  const values = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const heredoc = /^(.+?)<<(.+)$/.exec(line)
    if (heredoc) {
      const [, name = '', delimiter = ''] = heredoc
      const end = lines.indexOf(delimiter, at + 1)
      if (end < 0) throw new Error(`a file command has no end: ${name}`)
      values[name] = lines.slice(at + 1, end).join('\n')
      at = end
    } else if (line.includes('=')) {
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1)
    } else if (line !== '') throw new Error('a line of a file command has neither = nor <<')
  }
  return values
}

/**
 * A runner puts values in place of the expressions in an action's defaults, such as its token; this one has none to give.
 *
 * @param {Record<string, string>} defaults
 */
function withoutExpressions(defaults) {
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, value.startsWith('${{') ? '' : value]))
}

/**
 * The names of inputs as a runner puts them into the environment.
 *
 * @param {string} prefix
 * @param {Record<string, string>} inputs
 */
function prefixed(prefix, inputs) {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`${prefix}${name.replaceAll(' ', '_').toUpperCase()}`, value]))
}

/** @param {string} text */
function unescapeData(text) {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

export { projectDir }
