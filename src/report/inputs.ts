import type { Env } from '../runner/env.ts'
import { type InputReader, named, readBoolean } from '../runner/input.ts'
import { locateReport } from './file.ts'

/** What the user wants to be told. */
export interface ReportConfig {
  readonly summary: boolean
  /** Where the HTML report goes, from the workspace; the empty string for nowhere. */
  readonly report: string
}

/**
 * Reads and checks the inputs about reports. The variable that turns off the summary of build-push-action turns off this one.
 *
 * @throws Error that names the input
 * @see https://github.com/docker/build-push-action#environment-variables DOCKER_BUILD_SUMMARY
 */
export function readReportInputs(input: InputReader, env: Env = {}): ReportConfig {
  const report = input('report').trim()
  if (/[\n\0]/.test(report)) throw new Error('input report: must be one path; name a file in the workspace, such as build-report.html')
  const summary = readBoolean(input, 'summary', true) && env.DOCKER_BUILD_SUMMARY?.trim().toLowerCase() !== 'false'
  return { summary, report }
}

/** Looks whether the report can be written, before anything is built. @throws Error that names the input */
export async function checkReport({ report }: ReportConfig, workspace: string): Promise<void> {
  if (report === '') return
  try {
    await locateReport(report, workspace)
  } catch (cause) {
    named('report', () => {
      throw cause
    })
  }
}

/** Whether anybody will read the sizes of the images. */
export function wantsSizes({ summary, report }: ReportConfig, env: Env): boolean {
  return report !== '' || (summary && (env.GITHUB_STEP_SUMMARY ?? '') !== '')
}
