// Two registries with an account each. Loopback only: the engine and BuildKit speak plain HTTP to 127.0.0.0/8 unasked.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import { accountOf, htpasswdLine, writeAccount } from './account.mjs'
import { privateFolder } from './places.mjs'
import { serving, start } from './process.mjs'
import { sweepProcesses } from './sweep.mjs'

/** @typedef {import('./state.mjs').Registry} Registry */

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
  const { status, headers } = await fetch(`http://${host}${path}`, {
    method: 'HEAD',
    headers: { authorization, accept },
    signal: AbortSignal.timeout(5000),
  })
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
  writeFileSync(htpasswd, await htpasswdLine(account, part), { mode: 0o600 })
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
