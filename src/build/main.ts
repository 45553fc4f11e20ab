import * as core from '@actions/core'
import { builderSecrets } from '../builder/inputs.ts'
import { processEnv } from '../runner/env.ts'
import { describe, foreignGroup, maskSecret } from '../runner/log.ts'
import { cancellation } from '../runner/signal.ts'
import { saveState } from '../runner/state.ts'
import { readInputs } from './inputs.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { secretLines } from './secrets.ts'

const { signal, stop } = cancellation()
try {
  const config = readInputs((name) => core.getInput(name, { trimWhitespace: false }))
  for (const line of secretLines(config.secrets)) core.setSecret(line)
  for (const key of builderSecrets(config.builder, processEnv())) maskSecret(key)
  const result = await run(config, {
    env: processEnv(),
    signal,
    onTemp: (path) => saveState('temp', path),
    onRecord: (path) => saveState('builder', path),
    log: { info: core.info, group: foreignGroup },
  })
  report(result)
  if (result.failure !== undefined) core.setFailed(result.failure)
} catch (error) {
  core.setFailed(describe(error))
} finally {
  stop()
}
