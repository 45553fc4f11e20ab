import { rm } from 'node:fs/promises'
import * as core from '@actions/core'
import { undoPath } from '../builder/cleanup.ts'
import { recordRoot } from '../builder/records.ts'
import { processEnv } from '../runner/env.ts'
import { describe } from '../runner/log.ts'
import { loadState } from '../runner/state.ts'

const temp = loadState('temp')
if (typeof temp === 'string') {
  await rm(temp, { recursive: true, force: true }).catch((error: unknown) => core.warning(`cannot remove ${temp}: ${describe(error)}`))
}
const record = loadState('builder')
if (typeof record === 'string') {
  const env = processEnv()
  await undoPath(record, { root: recordRoot(env), env, warn: core.warning }).catch((error: unknown) => core.warning(describe(error)))
}
