import * as core from '@actions/core'
import { formatReference, formatRepository } from '../registry/reference.ts'
import { closingLines } from '../report/closing.ts'
import { excerptLines, toExcerpt } from '../report/excerpt.ts'
import type { BuildFacts } from '../report/facts.ts'
import { appendSummary, writeReport } from '../report/file.ts'
import { toHtml } from '../report/html.ts'
import type { ReportConfig } from '../report/inputs.ts'
import { redactor } from '../report/redact.ts'
import { SUMMARY_LIMIT, toSummary } from '../report/summary.ts'
import { toTimeline } from '../report/timeline.ts'
import { readWarnings, toAnnotations } from '../report/warnings.ts'
import { type Env, workspaceDir } from '../runner/env.ts'
import { describe, printForeign } from '../runner/log.ts'
import { dockerfileFolder } from './dockerfile.ts'
import type { BuildConfig } from './inputs.ts'
import { isQuery } from './options.ts'
import { isLoaded } from './outputs.ts'
import type { BuildResult } from './run.ts'
import { planTargets } from './targets.ts'

export interface TellOptions {
  readonly reports: ReportConfig
  readonly env: Env
  /** How long the step took so far. */
  readonly seconds: number
}

/**
 * Tells people what was built: annotations for what the checks of the Dockerfile found, the last lines of the log, the job
 * summary and the HTML report. None of them can fail the step: the image is where it is.
 *
 * @param builds what was to be built
 * @param results how it went, of each that was begun
 */
export async function tell(
  builds: readonly { readonly config: BuildConfig }[],
  results: readonly BuildResult[],
  { reports, env, seconds }: TellOptions,
): Promise<void> {
  const facts = results.flatMap((result, at) => {
    const config = builds[at]?.config
    // A query such as `--call check` builds nothing, and its answer stands in the log.
    if (config === undefined || isQuery(config.options)) return []
    return toFacts(config, result, { env, seconds: results.length === 1 ? seconds : toTimeline(result.steps).length / 1000 })
  })
  for (const each of facts) tellLog(each, reports.summary)
  if (facts.length === 0) return
  if (reports.summary) {
    await appendSummary(env.GITHUB_STEP_SUMMARY, SUMMARY_LIMIT, (left) => toSummary(facts, left)).catch((error: unknown) =>
      core.warning(`summary: it cannot be written (${describe(error)}); the build is not affected`),
    )
  }
  if (reports.report === '') return
  try {
    const path = await writeReport(reports.report, workspaceDir(env), toHtml(facts))
    core.setOutput('report', path)
    core.info(`Report ${path}`)
  } catch (error) {
    core.warning(`report: it cannot be written (${describe(error)}); the build is not affected`)
  }
}

/** What is told of a build, without the values of build arguments that sound like secrets. */
function toFacts(config: BuildConfig, result: BuildResult, { env, seconds }: Pick<TellOptions, 'env' | 'seconds'>): BuildFacts {
  const { failure, references, digest, platforms, sizes, steps, warnings, plain } = result
  const redact = redactor(config.buildArgs, env)
  const folder = dockerfileFolder(config, workspaceDir(env), env)
  const excerpt = failure === undefined ? undefined : toExcerpt(steps, plain, folder)
  const pushed = digest !== undefined && references.length > 0 && planTargets(config).pushed.length > 0
  const [first] = references
  const known = config.platforms.length > 0 ? config.platforms : [...platforms.keys()]
  return {
    failure: failure && redact(failure),
    tags: (failure !== undefined && digest === undefined ? config.references : references).map(formatReference),
    digest,
    image: pushed && first ? `${formatRepository(first)}@${digest}` : '',
    pushed,
    loaded: failure === undefined && (config.load || config.outputs.some(isLoaded)),
    platforms: [...platforms].map(([platform, own]) => ({ platform, digest: own, size: sizes?.get(platform) })),
    only: known.length === 1 ? known[0] : undefined,
    steps: steps.map((step) => ({ ...step, name: redact(step.name) })),
    warnings: readWarnings(warnings, folder),
    excerpt: excerpt && {
      ...excerpt,
      step: excerpt.step && redact(excerpt.step),
      source: excerpt.source.map((line) => ({ ...line, text: redact(line.text) })),
      log: excerpt.log.map(redact),
    },
    seconds,
  }
}

function tellLog(facts: BuildFacts, summary: boolean): void {
  if (facts.excerpt) printForeign(excerptLines(facts.excerpt))
  const annotations = toAnnotations(facts.warnings)
  for (const { message, properties } of annotations) core.warning(message, properties)
  const left = facts.warnings.length - annotations.length
  if (left > 0) core.info(`${left} more Dockerfile warnings are in the log above${summary ? ' and in the job summary' : ''}`)
  if (facts.failure === undefined) for (const line of closingLines(facts)) core.info(line)
}
