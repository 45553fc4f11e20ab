import { run } from '../../testbed/command.mjs'
import { bed, freshStep, type Job, passed, scenario, type World } from './bed.ts'
import { scenarioIf, wholeBed } from './builder-parts.ts'
import { platformsOf, readManifest } from './remote.ts'

const { classic, images } = await wholeBed()
// BuildKit's image is built from its Go module, so a machine without Go has none.
const inContainer = scenarioIf(images.buildkit !== undefined)

describe('an engine with the classic image store', () => {
  inContainer(
    "load with several platforms takes the machine's own, and the log says so",
    async (world) => {
      const { job, docker } = await prepare(world)
      const name = `${world.repository()}:1`
      const inputs = { load: 'true', push: 'true', tags: name, platforms: 'linux/amd64,linux/arm64', 'driver-opts': 'network=host' }
      const result = passed(await job.step('', inputs))
      expect(result.stdout).toContain("Load: linux/amd64 alone, since the engine's image store holds one platform of an image")
      expect(await docker('run', '--rm', '--pull', 'never', name)).toBe('hello')
      const pushed = await readManifest(name, world.b)
      expect(pushed.digest).toBe(result.outputs.digest)
      expect(Object.keys(platformsOf(pushed))).toEqual(expect.arrayContaining(['linux/amd64', 'linux/arm64']))
    },
    120,
  )

  scenario('load and push of one platform, in the engine itself', async (world) => {
    const { job, docker } = await prepare(world)
    const name = `${world.repository()}:1`
    const { outputs } = passed(await job.step('', { load: 'true', push: 'true', tags: name }))
    expect(await docker('run', '--rm', '--pull', 'never', name)).toBe('hello')
    expect((await readManifest(name, world.b)).digest).toBe(outputs.digest)
  })
})

async function prepare(world: World): Promise<{ job: Job; docker: (...args: string[]) => Promise<string> }> {
  const job = world.newJob({ env: { DOCKER_HOST: classic.host } })
  world.onEnd(() => job.posts())
  await world.login(world.a, job)
  await world.login(world.b, job)
  world.context({ Dockerfile: [`FROM ${bed.base}`, freshStep(), 'CMD ["printf", "hello"]'].join('\n') }, job)
  return { job, docker: (...args) => run([`${bed.bin}/docker`, ...args], { env: job.env(), part: 'docker' }) }
}
