// The test bed: everything real that Manifold works with, on this machine's loopback, brought up and taken down as one.

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { findCommand } from './command.mjs'
import { bridgeName, cgroupName, STORES } from './engine.mjs'
import { exclusively } from './lock.mjs'
import { enterMachine, leaveMachine } from './machine.mjs'
import { removeBridge } from './network.mjs'
import { bringUp, wantedParts } from './parts.mjs'
import { places, privateFolder } from './places.mjs'
import { contained } from './proc.mjs'
import { living, stop } from './process.mjs'
import { readState } from './state.mjs'
import { sweepCgroups, sweepMounts, sweepProcesses, sweepShims } from './sweep.mjs'

/** @typedef {import('./state.mjs').State} State */
/** @typedef {import('./places.mjs').Places} Places */

/** @typedef {import('./parts.mjs').Part} Part */

/**
 * @typedef {object} Options
 * @property {readonly Part[]} [only] these parts and none else
 * @property {readonly Part[]} [without] all but these; `images` go with `tools`, of which they are made
 * @property {readonly Part[]} [with] these too
 * @property {Places} [places] default: as the environment says
 * @property {(line: string) => void} [say] told one line for each part that had to be started or made
 */

const MARK = '.manifold-testbed'

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
  return exclusively(`bed ${where.dir}`, async () => {
    const parts = wantedParts(options)
    claim(where.dir)
    await enterMachine(where.dir)
    return bringUp(where, parts, say)
  })
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
  for (const name of /** @type {import('./engine.mjs').EngineName[]} */ (Object.keys(STORES)))
    if (ip) await removeBridge(ip, bridgeName(name, tag))
  sweepCgroups(cgroupName(tag))
  if (existsSync(join(dir, MARK))) {
    // The mark goes last, so that a removal that was cut short is taken up again.
    for (const name of readdirSync(dir)) if (name !== MARK) await remove(join(dir, name))
    await remove(dir)
  }
  await leaveMachine(dir)
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
