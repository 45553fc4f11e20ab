import { createHash } from 'node:crypto'
import { joinFields } from '../../text/csv.ts'
import type { CacheMount, DockerfileMounts, MountStage } from './dockerfile.ts'

/** What a Dockerfile of ours is made of. */
export interface RecipeOptions {
  /** Image with a shell and cp; empty for each stage's own base. */
  readonly image: string
  readonly platforms: readonly string[]
  /** Different each time: what is in a mount is not part of what BuildKit knows a step by. */
  readonly nonce: string
}

/** The name of the build context that holds the saved contents. */
export const SAVED = 'manifold-saved'

/**
 * A Dockerfile whose result is the contents of the mounts, a folder for each.
 *
 * There is no other way to them than a step that has the mount: exporters leave them out
 * (https://github.com/moby/buildkit/issues/1474). Owners, modes and links are kept.
 */
export function takeOutRecipe(mounts: DockerfileMounts, options: RecipeOptions): string {
  const stages = mounts.stages.map((stage, index) => {
    const copy = stage.mounts.map((mount, at) => `mkdir -p ${OUT}/${keyOf(mount)} && cp -a ${folder(at)}/. ${OUT}/${keyOf(mount)}/`)
    return stageText(stage, { index, mounts: [], script: copy.join(' && '), options })
  })
  return [
    ...mounts.head,
    ...stages.flat(),
    'FROM scratch',
    ...mounts.stages.map((_, index) => `COPY --from=${stageName(index)} ${OUT}/ /`),
    '',
  ].join('\n')
}

/**
 * A Dockerfile that fills the mounts from the build context {@link SAVED}. A mount with something in it is left as it is: a
 * builder that lives on has newer contents than any that were saved.
 */
export function bringInRecipe(mounts: DockerfileMounts, options: RecipeOptions): string {
  const stages = mounts.stages.map((stage, index) => {
    const copy = stage.mounts.map((mount, at) => {
      const from = `${IN}/${keyOf(mount)}`
      return `if [ -d ${from} ] && [ -z "$(ls -A ${folder(at)})" ]; then cp -a ${from}/. ${folder(at)}/; fi`
    })
    const script = [...copy, `mkdir -p ${OUT}`, `: > ${OUT}/done-${index}`].join(' && ')
    return stageText(stage, { index, mounts: [joinFields(['type=bind', `from=${SAVED}`, `target=${IN}`])], script, options })
  })
  return [
    ...mounts.head,
    ...stages.flat(),
    'FROM scratch',
    ...mounts.stages.map((_, index) => `COPY --from=${stageName(index)} ${OUT}/ /`),
    '',
  ].join('\n')
}

const OUT = '/.manifold/out'
const IN = '/.manifold/in'

interface StageParts {
  readonly index: number
  readonly mounts: readonly string[]
  readonly script: string
  readonly options: RecipeOptions
}

function stageText(stage: MountStage, { index, mounts, script, options }: StageParts): string[] {
  // Copying needs no emulation. One platform alone may be all that the base has.
  const platform = stage.platform ?? (options.platforms.length > 1 ? '$BUILDPLATFORM' : undefined)
  const flags = [
    ...stage.mounts.map((mount, at) => joinFields(['type=cache', `id=${mount.id}`, ...mount.options, `target=${folder(at)}`])),
    ...mounts,
  ]
  return [
    `FROM ${platform === undefined ? '' : `--platform=${platform} `}${options.image || stage.base} AS ${stageName(index)}`,
    'USER 0:0',
    ...stage.settings,
    // In the exec form, whatever SHELL the base has.
    `RUN --network=none ${flags.map((flag) => `--mount=${flag}`).join(' ')} ${JSON.stringify(['/bin/sh', '-c', `${script} # ${options.nonce}`])}`,
  ]
}

function stageName(index: number): string {
  return `manifold-${index}`
}

function folder(at: number): string {
  return `/.manifold/mount-${at}`
}

/** The name under which a mount's contents are saved: the same for the same text in the Dockerfile. */
function keyOf({ id, options }: CacheMount): string {
  const kind = options.filter((option) => !option.startsWith('sharing='))
  return createHash('sha256')
    .update(JSON.stringify([id, kind]))
    .digest('hex')
    .slice(0, 16)
}
