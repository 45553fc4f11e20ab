import * as core from '@actions/core'
import { formatNodes } from '../builder/inspect.ts'
import { dockerfileSteps } from '../docker/progress.ts'
import { formatReference, formatRepository } from '../registry/reference.ts'
import { toJson } from '../tags/metadata.ts'
import { previewLines, previewStep } from './preview.ts'
import type { BuildResult } from './run.ts'
import type { Step, StepBuild } from './step.ts'

/** Sets the outputs. */
export function report({ builds }: Step, results: readonly BuildResult[]): void {
  const all = results.map((result, index) => ({ rule: builds[index]?.rule ?? null, ...toOutputs(result), ...nameOutputs(builds[index]) }))
  const [first] = results
  if (!first) return
  setOutputs({ ...toOutputs(first), ...nameOutputs(builds[0]), skipped: 'false', results: JSON.stringify(all.map(toEntry)) })
}

/** Sets the outputs that are known without a build, and says what would be built. */
export function reportPreview(step: Step): void {
  const { builds, dryRun } = step
  const preview = previewStep(step)
  setOutputs({
    ...nameOutputs(builds[0]),
    tags: preview.builds[0]?.tags.join('\n') ?? '',
    skipped: String(preview.skipped),
    results: '[]',
    ...(dryRun ? { plan: JSON.stringify(preview) } : {}),
  })
  if (preview.skipped) core.notice(step.skipped)
  for (const line of previewLines(step)) core.info(line)
}

function setOutputs(outputs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value)
}

/** The outputs about names, as metadata-action has them; empty without a build. */
export function nameOutputs(build: StepBuild | undefined) {
  const { version = '', tagNames = [], labels = [], annotations = [] } = build?.image ?? {}
  return {
    version,
    'tag-names': tagNames.join('\n'),
    labels: labels.join('\n'),
    annotations: annotations.join('\n'),
    json: build ? toJson(build.image) : '',
  }
}

/** An entry of the output `results`: lists as lists, and without what is too long for an environment. */
function toEntry(outputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { metadata: _, nodes: _nodes, json: _json, ...rest } = outputs
  const lists = ['tags', 'failed-tags', 'unchanged-tags', 'tag-names', 'labels', 'annotations']
  return Object.fromEntries(
    Object.entries(rest).map(([name, value]) => {
      if (typeof value !== 'string') return [name, value]
      if (lists.includes(name)) return [name, value === '' ? [] : value.split('\n')]
      if (name === 'platforms') return [name, JSON.parse(value)]
      return [name, name.endsWith('-steps') ? Number(value) : value]
    }),
  )
}

/** The outputs of the action by name. */
export function toOutputs({ digest, imageId, metadata, references, platforms, steps, builder, ...more }: BuildResult) {
  const written = dockerfileSteps(steps)
  const first = references[0]
  return {
    digest: digest ?? '',
    imageid: imageId ?? '',
    metadata: metadata ?? '',
    'metadata-file': more.metadataFile ?? '',
    image: first && digest !== undefined ? `${formatRepository(first)}@${digest}` : '',
    tags: references.map(formatReference).join('\n'),
    'failed-tags': more.failed.map(formatReference).join('\n'),
    'unchanged-tags': more.unchanged.map(formatReference).join('\n'),
    platforms: JSON.stringify(Object.fromEntries(platforms)),
    builder: builder.name,
    driver: builder.driver,
    nodes: formatNodes(builder.nodes),
    'cached-steps': String(written.filter(({ cached }) => cached).length),
    'total-steps': String(written.length),
  }
}
