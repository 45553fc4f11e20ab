import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needsOf } from '../builder/needs.ts'
import { type PreparedBuilder, prepareBuilder } from '../builder/prepare.ts'
import { flag } from '../docker/command.ts'
import { exec } from '../docker/exec.ts'
import { PlainLog } from '../docker/plain.ts'
import { Progress, parseStatus, type Step } from '../docker/progress.ts'
import type { Reference } from '../registry/reference.ts'
import { type Env, tempRoot } from '../runner/env.ts'
import { checkPushed } from './check.ts'
import { gatherFacts } from './facts.ts'
import { explainBuild } from './failure.ts'
import type { BuildConfig } from './inputs.ts'
import { type BuildPlan, type Facts, planBuild, showCommand } from './plan.ts'

/** How a build went; also of a failed one, so that what is known can be reported before the step fails. */
export interface BuildResult {
  /** One line that says what went wrong and what to do; undefined for success. */
  readonly failure: string | undefined
  readonly references: readonly Reference[]
  readonly digest: string | undefined
  readonly imageId: string | undefined
  readonly metadata: string | undefined
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
  const temp = await mkdtemp(join(tempRoot(options.env), 'manifold-'))
  options.onTemp(temp)
  try {
    const { facts, builder } = await prepare(config, temp, options)
    const plan = planBuild(config, facts)
    if (plan.cache.line !== undefined) options.log.info(plan.cache.line)
    for (const { path, text } of plan.secretFiles) await writeFile(path, text, { mode: 0o600, flag: 'wx' })
    const built = { ...(await build(plan, options)), builder }
    await builder.swept
    if (built.failure !== undefined || !config.push) return { ...built, references: config.references, platforms: new Map() }
    return await check(config, built, { buildx: [...facts.buildx, ...flag('--builder', facts.builder)], env: options.env })
  } finally {
    await rm(temp, { recursive: true, force: true })
  }
}

/** How often the log is brought up to date, in milliseconds, as buildx does it. */
const REFRESH = 150

type Built = Omit<BuildResult, 'references' | 'platforms'>

interface Prepared {
  readonly facts: Facts
  readonly builder: PreparedBuilder
}

/** Sets up the builder while the registry and the files are looked at. */
async function prepare(config: BuildConfig, temp: string, { env, signal, onRecord, log }: RunOptions): Promise<Prepared> {
  // What a build asks of its builder stands in its command, wherever it came from.
  const draft = planBuild(config, { buildx: [], builder: '', temp, cacheExists: undefined })
  const [gathered, prepared] = await Promise.allSettled([
    gatherFacts(config, env),
    prepareBuilder(config.builder, needsOf([draft.command]), { env, signal, temp, onRecord, info: log.info, group: log.group }),
  ])
  if (gathered.status === 'rejected') throw gathered.reason
  if (prepared.status === 'rejected') throw prepared.reason
  const { buildx, name } = prepared.value
  return { facts: { ...gathered.value, buildx, builder: name, temp }, builder: prepared.value }
}

async function build(plan: BuildPlan, { env, signal, log }: RunOptions): Promise<Omit<Built, 'builder'>> {
  const progress = new Progress()
  const plain: string[] = []
  const result = await log.group('Build', async (print) => {
    print(showCommand(plan))
    const view = new PlainLog(print)
    const timer = setInterval(() => view.flush(), REFRESH)
    const ended = await exec(plan.command, {
      env: { ...plan.env, ...env },
      signal,
      onStdoutLine: print,
      onStderrLine: (line) => {
        const status = parseStatus(line)
        if (status) {
          progress.add(status)
          view.add(status)
        } else {
          plain.push(line)
          view.end()
          print(line)
        }
      },
    }).finally(() => clearInterval(timer))
    view.end()
    return ended
  })
  const steps = progress.steps()
  const known = { steps, digest: undefined, imageId: undefined, metadata: undefined }
  if (signal.aborted)
    return { ...known, failure: `build: cancelled (${signal.reason}); tags pushed before that moment stay in the registry` }
  if (result.exitCode !== 0) return { ...known, failure: explainBuild({ ...result, steps, plain }) }
  return { ...known, failure: undefined, ...(await readMetadata(plan.metadataFile)) }
}

async function check(config: BuildConfig, built: Built, { buildx, env }: { buildx: readonly string[]; env: Env }): Promise<BuildResult> {
  const result = { ...built, references: config.references, platforms: new Map<string, string>() }
  const { digest } = built
  if (digest === undefined) {
    return {
      ...result,
      failure: 'push: buildx reported success but no digest, so nothing can be said of what was pushed; check the tags in the registry',
    }
  }
  try {
    const expectations = config.references.map((reference) => ({ reference, digest, platforms: config.platforms }))
    const image = await checkPushed(expectations, buildx, env)
    return { ...result, platforms: image?.platforms ?? result.platforms }
  } catch (error) {
    return { ...result, failure: error instanceof Error ? error.message : String(error) }
  }
}

async function readMetadata(path: string): Promise<Pick<Built, 'digest' | 'imageId' | 'metadata'>> {
  const metadata = (await readFile(path, 'utf8').catch(() => '')).trim()
  if (metadata === '') return { digest: undefined, imageId: undefined, metadata: undefined }
  const fields = JSON.parse(metadata) as Record<string, unknown>
  const digest = text(fields['containerimage.digest'])
  // As buildx writes it with --iidfile: the configuration's digest where there is one image, else the digest.
  return { digest, imageId: text(fields['containerimage.config.digest']) ?? digest, metadata }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
