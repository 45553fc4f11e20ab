import * as core from '@actions/core'
import { formatNodes } from '../builder/inspect.ts'
import { dockerfileSteps } from '../docker/progress.ts'
import { formatReference, formatRepository } from '../registry/reference.ts'
import type { BuildResult } from './run.ts'

/** Sets the outputs and says in plain words what was built. */
export function report(result: BuildResult): void {
  const outputs = toOutputs(result)
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value)
  if (result.failure !== undefined) return
  for (const reference of result.references) core.info(`Built ${formatReference(reference)}`)
  if (outputs.digest !== '') core.info(`Digest ${outputs.digest}`)
  for (const [platform, digest] of result.platforms) core.info(`  ${platform} ${digest}`)
  core.info(`Steps ${outputs['total-steps']}, of which ${outputs['cached-steps']} came from the cache`)
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
    platforms: JSON.stringify(Object.fromEntries(platforms)),
    builder: builder.name,
    driver: builder.driver,
    nodes: formatNodes(builder.nodes),
    'cached-steps': String(written.filter(({ cached }) => cached).length),
    'total-steps': String(written.length),
  }
}
