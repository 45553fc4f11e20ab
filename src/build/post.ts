import { rm } from 'node:fs/promises'
import * as core from '@actions/core'
import { endProcess, undoPath } from '../builder/cleanup.ts'
import { recordRoot } from '../builder/records.ts'
import { processEnv } from '../runner/env.ts'
import { describe } from '../runner/log.ts'
import { loadState } from '../runner/state.ts'

const left = loadState('process')
if (isProcess(left)) {
  await endProcess(left).catch((error: unknown) => core.warning(`cannot end the build that was left running: ${describe(error)}`))
}
const temp = loadState('temp')
if (typeof temp === 'string') {
  await rm(temp, { recursive: true, force: true }).catch((error: unknown) => core.warning(`cannot remove ${temp}: ${describe(error)}`))
}
const record = loadState('builder')
if (typeof record === 'string') {
  const env = processEnv()
  await undoPath(record, { root: recordRoot(env), env, warn: core.warning }).catch((error: unknown) => core.warning(describe(error)))
}

/** Main notes each build that it starts; one of the past is not there any more, or its number is another process's. */
function isProcess(value: unknown): value is { pid: number; started: number } {
  const { pid, started } = (value ?? {}) as { pid?: unknown; started?: unknown }
  return typeof pid === 'number' && typeof started === 'number'
}
