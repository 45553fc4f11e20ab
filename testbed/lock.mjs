// One at a time, across processes. The lock is a name in the kernel's abstract socket namespace, so it ends with the
// process that holds it, however that ends: nothing to clean up, and no stale lock to tell from a live one.
// https://man7.org/linux/man-pages/man7/unix.7.html ("abstract")

import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `work` while no other process runs under the same name.
 *
 * @template T
 * @param {string} name any text; the same name excludes each other on this machine
 * @param {() => Promise<T>} work
 * @param {{seconds?: number, waiting?: () => void}} [options] how long to wait for the other one (default 900 s), and
 *   what to do once when there is one
 * @returns {Promise<T>} what `work` gave
 * @throws {Error} if the other one is not done in time
 */
export async function exclusively(name, work, { seconds = 900, waiting } = {}) {
  const until = Date.now() + seconds * 1000
  let release = await take(name)
  if (!release) waiting?.()
  while (!release) {
    if (Date.now() > until) {
      throw new Error(`test bed: waited ${seconds} s for another process that holds "${name}"; let it end, or end it, and try again`)
    }
    await sleep(100)
    release = await take(name)
  }
  try {
    return await work()
  } finally {
    await release()
  }
}

/**
 * @param {string} name
 * @returns {Promise<(() => Promise<void>) | undefined>} what frees the lock; nothing if somebody else holds it
 */
function take(name) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(new Error(`test bed: cannot take the lock "${name}"`, { cause: error }))
    })
    server.listen(`\0manifold-testbed:${name}`, () => {
      server.unref()
      resolve(() => new Promise((done) => server.close(() => done())))
    })
  })
}
