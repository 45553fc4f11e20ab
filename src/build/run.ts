import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needsOf } from '../builder/needs.ts'
import { type PreparedBuilder, prepareBuilder } from '../builder/prepare.ts'
import { buildWithCache } from '../cache/attempts.ts'
import { keepCache } from '../cache/keep.ts'
import { bringMounts, keepMounts, type MountsBuild } from '../cache/mounts.ts'
import type { CacheFault, CacheWatch } from '../cache/watch.ts'
import { digestOf } from '../docker/pushed.ts'
import { tempRoot, workspaceDir } from '../runner/env.ts'
import { type Delivery, deliver } from './delivery.ts'
import { dockerfilePath } from './dockerfile.ts'
import { execute } from './execute.ts'
import { isKept } from './exports.ts'
import { gatherFacts } from './facts.ts'
import type { BuildConfig } from './inputs.ts'
import { readMetadata } from './metadata.ts'
import { isQuery } from './options.ts'
import { type BuildPlan, type Facts, planBuild } from './plan.ts'
import type { BuildResult, Built, RunOptions } from './result.ts'

export type { BuildResult, RunOptions } from './result.ts'

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
  for (const { path, text } of plan.files) await writeFile(path, text, { mode: 0o600, flag: 'wx' })
  const mounts = mountsBuild(plan, delivery)
  const carrying = { env: { ...plan.env, ...options.env }, signal: options.signal, info: options.log.info }
  const before = mounts ? await bringMounts(mounts, carrying) : []
  const { faults, ...built } = await build(plan, delivery)
  await builder.swept
  const env = { ...options.env, ...builder.env }
  const result = await deliver(plan, { ...built, builder }, { ...delivery, options: { ...options, env } })
  const good = result.failure === undefined
  const after = mounts && good && plan.cache.write ? await keepMounts(mounts, result.steps, carrying) : []
  const warning = await keepCache(plan.cache, facts.cache, { good, faults: [...before, ...faults, ...after] })
  if (warning !== undefined) options.log.warn(warning)
  return result
}

/** What the cache mounts of a build are known by; undefined for one that only looks. */
function mountsBuild({ command }: BuildPlan, { config, facts, options }: Delivery): MountsBuild | undefined {
  const { cache, target, platforms, noCache } = config
  if (isQuery(config.options)) return undefined
  const dockerfile = dockerfilePath(config, workspaceDir(options.env), options.env)
  return { cache, facts: facts.cache, dockerfile, target, platforms, noCache, command, temp: facts.temp }
}

function named(rule: NamedBuild['rule'], message: string): string {
  return rule ? `rule ${rule.number} (${rule.title}): ${message}` : message
}

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
  { config, facts, options }: Delivery,
): Promise<Omit<Built, 'builder'> & { readonly faults: readonly CacheFault[] }> {
  const { env, signal, log } = options
  const own = { env: { ...plan.env, ...env }, signal, query: isQuery(config.options), onStart: options.onProcess, group: log.group }
  const attempt = (command: readonly string[], watch: CacheWatch) => execute(command, { title: 'Build', ...own, watch })
  const patience = { patience: config.cache.patience, signal, info: log.info }
  const { result: executed, faults } = await buildWithCache(plan.command, plan.cache, attempt, patience)
  if (executed.failure !== undefined)
    return { ...executed, faults, digest: undefined, imageId: undefined, metadata: undefined, metadataFile: undefined }
  const { text, digest, imageId } = await readMetadata(plan.metadataFile)
  const { built, pushed, byDigest } = plan.targets
  const [first] = byDigest ? built : pushed
  // Of several exporters, buildx gives the digest of any one.
  const live = (first && digestOf(first, executed.pushed)) ?? digest
  // The containerd store knows an image by its digest, the classic one by that of its configuration.
  const found = { digest: live, imageId: isKept(config) && facts.engine?.containerdStore ? live : imageId }
  const known = { ...executed, faults, ...found, metadata: text, metadataFile: text === undefined ? undefined : plan.metadataFile }
  if (plan.loadCommand === undefined) return known
  const loaded = await execute(plan.loadCommand, { title: 'Load', ...own })
  return { ...known, failure: loaded.failure?.replace(/^build: /, 'load: ') }
}
