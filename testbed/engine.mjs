// A Docker Engine of our own beside any other: its socket, data, bridge and cgroups belong to this test bed alone.

import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'

import { makeBridge } from './network.mjs'
import { privateFolder } from './places.mjs'
import { serving, start } from './process.mjs'
import { sweepProcesses, sweepShims } from './sweep.mjs'

/** @typedef {import('./state.mjs').Engine} Engine */

/** The engines a test bed can have: one with the containerd image store, one with the classic one. */
export const STORES = /** @type {const} */ ({ engine: true, classic: false })

/** @typedef {keyof typeof STORES} EngineName */

const OVERLAYFS = 0x794c7630 // statfs's f_type: https://man7.org/linux/man-pages/man2/statfs.2.html

/**
 * Starts the engine unless it runs.
 *
 * @param {EngineName} name
 * @param {import('./places.mjs').Places} places
 * @param {{dockerd: string, ip: string}} programs
 * @returns {Promise<Engine>}
 * @throws {Error} with the end of the engine's log if it does not come up
 */
export async function engine(name, { dir, tag }, programs) {
  const root = privateFolder(join(dir, name))
  const socket = join(root, 'docker.sock')
  const log = join(root, 'dockerd.log')
  const dataRoot = join(root, 'data')
  const pidFile = join(root, 'pid.json')
  const bridge = bridgeName(name, tag)
  await makeBridge(programs.ip, bridge)
  let pid = await serving({ pidFile, ready: () => answers(socket) })
  if (pid === undefined) {
    // A dockerd that was killed leaves its containerd and its containers behind: the next one would spend half a minute on
    // them, and end them all the same.
    await sweepProcesses(dir, name)
    sweepShims(dir, [name])
    // dockerd refuses to start over a pid file whose number some process has by now, even another one's.
    rmSync(join(root, 'docker.pid'), { force: true })
    const config = join(root, 'daemon.json')
    writeFileSync(
      config,
      JSON.stringify(settings({ root, socket, dataRoot, bridge, cgroup: cgroupName(tag), containerd: STORES[name] }), null, 2),
      { mode: 0o600 },
    )
    pid = await start({ part: name, argv: [programs.dockerd, '--config-file', config], log, pidFile, dir, ready: () => answers(socket) })
  }
  const { Version: version } = /** @type {{Version: string}} */ (await ask(socket, '/version'))
  return { host: `unix://${socket}`, pid, log, dataRoot, version }
}

/**
 * @param {EngineName} name
 * @param {string} tag
 * @returns {string} at most 15 bytes
 */
export function bridgeName(name, tag) {
  return `mf${name[0]}-${tag}`
}

/**
 * @param {string} tag
 * @returns {string} the cgroup below which this test bed's containers live
 */
export function cgroupName(tag) {
  return `manifold-${tag}`
}

/**
 * Asks an engine over its socket: far quicker than starting the client.
 * https://docs.docker.com/reference/api/engine/
 *
 * @param {string} socket
 * @param {string} path
 * @returns {Promise<unknown>} the answer's JSON; the text where it is none; nothing if the answer is 404
 * @throws {Error} if nobody answers within 5 s, or with any other status
 */
export function ask(socket, path) {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, path, timeout: 5000 }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => {
        if (answer.statusCode === 404) resolve(undefined)
        else if (answer.statusCode !== 200) reject(new Error(`engine: ${path} answered ${answer.statusCode}`))
        else resolve(answer.headers['content-type']?.includes('json') ? JSON.parse(text) : text)
      })
    })
    asked.once('timeout', () => asked.destroy(new Error(`engine: no answer to ${path} within 5 s`)))
    asked.once('error', reject)
    asked.end()
  })
}

// A name that no image has: the engine asks containerd all the same, and has none to measure.
const NO_IMAGE = encodeURIComponent(JSON.stringify({ reference: ['manifold-testbed/none'] }))

/**
 * Asks for images, which `/_ping` does not: only an engine whose containerd serves it can list them.
 *
 * @param {string} socket
 */
async function answers(socket) {
  return existsSync(socket) && Array.isArray(await ask(socket, `/images/json?filters=${NO_IMAGE}`).catch(() => undefined))
}

/**
 * @param {{root: string, socket: string, dataRoot: string, bridge: string, cgroup: string, containerd: boolean}} engine
 * @returns {object} the daemon's configuration: https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file
 */
function settings({ root, socket, dataRoot, bridge, cgroup, containerd }) {
  // overlayfs cannot lie on overlayfs, and that is where a test bed inside a container has its files.
  const nested = statfsSync(root).type === OVERLAYFS
  return {
    hosts: [`unix://${socket}`],
    'data-root': dataRoot,
    'exec-root': join(root, 'exec'),
    pidfile: join(root, 'docker.pid'),
    bridge,
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'cgroup-parent': `/${cgroup}`,
    'shutdown-timeout': 3,
    features: { 'containerd-snapshotter': containerd },
    ...(nested ? { 'storage-driver': containerd ? 'native' : 'vfs' } : {}),
  }
}
