// The parts of a test bed: which of them are wanted, and how each comes up.

import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { base } from './base.mjs'
import { run } from './command.mjs'
import { emulation } from './emulation.mjs'
import { engine } from './engine.mjs'
import { images } from './images.mjs'
import { node24 } from './node24.mjs'
import { programs } from './packages.mjs'
import { privateFolder } from './places.mjs'
import { registries } from './registries.mjs'
import { readState, writeState } from './state.mjs'
import { goTools } from './tools.mjs'

/** @typedef {import('./state.mjs').State} State */
/** @typedef {import('./state.mjs').Skipped} Skipped */
/** @typedef {import('./places.mjs').Places} Places */
/** @typedef {typeof PARTS[number]} Part */
/** @typedef {Partial<State>} Result what a part adds to the state; `skipped` holds what it could not do */

/** Every part. `classic` comes only when asked for. */
export const PARTS = /** @type {const} */ (['engine', 'classic', 'registries', 'emulation', 'base', 'tools', 'images'])

/** What does not need each other comes up together; each step may need what the ones before it made. */
const STEPS = /** @type {const} */ ([['engine', 'classic', 'registries', 'emulation'], ['base'], ['tools'], ['images']])

// Debian has no package of it, and the Go module proxy answered "This module version is not available" (2026-11-21).
const NO_BINFMT = {
  name: 'binfmt',
  why: 'the Go module proxy refuses github.com/tonistiigi/binfmt; images.binfmt is a stand-in of our own (binfmt/install.sh)',
}
const NOT_OURS = "the engine is not the test bed's own, and is left as it is"
const NO_EMULATION = 'the kernel serves no other platform, and only root with qemu-user-static and binfmt-support can change that'

const QUICK = 100 // Milliseconds: a part that took less was up already, or might as well have been.

/**
 * @param {{only?: readonly Part[], without?: readonly Part[], with?: readonly Part[]}} options see `Options` of testbed.mjs
 * @returns {Set<Part>} with what they need of each other
 * @throws {Error} if there is no such part
 */
export function wantedParts({ only, without = [], with: also = [] }) {
  const unknown = [...(only ?? []), ...without, ...also].filter((part) => !PARTS.includes(part))
  if (unknown.length > 0) throw new Error(`test bed: there is no part ${unknown.join(', ')}; the parts are ${PARTS.join(', ')}`)
  const parts = new Set([...(only ?? PARTS.filter((part) => part !== 'classic')), ...also])
  if (parts.has('base')) parts.add('registries')
  if (parts.has('images')) parts.add('tools')
  for (const part of without) parts.delete(part)
  if (without.includes('tools')) parts.delete('images')
  return parts
}

/**
 * Brings parts up, writing the state after each, so that what is up is known even if a later one fails.
 *
 * @param {Places} where
 * @param {ReadonlySet<Part>} parts
 * @param {(line: string) => void} say told the time of each part that took some
 * @returns {Promise<State>} all that is up, also from earlier calls
 * @throws {Error} what the first part to fail threw, once those beside it have ended
 */
export async function bringUp(where, parts, say) {
  /** @type {State} */
  const state = readState(where.dir) ?? { dir: where.dir, bin: where.bin, skipped: [] }
  const found = await timed('packages', say, () => programs(where))
  const client = join(privateFolder(where.bin), 'docker')
  rmSync(client, { force: true })
  symlinkSync(found.docker, client)
  privateFolder(join(where.dir, 'docker-config'))
  state.buildx ??= { path: found.buildx, version: await buildxVersion(found.buildx) }
  for (const step of STEPS) {
    const works = step
      .filter((part) => parts.has(part))
      .map(async (part) => {
        const { skipped = [], ...result } = await timed(part, say, () => bring[part]({ where, found, state, say }))
        Object.assign(state, result, {
          skipped: [...state.skipped.filter((one) => one.part !== part), ...skipped.map((one) => ({ ...one, part }))],
        })
        writeState(state)
      })
    for (const outcome of await Promise.allSettled(works)) if (outcome.status === 'rejected') throw outcome.reason
  }
  return state
}

/** @typedef {{where: Places, found: import('./packages.mjs').Programs, state: Readonly<State>, say: (line: string) => void}} Given */

/** @type {Readonly<Record<Part, (given: Given) => Promise<Result>>>} */
const bring = {
  engine: async ({ where, found }) => ({
    engine: 'external' in found.engine ? found.engine.external : await engine('engine', where, found.engine),
  }),
  classic: async ({ where, found }) =>
    'external' in found.engine
      ? { skipped: [{ name: 'classic', why: NOT_OURS }] }
      : { classic: await engine('classic', where, found.engine) },
  registries: async ({ where, found }) => ({ registries: await registries(where, found) }),
  emulation: async () => {
    const platforms = await emulation()
    return { qemu: { platforms }, skipped: platforms.length === 0 ? [{ name: 'emulation', why: NO_EMULATION }] : [] }
  },
  base: async ({ where, state }) => (state.registries ? { base: await base(where, state.registries.a) } : {}),
  tools: async ({ where, say }) => {
    const built = await goTools(where, say)
    const node = await node24(where)
    return {
      tools: { ...built.tools, ...('path' in node ? { node24: node.path } : {}) },
      skipped: [...built.skipped, ...('why' in node ? [{ name: 'node24', why: node.why }] : []), NO_BINFMT],
    }
  },
  images: async ({ where, found, state }) => {
    if ('external' in found.engine) return { skipped: [{ name: 'images', why: NOT_OURS }] }
    const engines = [state.engine, state.classic].filter((one) => one !== undefined)
    return { images: await images(where, state.tools ?? {}, engines, found.docker) }
  },
}

/**
 * @template T
 * @param {string} part
 * @param {(line: string) => void} say
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function timed(part, say, work) {
  const began = Date.now()
  const result = await work()
  const took = Date.now() - began
  if (took >= QUICK) say(`${part}: ${(took / 1000).toFixed(1)} s`)
  return result
}

/** @param {string} plugin */
async function buildxVersion(plugin) {
  return /\d+\.\d+\.\d+/.exec(await run([plugin, 'version'], { part: 'buildx' }))?.[0] ?? 'unknown'
}
