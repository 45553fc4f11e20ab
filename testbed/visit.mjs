// Leaving nothing behind in an engine that is somebody else's.

import { run } from './command.mjs'

const part = 'engine'

/**
 * Notes what images and build cache an engine holds.
 *
 * @param {string} docker the client
 * @param {Record<string, string | undefined>} env with the engine's address
 * @returns {Promise<() => Promise<void>>} removes all images and build cache that have come since; nothing else
 */
export async function visit(docker, env) {
  const ask = (/** @type {string[]} */ ...args) => run([docker, ...args], { part, env: /** @type {NodeJS.ProcessEnv} */ (env) })
  const images = async () => lines(await ask('image', 'ls', '--all', '--quiet', '--no-trunc'))
  const caches = async () => lines(await ask('buildx', 'du', '--format', '{{.ID}}'))
  const [imagesBefore, cachesBefore] = [await images(), await caches()]
  return async () => {
    const added = (await images()).filter((id) => !imagesBefore.includes(id))
    if (added.length > 0) await ask('image', 'rm', '--force', ...added)
    // A record that others are built on goes only after them.
    let left = Number.POSITIVE_INFINITY
    for (;;) {
      const records = (await caches()).filter((id) => !cachesBefore.includes(id))
      if (records.length === 0 || records.length >= left) return
      left = records.length
      for (const id of records) await ask('buildx', 'prune', '--all', '--force', '--filter', `id=${id}`)
    }
  }
}

/** @param {string} text */
function lines(text) {
  return [...new Set(text.split('\n').map((line) => line.replace(/\*$/, '').trim()))].filter((line) => line !== '')
}
