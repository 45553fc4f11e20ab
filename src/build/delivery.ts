import { flag } from '../docker/command.ts'
import { digestOf } from '../docker/pushed.ts'
import type { RemoteImage } from '../registry/image.ts'
import { formatReference, type Reference } from '../registry/reference.ts'
import { checkPushed, type HeldTag, liveTags } from './check.ts'
import type { BuildConfig } from './inputs.ts'
import type { BuildPlan, Facts } from './plan.ts'
import { explainLive, explainPublished, type Published, publish } from './publish.ts'
import type { BuildResult, Built, RunOptions } from './result.ts'
import { findUnchanged } from './unchanged.ts'

export interface Delivery {
  readonly config: BuildConfig
  readonly facts: Facts
  readonly options: RunOptions
}

/**
 * Gives a pushed image the names that the build did not give it, and holds all that is live against what was asked for.
 *
 * @param built how the build went, also of a failed one
 */
export async function deliver({ targets }: BuildPlan, built: Built, delivery: Delivery): Promise<BuildResult> {
  const nothing = { ...built, unchanged: [], platforms: new Map<string, string>() }
  if (built.failure !== undefined) {
    // Tags are pushed one after the other: what came before the fault is live. BuildKit tells of the one at fault as of the others.
    const tried = targets.pushed.flatMap((reference) => {
      const digest = digestOf(reference, built.pushed)
      return digest === undefined ? [] : [{ reference, digest }]
    })
    const given = await liveTags(tried, delivery.options.env)
    const { live, failed } = parted(targets.pushed, (each) => given.includes(each))
    const failure = live.length === 0 ? built.failure : `${built.failure}; ${explainLive(live, failed)}`
    return { ...nothing, failure, references: live, failed }
  }
  if (targets.pushed.length === 0) return { ...nothing, references: delivery.config.references, failed: [] }
  const { digest } = built
  const [source] = targets.byDigest ? targets.built : targets.pushed
  if (digest === undefined || source === undefined) {
    const failure = 'push: buildx reported success but no digest, so nothing can be said of what was pushed; check the tags in the registry'
    return { ...nothing, failure, references: [], failed: targets.pushed }
  }
  try {
    const named = await nameAll({ source, digest, targets }, delivery)
    const digests = new Set(named.tags.map((tag) => tag.digest))
    const image = await check(named.tags, delivery)
    const known = {
      ...built,
      ...named.result,
      platforms: image?.platforms ?? nothing.platforms,
      ...(image?.sizes && { sizes: image.sizes }),
    }
    // Where all tags were left alone, what they hold is what the step is about.
    return { ...known, digest: digests.size === 1 ? [...digests][0] : digest }
  } catch (error) {
    return { ...nothing, failure: error instanceof Error ? error.message : String(error), references: targets.pushed, failed: [] }
  }
}

interface Pushed {
  /** Where the image is. */
  readonly source: Reference
  readonly digest: string
  readonly targets: BuildPlan['targets']
}

interface Named {
  /** The tags that are live, and what each of them holds. */
  readonly tags: readonly HeldTag[]
  readonly result: Pick<BuildResult, 'failure' | 'references' | 'failed' | 'unchanged'>
}

async function nameAll({ source, digest, targets }: Pushed, { config, facts, options }: Delivery): Promise<Named> {
  const { env, signal, log } = options
  const unchanged = config.skipUnchanged ? await findUnchanged(source, digest, targets.pushed, env) : []
  for (const { reference, digest: held } of unchanged)
    log.info(`Unchanged: ${formatReference(reference)} has the same content (${held}) and is left alone`)
  const left = unchanged.map(({ reference }) => reference)
  const copies = targets.copies.map(({ host, references }) => ({ host, references: references.filter((each) => !left.includes(each)) }))
  const due = copies.filter(({ references }) => references.length > 0)
  const published = await publish(source, digest, due, { buildx: facts.buildx, builder: facts.builder, env, signal, info: log.info })
  const absent = await absentTags(published, digest, options)
  const { live, failed } = parted(targets.pushed, (each) => !absent.includes(each))
  return {
    tags: live.map((reference) => unchanged.find((each) => each.reference === reference) ?? { reference, digest }),
    result: {
      failure: failed.length === 0 ? undefined : explainPublished(live, failed, published),
      references: live,
      failed,
      unchanged: left,
    },
  }
}

/** The tags of registries that failed, but for those that had been given all the same. */
async function absentTags(published: readonly Published[], digest: string, { env }: RunOptions): Promise<Reference[]> {
  const doubtful = published.filter(({ fault }) => fault !== undefined).flatMap(({ copy }) => copy.references)
  const live = await liveTags(
    doubtful.map((reference) => ({ reference, digest })),
    env,
  )
  return doubtful.filter((each) => !live.includes(each))
}

function check(tags: readonly HeldTag[], { config, facts, options }: Delivery): Promise<RemoteImage | undefined> {
  const expectations = tags.map((tag, at) => ({ ...tag, platforms: config.platforms, sizes: options.sizes && at === 0 }))
  return checkPushed(expectations, [...facts.buildx, ...flag('--builder', facts.builder)], options.env)
}

function parted(references: readonly Reference[], isLive: (reference: Reference) => boolean): { live: Reference[]; failed: Reference[] } {
  return { live: references.filter(isLive), failed: references.filter((each) => !isLive(each)) }
}
