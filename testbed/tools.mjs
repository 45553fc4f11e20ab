// Programs built from Go modules, each pinned by a module of its own in tools/ and built once for all test beds.

import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findCommand, lastLines, outcome, run } from './command.mjs'
import { exclusively } from './lock.mjs'
import { privateFolder } from './places.mjs'

/** @typedef {import('./state.mjs').Tools} Tools */
/** @typedef {import('./state.mjs').Skipped} Skipped */

/**
 * @typedef {object} Module
 * @property {string} name its folder in tools/
 * @property {Readonly<Record<string, string>>} packages name of the program's file → the package it is built from
 * @property {string} module where the version is taken from
 * @property {string} [version] the variable that holds it in the program
 */

/** @type {readonly Module[]} */
const MODULES = [
  { name: 'act', module: 'github.com/nektos/act', packages: { act: 'github.com/nektos/act' } },
  {
    name: 'buildx',
    module: 'github.com/docker/buildx',
    packages: { 'docker-buildx': 'github.com/docker/buildx/cmd/buildx' },
    version: 'github.com/docker/buildx/version.Version',
  },
  {
    name: 'buildkit',
    module: 'github.com/moby/buildkit',
    packages: { buildkitd: 'github.com/moby/buildkit/cmd/buildkitd', buildctl: 'github.com/moby/buildkit/cmd/buildctl' },
    version: 'github.com/moby/buildkit/version.Version',
  },
]

/** @type {Readonly<Record<string, keyof Tools>>} */
const NAMES = { act: 'act', 'docker-buildx': 'buildx', buildkitd: 'buildkitd', buildctl: 'buildctl' }

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), 'tools')

/**
 * Builds what is not in the cache yet, one at a time.
 *
 * @param {import('./places.mjs').Places} places
 * @param {(line: string) => void} say told when a build begins, which takes a minute or so
 * @returns {Promise<{tools: Tools, skipped: Skipped[]}>}
 * @throws {Error} naming the tool, with the end of what Go said, if a build fails
 */
export async function goTools({ cache }, say) {
  const go = findCommand('go', ['/usr/local/go/bin'])
  const version = go === undefined ? '' : (await run([go, 'env', 'GOVERSION'], { part: 'tools', env: goEnvironment() })).trim()
  /** @type {Tools} */
  const tools = {}
  /** @type {Skipped[]} */
  const skipped = []
  for (const module of MODULES) {
    const folder = join(cache, 'tools', `${module.name}-${keyOf(module, version)}`)
    const why = go === undefined ? 'no Go on this machine' : existsSync(folder) ? undefined : await build(go, module, folder, say)
    if (why !== undefined) skipped.push({ name: module.name, why })
    else for (const file of Object.keys(module.packages)) tools[/** @type {keyof Tools} */ (NAMES[file])] = join(folder, file)
  }
  return { tools, skipped }
}

/**
 * @param {string} go
 * @param {Module} module
 * @param {string} folder where the programs go, all or none
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>} why it cannot be built here; nothing if it was
 */
function build(go, module, folder, say) {
  return exclusively('go build', async () => {
    if (existsSync(folder)) return undefined // Another test bed has built it meanwhile.
    say(`${module.name}: building it with Go, once`)
    const work = mkdtempSync(join(privateFolder(dirname(folder)), `.${module.name}-`))
    try {
      const sources = join(SOURCES, module.name)
      for (const [file, path] of Object.entries(module.packages)) {
        const variables = module.version ? ` -X ${module.version}=${versionOf(module)}` : ''
        const argv = [go, 'build', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w${variables}`, '-o', join(work, file), path]
        const { code, stderr } = await outcome(argv, { part: module.name, cwd: sources, env: goEnvironment(), seconds: 1200 })
        const tooOld = /requires go >= ([\d.]+).*GOTOOLCHAIN=local|toolchain not available/.exec(stderr)
        if (tooOld) return `Go ${tooOld[1] ?? 'of a newer version'} is needed, and only an older one is here`
        if (code !== 0) throw new Error(`${module.name}: go build ended with code ${code}; it said last:\n${lastLines(stderr)}`)
      }
      renameSync(work, folder)
      return undefined
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
}

/**
 * @param {Module} module
 * @param {string} go its version
 * @returns {string} the same for the same sources, the same Go and the same way to build
 */
function keyOf(module, go) {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCES, module.name, file)))
  return hash
    .update(JSON.stringify([go, module, process.arch, 1]))
    .digest('hex')
    .slice(0, 12)
}

/** @param {Module} module */
function versionOf({ name, module }) {
  const text = readFileSync(join(SOURCES, name, 'go.mod'), 'utf8')
  const line = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([first]) => first === module)
  if (!line?.[1]) throw new Error(`${name}: its go.mod does not pin ${module}`)
  return line[1]
}

/** @returns {NodeJS.ProcessEnv} */
function goEnvironment() {
  return { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' }
}
