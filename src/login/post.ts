import * as core from '@actions/core'
import { processEnv } from '../runner/env.ts'
import { describe } from '../runner/log.ts'
import { loadState } from '../runner/state.ts'
import { removeIsolation } from './isolate.ts'
import { type LoginHandle, logout } from './run.ts'

const handles = (loadState('logins') ?? []) as LoginHandle[]
for (const handle of handles.reverse()) {
  try {
    const changed = await logout(handle, { configDir: handle.configDir, env: processEnv() })
    core.info(
      changed ? `Signed out of ${handle.registry}` : `Nothing to undo for ${handle.registry}: its entry is not this step's any more`,
    )
  } catch (error) {
    core.warning(`logout of ${handle.registry}: ${describe(error)}`)
  }
}
const isolated = loadState('isolated')
if (typeof isolated === 'string') {
  await removeIsolation(isolated, processEnv()).catch((error: unknown) => core.warning(describe(error)))
}
