import * as core from '@actions/core'
import { builderSecrets } from '../builder/inputs.ts'
import { processEnv } from '../runner/env.ts'
import type { InputReader } from '../runner/input.ts'
import { describe, foreignGroup, maskSecret } from '../runner/log.ts'
import { cancellation } from '../runner/signal.ts'
import { saveState } from '../runner/state.ts'
import { report, reportPreview } from './report.ts'
import { run } from './run.ts'
import { secretLines } from './secrets.ts'
import { gatherSetting } from './setting.ts'
import { readStep } from './step.ts'

const { signal, stop } = cancellation()
try {
  const env = processEnv()
  const input: InputReader = (name) => core.getInput(name, { trimWhitespace: false })
  const step = readStep(input, await gatherSetting(input, process.cwd(), env))
  for (const { config } of step.builds) {
    for (const line of secretLines(config.secrets)) core.setSecret(line)
    for (const key of builderSecrets(config.builder, env)) maskSecret(key)
  }
  if (step.dryRun || step.builds.length === 0) reportPreview(step)
  else {
    const results = await run(step.builds, {
      env,
      signal,
      onTemp: (path) => saveState('temp', path),
      onRecord: (path) => saveState('builder', path),
      log: { info: core.info, group: foreignGroup },
    })
    report(step, results)
    const failures = results.flatMap(({ failure }) => failure ?? [])
    if (failures.length > 0) core.setFailed(failures.join('; '))
  }
} catch (error) {
  core.setFailed(describe(error))
} finally {
  stop()
}
