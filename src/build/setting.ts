import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Env } from '../runner/env.ts'
import { type InputReader, readBoolean } from '../runner/input.ts'
import { readTrigger } from '../runner/trigger.ts'
import { readExpressionZone } from '../tags/ruleinputs.ts'
import { makeScope } from '../tags/scope.ts'
import { gitContext } from './context.ts'
import type { StepSetting } from './step.ts'

/**
 * Finds out what the inputs are read with: what made this run, the time, and the rules that lie in a file.
 *
 * @param folder the workspace
 * @throws Error that names the input or the environment variable
 */
export async function gatherSetting(input: InputReader, folder: string, env: Env): Promise<StepSetting> {
  const zone = readExpressionZone(input)
  // Tags of full references need no event, so git is not asked for them.
  const git = ['images', 'rules', 'rules-file'].some((name) => input(name).trim() !== '') || readBoolean(input, 'reproducible', false)
  const [trigger, rulesFile, checkout] = await Promise.all([
    readTrigger(folder, env, { git }),
    readRulesFile(input('rules-file').trim(), folder),
    holdsSources(input, folder),
  ])
  const source = { checkout, git: gitContext(trigger.event, env), epoch: readEpoch(env) ?? toSeconds(trigger.event.commitTime) }
  return { scope: makeScope(trigger, env, { now: new Date(), zone }), rulesFile, source }
}

/**
 * Whether the workspace holds the sources. What a step before left there, such as artifacts, is none: then the event's commit
 * is built, as without a checkout.
 */
async function holdsSources(input: InputReader, folder: string): Promise<boolean> {
  const has = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    )
  if (await has(join(folder, '.git'))) return true
  // A rule names a Dockerfile of its own.
  if (input('rules').trim() !== '' || input('rules-file').trim() !== '') return (await readdir(folder).catch(() => [])).length > 0
  return has(resolve(folder, input('file').trim() || 'Dockerfile'))
}

/** @see https://reproducible-builds.org/docs/source-date-epoch/ */
function readEpoch({ SOURCE_DATE_EPOCH: text }: Env): number | undefined {
  if (!text) return undefined
  if (!/^\d+$/.test(text)) throw new Error('the environment variable SOURCE_DATE_EPOCH must be a number of seconds since 1970')
  return Number(text)
}

function toSeconds(time: Date | undefined): number | undefined {
  return time && Math.floor(time.getTime() / 1000)
}

async function readRulesFile(path: string, folder: string): Promise<string | undefined> {
  if (path === '') return undefined
  try {
    return await readFile(resolve(folder, path), 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'it is no file'
    throw new Error(
      `input rules-file: cannot read "${path}" (${code}); check the path, which counts from the workspace, and that the repository is checked out before this step`,
    )
  }
}
