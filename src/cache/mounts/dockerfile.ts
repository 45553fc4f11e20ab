import { DockerfileParser, type From, type Instruction } from 'dockerfile-ast'
import { joinFields, splitFields } from '../../text/csv.ts'

/** A cache mount that a Dockerfile uses. */
export interface CacheMount {
  /** Under which the builder knows it, as written: it may hold variables. */
  readonly id: string
  /** The other fields of the flag that decide which directory of the builder's it is, or how it is shared. */
  readonly options: readonly string[]
}

/** A stage with cache mounts, as far as it takes to get at them. */
export interface MountStage {
  /** The image that the stage is based on in the end, as written: it may hold variables. */
  readonly base: string
  /** The stage's own `--platform`, as written. */
  readonly platform: string | undefined
  /** The stage's ARG and ENV instructions, as written: the mounts' variables come from them. */
  readonly settings: readonly string[]
  readonly mounts: readonly CacheMount[]
}

export interface DockerfileMounts {
  /** A parser directive for the escape character, and the ARG instructions before the first stage. */
  readonly head: readonly string[]
  readonly stages: readonly MountStage[]
  /** Ids of mounts that begin with the content of a stage, which would have to be built for them. */
  readonly skipped: readonly string[]
}

/**
 * Finds the cache mounts of the stages that a build of the target needs. Each mount is named once.
 *
 * @param text of the Dockerfile
 * @param target the stage to build; empty for the last
 * @see https://docs.docker.com/reference/dockerfile/#run---mounttypecache
 */
export function findMounts(text: string, target: string): DockerfileMounts {
  const dockerfile = DockerfileParser.parse(text)
  const stages = toStages(dockerfile.getInstructions())
  const skipped = new Set<string>()
  const seen = new Set<string>()
  const found = needed(stages, target).flatMap((stage): MountStage[] => {
    const { base, settings } = resolve(stage, stages)
    const mounts = stage.instructions.flatMap(mountsOf).filter((mount) => {
      const from = mount.from !== undefined && stages.some(({ name }) => name === mount.from?.toLowerCase())
      if (from) skipped.add(mount.id)
      // With a variable in it, the same text can mean another mount in another stage.
      const kind = mount.options.filter((option) => !option.startsWith('sharing='))
      const key = JSON.stringify([mount.id, kind, variable(mount) ? stage.index : ''])
      return !from && !seen.has(key) && seen.add(key)
    })
    const part = (own: readonly FoundMount[], lines: readonly string[]) =>
      own.length === 0 ? [] : [{ base, platform: stage.platform, settings: lines, mounts: own.map(toMount) }]
    // What all platforms share is kept apart, so that it is copied once.
    return [
      ...part(
        mounts.filter((mount) => !variable(mount)),
        [],
      ),
      ...part(mounts.filter(variable), settings),
    ]
  })
  const character = dockerfile.getEscapeCharacter()
  const head = [...(character === '\\' ? [] : [`# escape=${character}`]), ...dockerfile.getInitialARGs().map((arg) => arg.getTextContent())]
  return { head, stages: found, skipped: [...skipped] }
}

interface Stage {
  readonly index: number
  /** In lower case, as BuildKit compares them. */
  readonly name: string | undefined
  readonly image: string
  readonly platform: string | undefined
  readonly instructions: readonly Instruction[]
}

function toStages(instructions: readonly Instruction[]): Stage[] {
  const starts = instructions.flatMap((each, at) => (each.getKeyword() === 'FROM' ? [at] : []))
  return starts.map((start, index) => {
    const from = instructions[start] as From
    return {
      index,
      name: from.getBuildStage()?.toLowerCase(),
      image: from.getImage() ?? '',
      platform: from.getPlatformFlag()?.getValue() ?? undefined,
      instructions: instructions.slice(start + 1, starts[index + 1]),
    }
  })
}

/** The target with all stages that it is built from or copies from. */
function needed(stages: readonly Stage[], target: string): Stage[] {
  const wanted = new Set<Stage>()
  const visit = (stage: Stage | undefined): void => {
    if (!stage || wanted.has(stage)) return
    wanted.add(stage)
    const sources = stage.instructions.flatMap((each) => [
      ...flags(each, 'from'),
      ...flags(each, 'mount').flatMap((flag) => fieldsOf(flag).get('from') ?? []),
    ])
    for (const name of [stage.image, ...sources]) visit(stageNamed(stages.slice(0, stage.index), name))
  }
  visit(target === '' ? stages.at(-1) : stageNamed(stages, target))
  return stages.filter((stage) => wanted.has(stage))
}

function stageNamed(stages: readonly Stage[], name: string): Stage | undefined {
  return stages.findLast((stage) => stage.name === name.toLowerCase()) ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined)
}

/** Follows a stage down to its image; the environment set on the way is inherited, the arguments are not. */
function resolve(stage: Stage, stages: readonly Stage[]): { base: string; settings: string[] } {
  const own = stage.instructions.filter((each) => ['ARG', 'ENV'].includes(each.getKeyword())).map((each) => each.getTextContent())
  const parent = stageNamed(stages.slice(0, stage.index), stage.image)
  if (!parent) return { base: stage.image, settings: own }
  const { base, settings } = resolve(parent, stages)
  return { base, settings: [...settings.filter((line) => !/^ARG\b/i.test(line)), ...own] }
}

interface FoundMount extends CacheMount {
  readonly from: string | undefined
}

function mountsOf(instruction: Instruction): FoundMount[] {
  if (instruction.getKeyword() !== 'RUN') return []
  return flags(instruction, 'mount').flatMap((flag): FoundMount[] => {
    const fields = fieldsOf(flag)
    const target = fields.get('target') ?? fields.get('dst') ?? fields.get('destination')
    if (fields.get('type') !== 'cache' || target === undefined) return []
    const kept = [...fields].filter(([key]) => ['from', 'source', 'src', 'uid', 'gid', 'mode', 'sharing'].includes(key))
    return [
      {
        id: fields.get('id') || cleanPath(target),
        options: kept.map(([key, value]) => joinFields([`${key}=${value}`])),
        from: fields.get('from'),
      },
    ]
  })
}

function toMount({ id, options }: FoundMount): CacheMount {
  return { id, options }
}

function variable({ id, options }: CacheMount): boolean {
  return [id, ...options].some((text) => text.includes('$'))
}

function flags(instruction: Instruction, name: string): string[] {
  if (!('getFlags' in instruction)) return []
  const all = (instruction as Instruction & { getFlags(): { getName(): string; getValue(): string | null }[] }).getFlags()
  return all.filter((flag) => flag.getName() === name).flatMap((flag) => flag.getValue() ?? [])
}

function fieldsOf(flag: string): Map<string, string> {
  try {
    const pairs = splitFields(flag).map((field): [string, string] => [
      (field.split('=', 1)[0] ?? '').toLowerCase(),
      field.slice(field.indexOf('=') + 1),
    ])
    return new Map(pairs)
  } catch {
    // BuildKit will say what is wrong with it.
    return new Map()
  }
}

/** Go's path.Clean, which BuildKit makes an id of a target with. */
function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '..' || !path.startsWith('/')) parts.push(part)
  }
  return `${path.startsWith('/') ? '/' : ''}${parts.join('/')}` || '.'
}
