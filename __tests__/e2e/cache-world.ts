import { randomBytes } from 'node:crypto'
import { type FaultProxy, type Rule, startProxy } from '../../testbed/proxy.mjs'
import { bed, passed, type StepResult, type World } from './bed.ts'
import { readCommands } from './commands.ts'

export const random = () => randomBytes(8).toString('hex')

/** A build of which the first steps do not change from run to run, and the last ones do. */
export function writeApp(world: World, { keepBase = false } = {}, job = world.job): void {
  const files = {
    Dockerfile: [
      `FROM ${bed.base}`,
      'COPY base /base',
      `RUN echo ${world.id} > /seed`,
      'COPY app /app',
      'RUN cat /base /app > /dev/null',
    ].join('\n'),
    ...(keepBase ? {} : { base: world.id.repeat(1000) }),
    app: random(),
  }
  world.context(files, job)
}

/** Everything that the engine's builder and image store keep of this world's builds is gone afterwards. */
export async function emptyBuilder(world: World): Promise<void> {
  const images = (await world.docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'))
    .split('\n')
    .filter((name) => name.includes(world.id))
  if (images.length > 0) await world.docker('image', 'rm', '--force', ...images)
  await world.docker('buildx', 'prune', '--all', '--force')
}

/** A proxy before registry B that makes faults, and that the job is signed in to. */
export async function faultyRegistry(world: World, rules: readonly Rule[] = []): Promise<FaultProxy> {
  const proxy = await startProxy(world.b.host)
  world.onEnd(() => proxy.close())
  await world.login({ ...world.b, host: proxy.host })
  proxy.setRules(rules)
  return proxy
}

export interface TimedResult {
  readonly result: StepResult
  readonly seconds: number
  readonly cached: string
  readonly warnings: readonly string[]
  /** What the step itself says of its cache. */
  readonly lines: readonly string[]
}

/**
 * Builds for one platform and pushes to registry B; fails the test when the step fails.
 *
 * @param env of the runner, on top of the job's
 */
export async function timedBuild(world: World, inputs: Record<string, string>, env: Record<string, string> = {}): Promise<TimedResult> {
  const started = performance.now()
  const image = { images: world.repository(), tags: '1', platforms: 'linux/amd64', push: 'true' }
  const result = passed(await world.build({ ...image, ...inputs }, { env }))
  const { outputs, stdout } = result
  return {
    result,
    seconds: (performance.now() - started) / 1000,
    cached: `${outputs['cached-steps']}/${outputs['total-steps']}`,
    warnings: readCommands(stdout)
      .filter(({ name }) => name === 'warning')
      .map(({ message }) => message),
    lines: stdout.split('\n').filter((line) => line.startsWith('Cache')),
  }
}
