// The test bed: everything real that Manifold works with, on this machine's loopback, brought up and taken down as one.

import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { base } from './base.mjs'
import { findCommand, run } from './command.mjs'
import { emulation, noteEmulation, undoEmulation } from './emulation.mjs'
import { bridgeName, cgroupName, engine, STORES } from './engine.mjs'
import { images } from './images.mjs'
import { exclusively } from './lock.mjs'
import { removeBridge } from './network.mjs'
import { node24 } from './node24.mjs'
import { programs } from './packages.mjs'
import { places, privateFolder } from './places.mjs'
import { contained, living, stop } from './process.mjs'
import { registries } from './registries.mjs'
import { readState, writeState } from './state.mjs'
import { sweepCgroups, sweepMounts, sweepProcesses, sweepShims } from './sweep.mjs'
import { goTools } from './tools.mjs'

/** @typedef {import('./state.mjs').State} State */
/** @typedef {import('./places.mjs').Places} Places */

/** Every part, in the order they are brought up. `classic` comes only when asked for. */
export const PARTS = /** @type {const} */ (['engine', 'classic', 'registries', 'emulation', 'base', 'tools', 'images'])

/** @typedef {typeof PARTS[number]} Part */

/**
 * @typedef {object} Options
 * @property {readonly Part[]} [only] these parts and none else
 * @property {readonly Part[]} [without] all but these; `images` go with `tools`, of which they are made
 * @property {readonly Part[]} [with] these too
 * @property {Places} [places] default: as the environment says
 * @property {(line: string) => void} [say] told one line for each part that had to be started or made
 */

// Debian has no package of it, and the Go module proxy answered "This module version is not available" (2026-11-21).
const NO_BINFMT = { name: 'binfmt', why: 'the Go module proxy refuses github.com/tonistiigi/binfmt; images.binfmt is a stand-in of our own (binfmt/install.sh)' }

const NOT_OURS = 'the engine is not the test bed\'s own, and is left as it is'

const MARK = '.manifold-testbed'
const QUICK = 100 // Milliseconds: a part that took less was up already, or might as well have been.

/**
 * Brings the test bed up: starts what does not run, and leaves alone what does.
 *
 * @param {Options} [options]
 * @returns {Promise<State>} all that is up, also from earlier calls
 * @throws {Error} naming the part that did not come up, with the end of its log
 */
export async function up(options = {}) {
  const where = options.places ?? places()
  const say = options.say ?? (() => {})
  return exclusively(`bed ${where.dir}`, () => bringUp(where, wantedParts(options), say))
}

/**
 * Takes the test bed down: ends what it started and removes its folder. The shared cache and installed packages stay.
 * Does nothing if it is down; finishes what a killed `up` or `down` began.
 *
 * @param {{places?: Places}} [options]
 */
export async function down(options = {}) {
  const where = options.places ?? places()
  await exclusively(`bed ${where.dir}`, () => takeDown(where))
}

/**
 * @param {{places?: Places}} [options]
 * @returns {{state: State | undefined, dead: string[]}} what the test bed says of itself, and which of its daemons do not run
 */
export function status(options = {}) {
  const { dir } = options.places ?? places()
  const state = readState(dir)
  const daemons = { engine: state?.engine, classic: state?.classic, 'registry-a': state?.registries?.a, 'registry-b': state?.registries?.b }
  const dead = Object.entries(daemons).filter(([name, daemon]) => daemon?.pid !== undefined && !living(join(dir, name, 'pid.json')))
  return { state, dead: dead.map(([name]) => name) }
}

/**
 * @param {Options} options
 * @returns {Set<Part>}
 */
function wantedParts({ only, without = [], with: also = [] }) {
  const unknown = [...(only ?? []), ...without, ...also].filter((part) => !PARTS.includes(part))
  if (unknown.length > 0) throw new Error(`test bed: there is no part ${unknown.join(', ')}; the parts are ${PARTS.join(', ')}`)
  const parts = new Set([...(only ?? PARTS.filter((part) => part !== 'classic')), ...also])
  for (const part of without) parts.delete(part)
  if (without.includes('tools')) parts.delete('images')
  if (parts.has('base')) parts.add('registries')
  return parts
}

/**
 * @param {Places} where
 * @param {Set<Part>} parts
 * @param {(line: string) => void} say
 * @returns {Promise<State>}
 */
