import { join } from 'node:path'
import { run } from '../../testbed/command.mjs'
import { bed, freshStep, passed, scenario, type World } from './bed.ts'
import { scenarioIf, wholeBed } from './builder-parts.ts'
import { platformsOf, readManifest } from './remote.ts'

const { images } = await wholeBed()
// BuildKit's image is built from its Go module, so a machine without Go has none.
const withBuildkit = scenarioIf(images.buildkit !== undefined)

describe('documented examples that take several steps', () => {
  // https://docs.docker.com/build/ci/github-actions/share-image-jobs/
  scenario('an image that one job writes into a file is loaded by another', async (world) => {
    await prepare(world)
    const name = `${world.id}/app:shared`
    passed(await world.build({ tags: name, outputs: 'type=docker,dest=image.tar' }))
    expect(await world.docker('image', 'ls', '--quiet', name)).toBe('')
    await world.docker('load', '--input', join(world.job.workspace, 'image.tar'))
    expect(await world.docker('run', '--rm', name)).toBe('hello')
  })

  // https://docs.docker.com/build/ci/github-actions/copy-image-registries/
  scenario('a pushed image is copied to another registry, with the outputs of the build', async (world) => {
    await prepare(world)
    const { outputs } = passed(await world.build({ tags: `${world.repository()}:1`, push: 'true', platforms: 'linux/amd64,linux/arm64' }))
    const copy = `${world.repository(world.a)}:copy`
    await world.docker('buildx', 'imagetools', 'create', '--tag', copy, outputs.image ?? '')
    expect((await readManifest(copy, world.a)).digest).toBe(outputs.digest)
  })

  // https://docs.docker.com/build/ci/github-actions/local-registry/
  scenario('an image pushed to a local registry is the base of the next one', async (world) => {
    await prepare(world)
    const base = passed(await world.build({ tags: `${world.repository()}:base`, push: 'true' }))
    world.context({ Dockerfile: `FROM ${base.outputs.image}\nRUN test -s /fresh && echo "on the base"\n` })
    expect(passed(await world.build({ pull: 'true' })).stdout).toMatch(/ on the base$/m)
  })

  // https://docs.docker.com/build/ci/github-actions/multi-platform/#distribute-build-across-multiple-runners
  withBuildkit(
    'platforms built apart are pushed by digest, and merged under one tag',
    async (world) => {
      await prepare(world)
      const image = world.repository()
      const outputs = `type=image,push-by-digest=true,name-canonical=true,push=true`
      const digests: string[] = []
      for (const platforms of ['linux/amd64', 'linux/arm64']) {
        const built = passed(
          await world.build({ tags: image, outputs, platforms, driver: 'docker-container', 'driver-opts': 'network=host' }),
        )
        expect(built.outputs).toMatchObject({ tags: image, image: `${image}@${built.outputs.digest}` })
        digests.push(built.outputs.digest ?? '')
      }
      await world.docker('buildx', 'imagetools', 'create', '--tag', `${image}:1`, ...digests.map((digest) => `${image}@${digest}`))
      const platforms = Object.keys(platformsOf(await readManifest(`${image}:1`, world.b)))
      expect(platforms.filter((platform) => platform !== 'unknown/unknown')).toEqual(['linux/amd64', 'linux/arm64'])
    },
    120,
  )

  // https://docs.docker.com/build/ci/github-actions/multi-platform/#build-and-load-multi-platform-images
  scenario('several platforms run from one loaded tag', async (world) => {
    await prepare(world)
    const name = `${world.id}/app:many`
    passed(await world.build({ tags: name, load: 'true', platforms: 'linux/amd64,linux/arm64' }))
    const machine = (platform: string) =>
      run([join(bed.bin, 'docker'), 'run', '--rm', '--platform', platform, name, 'uname', '-m'], { env: world.job.env(), part: 'docker' })
    expect([await machine('linux/amd64'), await machine('linux/arm64')]).toEqual(['x86_64\n', 'aarch64\n'])
  })
})

async function prepare(world: World): Promise<void> {
  world.onEnd(() => world.job.posts())
  await world.login(world.a)
  await world.login(world.b)
  world.context({ Dockerfile: [`FROM ${bed.base}`, freshStep(), 'CMD ["printf", "hello"]'].join('\n') })
}
