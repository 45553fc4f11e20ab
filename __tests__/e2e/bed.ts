import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { outcome, run } from '../../testbed/command.mjs'
import { Job } from '../../testbed/step.mjs'
import { status } from '../../testbed/testbed.mjs'

type Registry = import('../../testbed/state.mjs').Registry
export type Account = Pick<Registry, 'host' | 'username' | 'password'>
export type { Job }
export type StepResult = import('../../testbed/step.mjs').StepResult
type StepOptions = import('../../testbed/step.mjs').StepOptions
type JobOptions = import('../../testbed/step.mjs').JobOptions
type Inputs = Record<string, string>

/** The test bed, as its setup left it. */
export const bed = readBed()

/** For `context`: a base with a shell, and one step that cannot be in any cache. */
export const freshStep = () => `RUN echo ${randomBytes(8).toString('hex')} > /fresh`

/**
 * One test with a world of its own, which is removed at the end whatever happens.
 *
 * @param seconds how long it may take
 */
export function scenario(name: string, play: (world: World) => Promise<void>, seconds = 60): void {
  test(name, () => inWorld(play), seconds * 1000)
}

/** Runs something in a world of its own. */
export async function inWorld(play: (world: World) => Promise<void>): Promise<void> {
  const world = new World()
  try {
    await play(world)
  } finally {
    await world.remove()
  }
}

/** What a test makes: jobs, their folders, repositories in the registries, images in the engine. */
export class World {
  readonly a = bed.registries.a
  readonly b = bed.registries.b
  /** Part of the name of all that this test makes. */
  readonly id = `e2e-${randomBytes(5).toString('hex')}`
  readonly folder = mkdtempSync(join(tmpdir(), 'e2e-'))
  readonly #jobs: Job[] = []
  readonly #cleanups: (() => Promise<unknown> | unknown)[] = []

  /** The job for tests that need only one. */
  get job(): Job {
    return this.#jobs[0] ?? this.newJob()
  }

  /** A job on the test bed's engine, with an empty Docker config of its own unless the environment says otherwise. */
  newJob({ env, ...options }: JobOptions = {}): Job {
    const path = `${bed.bin}:${process.env.PATH}`
    const own = { DOCKER_HOST: bed.engine.host, PATH: path, XDG_STATE_HOME: join(this.folder, 'state') }
    const job = new Job({ ...options, env: { ...own, ...env } })
    this.#jobs.push(job)
    return job
  }

  /** A repository that no other test uses. */
  repository({ host }: { host: string } = this.b, name = 'app'): string {
    return `${host}/${this.id}/${name}`
  }

  /** Writes files below the job's workspace. */
  context(files: Record<string, string>, job = this.job): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(job.workspace, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  }

  /** Signs in with the action; fails the test when that fails. */
  async login(account: Account, job = this.job): Promise<StepResult> {
    const { host: registry, username, password } = account
    return passed(await job.step('login', { registry, username, password }))
  }

  /** Runs the build action, whatever comes of it. */
  build(inputs: Inputs, options?: StepOptions): Promise<StepResult> {
    return this.job.step('', inputs, options)
  }

  /** A folder to be put in front of PATH, with the programs in it. */
  programs(scripts: Record<string, string>): string {
    const folder = mkdtempSync(join(this.folder, 'bin-'))
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(folder, name), script)
      chmodSync(join(folder, name), 0o700)
    }
    return folder
  }

  /** Runs the docker client as the job's steps would. @returns its standard output */
  docker(...args: string[]): Promise<string> {
    return run([join(bed.bin, 'docker'), ...args], { env: this.job.env(), part: 'docker' })
  }

  /** To be called at the end, the last one first. */
  onEnd(cleanup: () => Promise<unknown> | unknown): void {
    this.#cleanups.unshift(cleanup)
  }

  async remove(): Promise<void> {
    for (const cleanup of this.#cleanups) await cleanup()
    const own = (await engineImages()).filter((name) => name.includes(this.id))
    const docker = [join(bed.bin, 'docker'), '--host', bed.engine.host]
    if (own.length > 0) await outcome([...docker, 'image', 'rm', '--force', ...own], { env: this.job.env() })
    for (const { storage } of [this.a, this.b]) {
      rmSync(join(storage, 'docker/registry/v2/repositories', this.id), { recursive: true, force: true })
    }
    for (const job of this.#jobs) job.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/**
 * The names of the engine's images, with tags. Asked by HTTP where that can be done: each test asks, and a client takes ten times as long.
 *
 * @see https://docs.docker.com/reference/api/engine/
 */
async function engineImages(): Promise<string[]> {
  const { host } = bed.engine
  if (!host.startsWith('unix://')) {
    const list = await run([join(bed.bin, 'docker'), '--host', host, 'image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'])
    return list.split('\n')
  }
  const asked = request({ socketPath: host.slice('unix://'.length), path: '/images/json', headers: { host: 'docker' } }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const images = (await json(answer)) as { RepoTags?: string[] | null }[]
  return images.flatMap(({ RepoTags }) => RepoTags ?? [])
}

function readBed() {
  const { state } = status()
  const { engine, registries, base, buildx } = state ?? {}
  if (!state || !engine || !registries || !base || !buildx) {
    throw new Error('the test bed is down: run these tests with `node scripts/jest.mjs e2e`, which brings it up')
  }
  return { bin: state.bin, tools: state.tools ?? {}, engine, registries, base, buildx }
}

/** Waits for all, then fails with the first failure: nothing goes on when the test's world is removed. */
export async function together<Result>(works: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(works)
  return Promise.all(works)
}

/** The result of a step that must have succeeded. */
export function passed(result: StepResult): StepResult {
  if (result.exitCode !== 0) throw new Error(`the step failed: ${result.error || result.stderr}\n${result.stdout}`)
  return result
}

/** The error of a step that must have failed: one line. */
export function failed({ exitCode, stdout, error }: StepResult): string {
  if (exitCode !== 1 || error === '' || error.includes('\n')) {
    throw new Error(`no failure with an error of one line, but exit code ${exitCode} and "${error}"\n${stdout}`)
  }
  return error
}

/** Docker's config.json of a job as bytes; undefined for none. */
export function configText(job: Job): string | undefined {
  const path = join(job.dockerConfig, 'config.json')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** What lies in a job's Docker folder, without what buildx keeps there for itself. */
export function configFiles(job: Job): string[] {
  return readdirSync(job.dockerConfig).filter((name) => name !== 'buildx')
}

/** Writes Docker's config.json for a job. */
export function writeConfig(job: Job, text: string): void {
  writeFileSync(join(job.dockerConfig, 'config.json'), text, { mode: 0o600 })
}
