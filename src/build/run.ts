import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needsOf } from '../builder/needs.ts'
import { type PreparedBuilder, prepareBuilder } from '../builder/prepare.ts'
import { buildWithCache } from '../cache/attempts.ts'
import type { CacheEvent } from '../cache/facts.ts'
import { keepCache } from '../cache/keep.ts'
import type { CacheFault, CacheWatch } from '../cache/watch.ts'
import { flag } from '../docker/command.ts'
import type { RawWarning, Step } from '../docker/progress.ts'
import { digestOf } from '../docker/pushed.ts'
import type { Reference } from '../registry/reference.ts'
import { type Env, tempRoot } from '../runner/env.ts'
import { checkPushed, liveTags } from './check.ts'
import { type Execution, execute } from './execute.ts'
import { gatherFacts } from './facts.ts'
import type { BuildConfig } from './inputs.ts'
import { readMetadata } from './metadata.ts'
import { isQuery } from './options.ts'
import { type BuildPlan, type Facts, planBuild } from './plan.ts'
import { explainLive, explainPublished, publish } from './publish.ts'

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
  /** Bytes to download by platform, where asked for and known. */
  readonly sizes?: ReadonlyMap<string, number>
  readonly steps: readonly Step[]
  /** What the checks of the Dockerfile found. */
  readonly warnings: readonly RawWarning[]
  /** What buildx printed that was no progress event: of a failed build, the lines of the Dockerfile and the error. */
  readonly plain: readonly string[]
  readonly builder: PreparedBuilder
}

export interface RunOptions {
  readonly env: Env
  readonly event: CacheEvent
  readonly signal: AbortSignal
  /** Called with the temporary folder of the step before anything is put into it, so that post can remove it. */
  readonly onTemp: (path: string) => void
  /** Called with the place of the builder's record before anything is made for it, so that post can undo it. */
  readonly onRecord: (path: string) => void
  /** Whether the sizes of what was pushed are to be read as well. */
  readonly sizes: boolean
  readonly log: {
    readonly info: (line: string) => void
    readonly warn: (line: string) => void
    readonly group: <Value>(title: string, work: (print: (line: string) => void) => Promise<Value>) => Promise<Value>
  }
}

/** One of the builds of a step. */
export interface NamedBuild {
  /** The build rule it comes from; undefined where there are no rules. */
  readonly rule: { readonly number: number; readonly title: string } | undefined
  readonly config: BuildConfig
}

/**
 * Builds, pushes and checks what the configs ask for, one after the other, with one builder for all. One that fails does not
 * keep the others from being built, a cancel does.
 *
 * @param builds at least one
 * @returns a result for each that was begun, also of a failed one
 * @throws Error for what is wrong before the first build starts
 */
export async function run(builds: readonly NamedBuild[], options: RunOptions): Promise<BuildResult[]> {
  const folder = await mkdtemp(join(tempRoot(options.env), 'manifold-'))
  options.onTemp(folder)
  // What lies in here goes at once; what lies beside it stays until the end of the job.
  const temp = join(folder, 'step')
  try {
    await mkdir(temp, { mode: 0o700 })
    const places = builds.map((_, index) => ({
      temp: join(temp, String(index + 1)),
      metadataFile: join(folder, index === 0 ? 'metadata.json' : `metadata-${index + 1}.json`),
    }))
    for (const place of places) await mkdir(place.temp, { mode: 0o700 })
    const { facts, builder } = await prepare(builds, { places, temp }, options)
    const results: BuildResult[] = []
    for (const [index, { rule, config }] of builds.entries()) {
      const own = facts[index]
      if (options.signal.aborted || !own) break
      if (rule) options.log.info(`Rule ${rule.number} (${rule.title})`)
      const result = await runOne({ config, facts: own, options }, builder)
      results.push({ ...result, failure: result.failure === undefined ? undefined : named(rule, result.failure) })
    }
    return results
  } finally {
    await rm(temp, { recursive: true, force: true })
  }
}

async function runOne(delivery: Delivery, builder: PreparedBuilder): Promise<BuildResult> {
  const { config, facts, options } = delivery
  const plan = planBuild(config, facts)
  for (const line of plan.lines) options.log.info(line)
  for (const { path, text } of plan.secretFiles) await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  const { faults, ...built } = await build(plan, config, options)
  await builder.swept
  const result = await finish(plan, { ...built, builder }, delivery)
  const warning = await keepCache(plan.cache, facts.cache, { good: result.failure === undefined, faults })
  if (warning !== undefined) options.log.warn(warning)
  return result
}

