import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { flag } from '../../docker/command.ts'
import { exec } from '../../docker/exec.ts'
import type { Env } from '../../runner/env.ts'
import { type DockerfileMounts, findMounts as findInDockerfile } from './dockerfile.ts'
import { findMounts, type MountsPlace, prepareTarget } from './place.ts'
import { bringInRecipe, SAVED, takeOutRecipe } from './recipe.ts'

/** What is to be carried, where, and with which builder. */
export interface MountsCargo {
  /** Text of the Dockerfile. */
  readonly dockerfile: string
  readonly target: string
  readonly platforms: readonly string[]
  /** Of the build itself: `buildx build` with its arguments, of which the ones that decide on images and builder are taken over. */
  readonly command: readonly string[]
  readonly place: MountsPlace
  /** See the input cache-mounts-image. */
  readonly image: string
  /** For the whole of it, in milliseconds. */
  readonly patience: number
  readonly temp: string
  readonly env: Env
  readonly signal: AbortSignal
}

/**
 * Brings saved contents into the mounts that are empty.
 *
 * @returns a line for the log
 * @throws Error that says why they stay as they are
 */
export async function bringMountsIn(cargo: MountsCargo): Promise<string> {
  const mounts = findInDockerfile(cargo.dockerfile, cargo.target)
  if (mounts.stages.length === 0) return nothingToCarry(mounts)
  return await inFolder(cargo, async (folder) => {
    const saved = await findMounts(cargo.place, folder, cargo.env)
    if (!saved) return `${count(mounts)}, and nothing of them is saved in ${cargo.place.name} yet`
    try {
      const platforms = cargo.platforms.filter((platform) => saved.platforms.includes(platform))
      if (cargo.platforms.length > 0 && platforms.length === 0) return `${cargo.place.name} has nothing for ${cargo.platforms.join(', ')}`
      const recipe = bringInRecipe(mounts, options(cargo, platforms))
      const args = ['--build-context', `${SAVED}=${saved.context}`, '--output', 'type=cacheonly']
      const seconds = await build({ ...cargo, platforms }, recipe, args, folder)
      return `${count(mounts)}, filled from ${cargo.place.name} in ${seconds} s where empty`
    } finally {
      await saved.close()
    }
  })
}

/**
 * Saves what is in the mounts.
 *
 * @returns a line for the log
 * @throws Error that says why they are not saved; what was saved before is then as it was
 */
export async function takeMountsOut(cargo: MountsCargo): Promise<string> {
  const mounts = findInDockerfile(cargo.dockerfile, cargo.target)
  if (mounts.stages.length === 0) return nothingToCarry(mounts)
  return await inFolder(cargo, async (folder) => {
    const target = await prepareTarget(cargo.place, folder)
    try {
      const seconds = await build(cargo, takeOutRecipe(mounts, options(cargo, cargo.platforms)), ['--output', target.output], folder)
      await target.keep()
      return `${count(mounts)}, saved to ${cargo.place.name} in ${seconds} s`
    } finally {
      await target.close()
    }
  })
}

async function build(cargo: MountsCargo, recipe: string, args: readonly string[], folder: string): Promise<string> {
  const { command, platforms, env, signal, patience } = cargo
  const started = performance.now()
  const context = join(folder, 'context')
  await mkdir(context, { recursive: true })
  const words = [
    ...command.slice(0, command.indexOf('build') + 1),
    ...flag('--builder', values(command, '--builder')),
    ...flag('--progress', 'plain'),
    ...flag('--file', '-'),
    ...flag('--platform', platforms.join(',')),
    // The base images' names may depend on them, or be replaced by them.
    ...flag('--build-arg', values(command, '--build-arg')),
    ...flag('--build-context', values(command, '--build-context')),
    ...flag('--provenance', 'false'),
    ...args,
    context,
  ]
  const result = await exec(words, { input: recipe, env, signal, timeout: patience })
  if (result.timedOut) throw new Error(`not done after ${Math.round(patience / 1000)} s`)
  if (result.exitCode !== 0) throw new Error(lastError(result.stderr))
  return ((performance.now() - started) / 1000).toFixed(1)
}

function options({ image }: MountsCargo, platforms: readonly string[]) {
  return { image, platforms, nonce: randomBytes(8).toString('hex') }
}

async function inFolder<Value>({ temp }: MountsCargo, work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = join(temp, `mounts-${randomBytes(4).toString('hex')}`)
  await mkdir(folder, { mode: 0o700 })
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function nothingToCarry({ skipped }: DockerfileMounts): string {
  return skipped.length === 0 ? 'the Dockerfile has none' : `${skipped.join(', ')} begins with the content of a stage, which is not kept`
}

function count({ stages }: DockerfileMounts): string {
  const number = stages.reduce((sum, { mounts }) => sum + mounts.length, 0)
  return number === 1 ? '1 mount' : `${number} mounts`
}

function values(command: readonly string[], name: string): string[] {
  return command.filter((_, at) => command[at - 1] === name)
}

function lastError(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return (lines.findLast((line) => line.startsWith('ERROR: ')) ?? lines.at(-1) ?? '').replace(
    /^ERROR: (?:failed to build: )?(?:failed to solve: )?/,
    '',
  )
}
