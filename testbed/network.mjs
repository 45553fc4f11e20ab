// A bridge for each engine: without one of its own, dockerd would take or make docker0, and with none its builds fail
// ("network bridge not found").

import { existsSync } from 'node:fs'

import { outcome, run } from './command.mjs'
import { exclusively } from './lock.mjs'

const part = 'network'

/** @typedef {{dst: string, dev?: string}} Route as `ip -json route` prints it */

/**
 * Makes the bridge if it is not there, with an address of a network that this machine does not use: a /24 between
 * 172.28.0.0 and 172.31.255.255, which lies behind the pools that Docker takes networks from first.
 *
 * @param {string} ip the `ip` program
 * @param {string} name at most 15 bytes: https://man7.org/linux/man-pages/man8/ip-link.8.html
 * @returns {Promise<boolean>} whether it had to be made
 * @throws {Error} if no such network is free, or the kernel refuses
 */
export function makeBridge(ip, name) {
  return exclusively('network', async () => {
    /** @type {Route[]} */
    const routes = JSON.parse(await run([ip, '-json', '-4', 'route', 'show', 'table', 'all'], { part }))
    if (existsSync(`/sys/class/net/${name}`)) {
      if (routes.some((route) => route.dev === name)) return false
      await removeBridge(ip, name) // Without an address: an `up` was killed between the two steps below.
    }
    const used = routes.filter(({ dst }) => dst !== 'default').map(({ dst }) => range(dst))
    const free = Array.from({ length: 4 * 256 }, (_, at) => `172.${31 - (at >> 8)}.${at & 255}`).find((net) => {
      const wanted = range(`${net}.0/24`)
      return !used.some((one) => one.first <= wanted.last && wanted.first <= one.last)
    })
    if (free === undefined) throw new Error(`${part}: every /24 network between 172.28.0.0 and 172.31.255.255 is in use on this machine`)
    await run([ip, 'link', 'add', 'name', name, 'type', 'bridge'], { part })
    await run([ip, 'address', 'add', `${free}.1/24`, 'dev', name], { part })
    await run([ip, 'link', 'set', name, 'up'], { part })
    return true
  })
}

/**
 * Removes a bridge; does nothing if there is none.
 *
 * @param {string} ip
 * @param {string} name
 */
export async function removeBridge(ip, name) {
  if (existsSync(`/sys/class/net/${name}`)) await outcome([ip, 'link', 'delete', name, 'type', 'bridge'], { part })
}

/**
 * @param {string} net `10.0.0.0/8`, or one address
 * @returns {{first: number, last: number}}
 */
function range(net) {
  const [address = '', bits = '32'] = net.split('/')
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const size = 2 ** (32 - Number(bits))
  const first = Math.floor(number / size) * size
  return { first, last: first + size - 1 }
}
