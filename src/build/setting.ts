import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Env } from '../runner/env.ts'
import type { InputReader } from '../runner/input.ts'
import { readTrigger } from '../runner/trigger.ts'
import { readExpressionZone } from '../tags/ruleinputs.ts'
import { makeScope } from '../tags/scope.ts'
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
  const git = ['images', 'rules', 'rules-file'].some((name) => input(name).trim() !== '')
  const [trigger, rulesFile] = await Promise.all([readTrigger(folder, env, { git }), readRulesFile(input('rules-file').trim(), folder)])
  return { scope: makeScope(trigger, env, { now: new Date(), zone }), rulesFile }
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
