import * as core from '@actions/core'
import { builderSecrets } from '../builder/inputs.ts'
import { processStart } from '../builder/owner.ts'
import { cacheEvent } from '../cache/facts.ts'
import { checkReport, readReportInputs, wantsSizes } from '../report/inputs.ts'
import { processEnv, workspaceDir } from '../runner/env.ts'
import type { InputReader } from '../runner/input.ts'
import { describe, foreignGroup, maskSecret } from '../runner/log.ts'
import { cancellation } from '../runner/signal.ts'
import { saveState } from '../runner/state.ts'
import { report, reportPreview } from './report.ts'
import { run } from './run.ts'
import { secretLines } from './secrets.ts'
import { gatherSetting } from './setting.ts'
import { readStep } from './step.ts'
import { tell } from './tell.ts'

const { signal, stop } = cancellation()
try {
  const env = processEnv()
  const input: InputReader = (name) => core.getInput(name, { trimWhitespace: false })
  const step = readStep(input, await gatherSetting(input, process.cwd(), env))
  const reports = readReportInputs(input, env)
  await checkReport(reports, workspaceDir(env))
  for (const { config } of step.builds) {
    for (const line of secretLines(config.secrets)) core.setSecret(line)
    for (const key of builderSecrets(config.builder, env)) maskSecret(key)
  }
  for (const { image } of step.builds) for (const note of image.notes) core.info(`Tags: ${note}`)
  if (step.dryRun || step.builds.length === 0) reportPreview(step)
  else {
    const results = await run(step.builds, {
      env,
      event: cacheEvent(step.event),
      signal,
      sizes: wantsSizes(reports, env),
      onTemp: (path) => saveState('temp', path),
      onRecord: (path) => saveState('builder', path),
      onProcess: (pid) => void processStart(pid).then((started) => saveState('process', { pid, started })),
      log: { info: core.info, warn: core.warning, group: foreignGroup },
    })
    report(step, results)
    await tell(step.builds, results, { reports, env, seconds: performance.now() / 1000 })
    const failures = results.flatMap(({ failure }) => failure ?? [])
    if (failures.length > 0) core.setFailed(failures.join('; '))
  }
} catch (error) {
  core.setFailed(describe(error))
} finally {
  stop()
}
