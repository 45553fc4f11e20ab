import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needsOf } from '../builder/needs.ts'
import { type PreparedBuilder, prepareBuilder } from '../builder/prepare.ts'
import { flag } from '../docker/command.ts'
import type { Step } from '../docker/progress.ts'
import type { Reference } from '../registry/reference.ts'
import { type Env, tempRoot } from '../runner/env.ts'
import { checkPushed, liveTags } from './check.ts'
import { execute } from './execute.ts'
import { gatherFacts } from './facts.ts'
import type { BuildConfig } from './inputs.ts'
import { readMetadata } from './metadata.ts'
import { isQuery } from './options.ts'
import { type BuildPlan, type Facts, planBuild } from './plan.ts'
import { explainPublished, publish } from './publish.ts'

/** How a build went; also of a failed one, so that what is known can be reported before the step fails. */
export interface BuildResult {
  /** One line that says what went wrong and what to do; undefined for success. */
  readonly failure: string | undefined
  /** What was built, or of a push all that is live. */
  readonly references: readonly Reference[]
  /** Of a push, what should be live and is not. */
  readonly failed: readonly Reference[]
  readonly digest: string | undefined
  readonly imageId: string | undefined
  readonly metadata: string | undefined
  /** The file with all that buildx says of the build; it stays until the end of the job. */
  readonly metadataFile: string | undefined
  /** Digest by platform, as read back from the registry; empty when nothing was pushed. */
  readonly platforms: ReadonlyMap<string, string>
  readonly steps: readonly Step[]
  readonly builder: PreparedBuilder
}

export interface RunOptions {
  readonly env: Env
  readonly signal: AbortSignal
  /** Called with the temporary folder of the step before anything is put into it, so that post can remove it. */
  readonly onTemp: (path: string) => void
  /** Called with the place of the builder's record before anything is made for it, so that post can undo it. */
  readonly onRecord: (path: string) => void
  readonly log: {
    readonly info: (line: string) => void
    readonly group: <Value>(title: string, work: (print: (line: string) => void) => Promise<Value>) => Promise<Value>
  }
}

/**
 * Builds, pushes and checks what a config asks for.
 *
 * @returns the result, also of a failed build
 * @throws Error for what is wrong before the build starts
 */
export async function run(config: BuildConfig, options: RunOptions): Promise<BuildResult> {
  const folder = await mkdtemp(join(tempRoot(options.env), 'manifold-'))
  options.onTemp(folder)
  // What lies in here goes at once; what lies beside it stays until the end of the job.
  const temp = join(folder, 'step')
  try {
    await mkdir(temp, { mode: 0o700 })
    const { facts, builder } = await prepare(config, { temp, metadataFile: join(folder, 'metadata.json') }, options)
    const plan = planBuild(config, facts)
    for (const line of plan.lines) options.log.info(line)
    for (const { path, text } of plan.secretFiles) await writeFile(path, text, { mode: 0o600, flag: 'wx' })
    const built = { ...(await build(plan, config, options)), builder }
    await builder.swept
    if (built.failure !== undefined) return { ...built, references: [], failed: plan.targets.pushed, platforms: new Map() }
    if (plan.targets.pushed.length === 0) return { ...built, references: config.references, failed: [], platforms: new Map() }
    return await deliver(plan, built, { config, facts, options })
  } finally {
    await rm(temp, { recursive: true, force: true })
  }
}

type Built = Omit<BuildResult, 'references' | 'failed' | 'platforms'>

interface Prepared {
  readonly facts: Facts
  readonly builder: PreparedBuilder
}

/** Sets up the builder while the registry and the files are looked at. */
async function prepare(
  config: BuildConfig,
  places: Pick<Facts, 'temp' | 'metadataFile'>,
  { env, signal, onRecord, log }: RunOptions,
): Promise<Prepared> {
  const unknown = { buildx: [], builder: '', driver: undefined, cacheExists: undefined, engine: undefined, runUrl: '' }
  // What a build asks of its builder stands in its command, wherever it came from.
  const draft = planBuild(config, { ...places, ...unknown })
  const { temp } = places
  const [gathered, prepared] = await Promise.allSettled([
    gatherFacts(config, env),
    prepareBuilder(config.builder, needsOf([draft.command]), { env, signal, temp, onRecord, info: log.info, group: log.group }),
  ])
  if (gathered.status === 'rejected') throw gathered.reason
  if (prepared.status === 'rejected') throw prepared.reason
  const { buildx, name, driver } = prepared.value
  return { facts: { ...places, ...gathered.value, buildx, builder: name, driver }, builder: prepared.value }
}

/** Runs the build, and the one that loads where that takes another. */
async function build(plan: BuildPlan, config: BuildConfig, { env, signal, log }: RunOptions): Promise<Omit<Built, 'builder'>> {
  const own = { env: { ...plan.env, ...env }, signal, query: isQuery(config.options), group: log.group }
  const { failure, steps } = await execute(plan.command, { title: 'Build', ...own })
  if (failure !== undefined) return { failure, steps, digest: undefined, imageId: undefined, metadata: undefined, metadataFile: undefined }
  const { text, ...found } = await readMetadata(plan.metadataFile)
  const known = { ...found, steps, metadata: text, metadataFile: text === undefined ? undefined : plan.metadataFile }
  if (plan.loadCommand === undefined) return { ...known, failure: undefined }
  const loaded = await execute(plan.loadCommand, { title: 'Load', ...own })
  return { ...known, failure: loaded.failure?.replace(/^build: /, 'load: ') }
}

interface Delivery {
  readonly config: BuildConfig
  readonly facts: Facts
  readonly options: RunOptions
}

/** Gives the pushed image its names in other registries, and holds all that is live against what was asked for. */
async function deliver({ targets }: BuildPlan, built: Built, { config, facts, options }: Delivery): Promise<BuildResult> {
  const { digest } = built
  const { env, signal, log } = options
  const nothing = { ...built, references: [], failed: targets.pushed, platforms: new Map<string, string>() }
  const [first] = targets.pushed
  if (digest === undefined || first === undefined) {
    return {
      ...nothing,
      failure: 'push: buildx reported success but no digest, so nothing can be said of what was pushed; check the tags in the registry',
    }
  }
  const { buildx, builder } = facts
  const published = await publish(first, digest, targets.copies, { buildx, builder, env, signal, info: log.info })
  const doubtful = published.filter(({ fault }) => fault !== undefined).flatMap(({ copy }) => copy.references)
  const live =
    doubtful.length === 0
      ? targets.pushed
      : [...targets.pushed.filter((each) => !doubtful.includes(each)), ...(await liveTags(doubtful, digest, env))]
  const failed = targets.pushed.filter((each) => !live.includes(each))
  const result = { ...built, references: live, failed, platforms: new Map<string, string>() }
  try {
    const expectations = live.map((reference) => ({ reference, digest, platforms: config.platforms }))
    const image = await checkPushed(expectations, [...buildx, ...flag('--builder', builder)], env)
    const failure = failed.length === 0 ? undefined : explainPublished(live, failed, published)
    return { ...result, failure, platforms: image?.platforms ?? result.platforms }
  } catch (error) {
    return { ...result, failure: error instanceof Error ? error.message : String(error) }
  }
}
