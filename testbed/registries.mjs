// Two registries with an account each. Loopback only: the engine and BuildKit speak plain HTTP to 127.0.0.0/8 unasked.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import { run } from './command.mjs'
import { privateFolder } from './places.mjs'
import { serving, start } from './process.mjs'
import { sweepProcesses } from './sweep.mjs'

/** @typedef {import('./state.mjs').Registry} Registry */
/** @typedef {Pick<Registry, 'username' | 'password'> & {port?: number}} Account */

const NAMES = /** @type {const} */ (['a', 'b'])

/**
 * Starts both registries unless they run. Ports and passwords are chosen at the first start and kept.
 *
 * @param {import('./places.mjs').Places} places
 * @param {import('./packages.mjs').Programs} programs
 * @returns {Promise<{a: Registry, b: Registry}>}
 * @throws {Error} with the end of a registry's log if it does not come up
 */
export async function registries(places, programs) {
  const [a, b] = await Promise.all(NAMES.map((name) => registry(name, places, programs)))
  return { a: /** @type {Registry} */ (a), b: /** @type {Registry} */ (b) }
}

/**
 * Asks a registry as its account does.
 *
 * @param {Registry} registry
 * @param {string} path such as `/v2/base/busybox/manifests/1.0`
 * @returns {Promise<{status: number, digest: string | null}>}
 */
export async function askRegistry({ host, username, password }, path) {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json'
  const { status, headers } = await fetch(`http://${host}${path}`, { method: 'HEAD', headers: { authorization, accept }, signal: AbortSignal.timeout(5000) })
  return { status, digest: headers.get('docker-content-digest') }
}

/**
 * @param {'a' | 'b'} name
 * @param {import('./places.mjs').Places} places
 * @param {import('./packages.mjs').Programs} programs
 * @returns {Promise<Registry>}
 */
async function registry(name, { dir }, programs) {
  const part = `registry ${name}`
  const root = privateFolder(join(dir, `registry-${name}`))
  const storage = privateFolder(join(root, 'storage'))
  const log = join(root, 'registry.log')
  const pidFile = join(root, 'pid.json')
  const account = accountOf(root, name)
  const result = { username: account.username, password: account.password, log, storage }
  const { port: chosen } = account
  if (chosen !== undefined) {
    const pid = await serving({ pidFile, ready: () => answers(chosen) })
    if (pid !== undefined) return { host: `127.0.0.1:${chosen}`, ...result, pid }
  }
  await sweepProcesses(dir, part) // One whose `up` was killed before it was written down.
  const htpasswd = join(root, 'htpasswd')
  writeFileSync(htpasswd, `${account.username}:${await bcrypt(account.password, part)}\n`, { mode: 0o600 })
  const config = join(root, 'config.json')
  const launch = async (/** @type {number} */ port) => {
    writeFileSync(config, JSON.stringify(settings({ name, port, storage, htpasswd }), null, 2), { mode: 0o600 })
    const argv = [programs.registry, 'serve', config]
    const pid = await start({ part, argv, log, pidFile, dir, ready: () => answers(port) })
    writeAccount(root, { ...account, port })
    return { host: `127.0.0.1:${port}`, ...result, pid }
  }
  if (chosen !== undefined) return launch(chosen)
  // Between finding a free port and taking it somebody else may take it: another one is as good at a first start.
  const port = await freePort()
  return launch(port).catch(async (error) => {
    if (!/address already in use/.test(String(error))) throw error
    return launch(await freePort())
  })
}

/**
 * @param {string} root
 * @param {string} name
 * @returns {Account}
 */
function accountOf(root, name) {
  const path = join(root, 'account.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  const account = { username: `account-${name}`, password: password() }
  writeAccount(root, account)
  return account
}

/**
 * @param {string} root
 * @param {Account} account
 */
function writeAccount(root, account) {
  writeFileSync(join(root, 'account.json'), JSON.stringify(account), { mode: 0o600 })
}

/**
 * The one kind of hash that the registry takes. Perl, which no Debian is without, has the C library make it.
 * https://manpages.debian.org/bookworm/libcrypt-dev/crypt.5.en.html ("bcrypt")
 *
 * @param {string} password goes through stdin: argv is for everybody on the machine to read
 * @param {string} part
 * @returns {Promise<string>}
 */
async function bcrypt(password, part) {
  const salt = randomBytes(16).toString('base64').replaceAll('+', '.').slice(0, 21)
  const hash = await run(['perl', '-e', 'local $/; print crypt(<STDIN>, $ARGV[0])', `$2b$05$${salt}.`], { part, input: password })
  if (!hash.startsWith('$2b$')) throw new Error(`${part}: the C library of this machine cannot make a bcrypt hash for the registry's account`)
  return hash
}

/** @returns {string} with what a shell, YAML, JSON, CSV or a form would trip over, so that a fault in quoting shows */
function password() {
  const random = () => randomBytes(6).toString('base64url')
  return `${random()}$HOME "${random()}", '${random()}'\\%:#`
}

/**
 * @param {{name: string, port: number, storage: string, htpasswd: string}} registry
 * @returns {object} JSON is YAML too: https://distribution.github.io/distribution/about/configuration/
 */
function settings({ name, port, storage, htpasswd }) {
  return {
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: randomBytes(16).toString('hex') },
    auth: { htpasswd: { realm: `registry ${name} of Manifold's test bed`, path: htpasswd } },
  }
}

/** @param {number} port */
async function answers(port) {
  try {
    const { status, headers } = await fetch(`http://127.0.0.1:${port}/v2/`, { signal: AbortSignal.timeout(2000) })
    return status === 401 && headers.has('docker-distribution-api-version')
  } catch {
    return false
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}