async function finish(plan: BuildPlan, built: Built, delivery: Delivery): Promise<BuildResult> {
  if (built.failure !== undefined) {
    // Tags are pushed one after the other: what came before the fault is live.
    const live = plan.targets.pushed.filter((each) => digestOf(each, built.pushed) !== undefined)
    const failed = plan.targets.pushed.filter((each) => !live.includes(each))
    const failure = live.length === 0 ? built.failure : `${built.failure}; ${explainLive(live, failed)}`
    return { ...built, failure, references: live, failed, platforms: new Map() }
  }
  if (plan.targets.pushed.length === 0) return { ...built, references: delivery.config.references, failed: [], platforms: new Map() }
  return await deliver(plan, built, delivery)
}

function named(rule: NamedBuild['rule'], message: string): string {
  return rule ? `rule ${rule.number} (${rule.title}): ${message}` : message
}

type Built = Omit<BuildResult, 'references' | 'failed' | 'platforms'> & Pick<Execution, 'pushed'>

interface Prepared {
  /** Of each build. */
  readonly facts: readonly Facts[]
  readonly builder: PreparedBuilder
}

interface Places {
  /** Of each build. */
  readonly places: readonly Pick<Facts, 'temp' | 'metadataFile'>[]
  readonly temp: string
}

/** Sets up the builder while the registries and the files are looked at. */
async function prepare(
  builds: readonly NamedBuild[],
  { places, temp }: Places,
  { env, event, signal, onRecord, log }: RunOptions,
): Promise<Prepared> {
  const unknown = { buildx: [], builder: '', driver: undefined, cache: undefined, engine: undefined, runUrl: '' }
  const [first] = builds
  if (!first) throw new Error('there is nothing to build')
  // What the builds ask of their builder stands in their commands, wherever it came from.
  const drafts = builds.flatMap(({ config }, index) => {
    const place = places[index]
    return place ? [planBuild(config, { ...place, ...unknown }).command] : []
  })
  const [gathered, prepared] = await Promise.allSettled([
    Promise.all(
      builds.map(({ rule, config }) =>
        gatherFacts(config, event, env).catch((cause: unknown) => {
          throw new Error(named(rule, cause instanceof Error ? cause.message : String(cause)), { cause })
        }),
      ),
    ),
    prepareBuilder(first.config.builder, needsOf(drafts), { env, signal, temp, onRecord, info: log.info, group: log.group }),
  ])
  if (gathered.status === 'rejected') throw gathered.reason
  if (prepared.status === 'rejected') throw prepared.reason
  const { buildx, name, driver } = prepared.value
  const facts = places.flatMap((place, index) => {
    const found = gathered.value[index]
    return found ? [{ ...place, ...found, buildx, builder: name, driver }] : []
  })
  return { facts, builder: prepared.value }
}

/** Runs the build, and the one that loads where that takes another. */
async function build(
  plan: BuildPlan,
  config: BuildConfig,
  { env, signal, log }: RunOptions,
): Promise<Omit<Built, 'builder'> & { readonly faults: readonly CacheFault[] }> {
  const own = { env: { ...plan.env, ...env }, signal, query: isQuery(config.options), group: log.group }
  const attempt = (command: readonly string[], watch: CacheWatch) => execute(command, { title: 'Build', ...own, watch })
  const patience = { patience: config.cache.patience, signal, info: log.info }
  const { result: executed, faults } = await buildWithCache(plan.command, plan.cache, attempt, patience)
  if (executed.failure !== undefined)
    return { ...executed, faults, digest: undefined, imageId: undefined, metadata: undefined, metadataFile: undefined }
  const { text, digest, imageId } = await readMetadata(plan.metadataFile)
  const [first] = plan.targets.pushed
  // Of several exporters, buildx gives the digest of any one.
  const found = { digest: (first && digestOf(first, executed.pushed)) ?? digest, imageId }
  const known = { ...executed, faults, ...found, metadata: text, metadataFile: text === undefined ? undefined : plan.metadataFile }
  if (plan.loadCommand === undefined) return known
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
    const expectations = live.map((reference, at) => ({ reference, digest, platforms: config.platforms, sizes: options.sizes && at === 0 }))
    const image = await checkPushed(expectations, [...buildx, ...flag('--builder', builder)], env)
    const failure = failed.length === 0 ? undefined : explainPublished(live, failed, published)
    return { ...result, failure, platforms: image?.platforms ?? result.platforms, ...(image?.sizes && { sizes: image.sizes }) }
  } catch (error) {
    return { ...result, failure: error instanceof Error ? error.message : String(error) }
  }
}
