import { formatReference } from '../registry/reference.ts'
import type { Step, StepBuild } from './step.ts'
import { planTargets } from './targets.ts'

/**
 * What a step would do, for the output `plan`; values of build arguments are left out, since they can be secret.
 */
export function previewStep({ event, builds }: Step) {
  return {
    event: { name: event.name, ref: event.ref, sha: event.sha },
    skipped: builds.length === 0,
    builds: builds.map(previewBuild),
  }
}

/** The same for people, one line each. */
export function previewLines(step: Step): string[] {
  return previewStep(step).builds.flatMap((build) => {
    const file = build.file === '' ? '' : ` with ${build.file}`
    const platforms = build.platforms.length === 0 ? "the builder's own platform" : build.platforms.join(', ')
    return [
      `${build.rule === null ? '' : `Rule ${build.rule.number} (${build.rule.title}): `}would build ${build.context}${file} for ${platforms}`,
      ...build.tags.map((tag) => `  ${build.pushed.includes(tag) ? 'and push ' : 'as '}${tag}`),
    ]
  })
}

function previewBuild({ rule, image, config }: StepBuild) {
  const { context, file, platforms, target, noCache, push, load, buildArgs, labels, annotations, references, cache } = config
  return {
    rule: rule ?? null,
    context,
    file: file ?? '',
    platforms,
    target,
    'no-cache': noCache,
    'build-args': buildArgs.map((pair) => pair.replace(/=.*/s, '=…')),
    version: image.version,
    tags: references.map(formatReference),
    'tag-names': image.tagNames,
    labels,
    annotations,
    push,
    pushed: planTargets(config).pushed.map(formatReference),
    load,
    cache: cache.store.kind,
    'cache-ref': cache.store.kind === 'registry' ? formatReference(cache.store.reference) : '',
  }
}