async function bringUp(where, parts, say) {
  claim(where.dir)
  /** @type {State} */
  const state = { ...(readState(where.dir) ?? { dir: where.dir, bin: where.bin, skipped: [] }) }
  /**
   * @template T
   * @param {string} part
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  const timed = async (part, work) => {
    const began = Date.now()
    const result = await work()
    const took = Date.now() - began
    if (took >= QUICK) say(`${part}: ${(took / 1000).toFixed(1)} s`)
    writeState(state)
    return result
  }
  await noteEmulation(where.dir)
  const found = await timed('packages', () => programs(where))
  const own = 'external' in found.engine ? undefined : found.engine
  /** @type {import('./state.mjs').Skipped[]} */
  const skipped = []
  link(found.docker, join(privateFolder(where.bin), 'docker'))
  privateFolder(join(where.dir, 'docker-config'))
  state.buildx ??= { path: found.buildx, version: await buildxVersion(found.buildx) }
  /** @type {Partial<Record<Part, () => Promise<void>>>} */
  const starts = {
    engine: async () => void (state.engine = 'external' in found.engine ? found.engine.external : await engine('engine', where, found.engine)),
    classic: async () => void (own ? (state.classic = await engine('classic', where, own)) : skipped.push({ name: 'classic', why: NOT_OURS })),
    registries: async () => void (state.registries = await registries(where, found)),
    emulation: async () => {
      state.qemu = { platforms: await emulation() }
      if (state.qemu.platforms.length === 0) skipped.push({ name: 'emulation', why: 'the kernel serves no other platform, and only root with qemu-user-static and binfmt-support can change that' })
    },
  }
  await together(Object.entries(starts).map(([part, start]) => async () => {
    if (parts.has(/** @type {Part} */ (part))) await timed(part, start)
  }))
  if (parts.has('base') && state.registries) {
    const { a } = state.registries
    await timed('base', async () => void (state.base = await base(where, a)))
  }
  if (parts.has('tools')) {
    await timed('tools', async () => {
      const built = await goTools(where, say)
      const node = await node24(where)
      state.tools = { ...built.tools, ...('path' in node ? { node24: node.path } : {}) }
      skipped.push(...built.skipped, ...('why' in node ? [{ name: 'node24', why: node.why }] : []), NO_BINFMT)
    })
  }
  if (parts.has('images') && !own) skipped.push({ name: 'images', why: NOT_OURS })
  else if (parts.has('images')) {
    const engines = [state.engine, state.classic].filter((one) => one !== undefined)
    await timed('images', async () => void (state.images = await images(where, state.tools ?? {}, engines, found.docker)))
  }
  // What an earlier call skipped and this one did not try is still not there.
  state.skipped = [...state.skipped.filter(({ name }) => !tried(name, parts)), ...skipped]
  writeState(state)
  return state
}

/**
 * @param {string} name of something skipped
 * @param {Set<Part>} parts
 */
function tried(name, parts) {
  return parts.has(PARTS.find((part) => part === name) ?? 'tools')
}

/** @param {Places} where */
async function takeDown(where) {
  const { dir, tag } = where
  const daemons = ['engine', 'classic', 'registry-a', 'registry-b'].map((name) => living(join(dir, name, 'pid.json')))
  // An engine would wait ten seconds for a container that does not heed SIGTERM, and there is nothing left to save.
  await Promise.all(contained(dir).map((one) => stop(one, 0)))
  await Promise.all(daemons.map((daemon) => daemon && stop(daemon, 5)))
  await sweepProcesses(dir)
  sweepShims(dir)
  await sweepMounts(dir)
  const ip = findCommand('ip')
  for (const name of /** @type {import('./engine.mjs').EngineName[]} */ (Object.keys(STORES))) if (ip) await removeBridge(ip, bridgeName(name, tag))
  sweepCgroups(cgroupName(tag))
  if (existsSync(join(dir, MARK))) {
    // The mark goes last, so that a removal that was cut short is taken up again.
    for (const name of readdirSync(dir)) if (name !== MARK) await remove(join(dir, name))
    await remove(dir)
  }
  await undoEmulation(dir)
}

/**
 * Makes the folder, and refuses one that holds something else: `down` will remove it.
 *
 * @param {string} dir
 */
function claim(dir) {
  if (existsSync(dir) && !existsSync(join(dir, MARK)) && readdirSync(dir).length > 0) {
    throw new Error(`test bed: ${dir} holds files that are not a test bed's; set MANIFOLD_TESTBED to an empty folder or a new one`)
  }
  privateFolder(dir)
  writeFileSync(join(dir, MARK), '', { mode: 0o600 })
}

/**
 * @param {string} target
 * @param {string} path
 */
function link(target, path) {
  rmSync(path, { force: true })
  symlinkSync(target, path)
}

/** @param {string} plugin */
async function buildxVersion(plugin) {
  return /\d+\.\d+\.\d+/.exec(await run([plugin, 'version'], { part: 'buildx' }))?.[0] ?? 'unknown'
}

/**
 * Runs all to their end, then fails with the first failure: nothing goes on behind the caller's back.
 *
 * @param {(() => Promise<void>)[]} works
 */
async function together(works) {
  for (const result of await Promise.allSettled(works.map((work) => work()))) if (result.status === 'rejected') throw result.reason
}

/** @param {string} path removed with all in it; a mount that is just going may need a moment */
async function remove(path) {
  for (let tries = 1; ; tries++) {
    try {
      return rmSync(path, { recursive: true, force: true })
    } catch (error) {
      if (tries === 20) throw new Error(`test bed: cannot remove ${path}; see what still uses it and try again`, { cause: error })
      await sleep(100)
    }
  }
}
