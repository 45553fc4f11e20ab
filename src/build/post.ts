import { rm } from 'node:fs/promises'
import * as core from '@actions/core'
import { describe } from '../runner/log.ts'
import { loadState } from '../runner/state.ts'

const temp = loadState('temp')
if (typeof temp === 'string') {
  await rm(temp, { recursive: true, force: true }).catch((error: unknown) => core.warning(`cannot remove ${temp}: ${describe(error)}`))
}
