import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { status } from '../../testbed/testbed.mjs'
import { bed, freshStep, inWorld, passed, scenario, type World } from './bed.ts'
import { platformsOf, readManifest } from './remote.ts'

const PLATFORMS = 'linux/amd64,linux/arm64'
const BUILDERS: [string, Record<string, string>][] = [
  ['in the engine', {}],
  ['in a container', { driver: 'docker-container', 'driver-opts': 'network=host' }],
]

describe.each(BUILDERS)('several outputs, %s', (_name, builder) => {
  // BuildKit's image is built from its Go module, so a machine without Go has none.
  const isMissing = builder.driver !== undefined && status().state?.images?.buildkit === undefined
  const inBuilder: typeof scenario = isMissing ? (name) => test.skip(name, () => undefined) : scenario

  // https://docs.docker.com/build/ci/github-actions/export-docker/
  inBuilder('load', async (world) => {
    await prepare(world)
    const name = `${world.id}/app:1`
    const { outputs } = passed(await world.build({ ...builder, load: 'true', tags: name }))
    expect(await world.docker('run', '--rm', name)).toBe('hello')
    expect(await inspect(world, name)).toBe(outputs.imageid)
  })

  inBuilder('load and push', async (world) => {
    await prepare(world)
    await world.login(world.b)
    const name = `${world.repository()}:1`
    const { outputs } = passed(await world.build({ ...builder, load: 'true', push: 'true', tags: name }))
    expect(await world.docker('run', '--rm', '--pull', 'never', name)).toBe('hello')
    expect((await readManifest(name, world.b)).digest).toBe(outputs.digest)
  })

  inBuilder('an image in a registry, one in the engine, and an archive', async (world) => {
    await prepare(world)
    await world.login(world.b)
    const name = `${world.repository()}:latest`
    const result = passed(
      await world.build({
        ...builder,
        outputs: [`type=image,name=${name},push=true`, `type=docker,name=${world.id}/app:local`, 'type=oci,dest=oci.tar'].join('\n'),
      }),
    )
    expect((await readManifest(name, world.b)).digest).toBe(result.outputs.digest)
    expect(result.outputs.tags).toBe(name)
    expect(result.outputs.image).toBe(`${world.repository()}@${result.outputs.digest}`)
    expect(await world.docker('run', '--rm', `${world.id}/app:local`)).toBe('hello')
    const { stdout } = spawnSync('tar', ['tf', join(world.job.workspace, 'oci.tar')], { encoding: 'utf8' })
    expect(stdout).toContain('index.json')
  })

  inBuilder('a folder', async (world) => {
    await prepare(world)
    const { outputs } = passed(await world.build({ ...builder, outputs: 'type=local,dest=release out', target: 'files' }))
    expect(readFileSync(join(world.job.workspace, 'release out/greeting'), 'utf8')).toBe('hello')
    expect(outputs.digest).toBe('')
  })

  inBuilder('load with several platforms', async (world) => {
    await prepare(world)
    const name = `${world.id}/app:1`
    passed(await world.build({ ...builder, load: 'true', tags: name, platforms: PLATFORMS }))
    expect(await world.docker('run', '--rm', '--platform', 'linux/amd64', name, 'uname', '-m')).toBe('x86_64\n')
    expect(await world.docker('run', '--rm', '--platform', 'linux/arm64', name, 'uname', '-m')).toBe('aarch64\n')
  })
})

describe('pushed images', () => {
  scenario('are not stored in the engine', async (world) => {
    await prepare(world)
    await world.login(world.b)
    const name = `${world.repository()}:1`
    passed(await world.build({ push: 'true', tags: name, platforms: PLATFORMS }))
    expect(Object.keys(platformsOf(await readManifest(name, world.b)))).toEqual(expect.arrayContaining(PLATFORMS.split(',')))
    expect(await world.docker('image', 'ls', '--quiet', name)).toBe('')
  })

  // https://docs.docker.com/build/ci/github-actions/test-before-push/
  scenario('reuse all of the build that was tested before', async (world) => {
    await prepare(world)
    await world.login(world.b)
    const name = `${world.repository()}:1`
    const tested = passed(await world.build({ load: 'true', tags: name }))
    expect(await world.docker('run', '--rm', name)).toBe('hello')
    const pushed = passed(await world.build({ push: 'true', tags: name }))
    expect(pushed.outputs['cached-steps']).toBe(pushed.outputs['total-steps'])
    expect(tested.outputs['cached-steps']).toBe('0')
    const other = passed(await world.build({ push: 'false', platforms: PLATFORMS }))
    const both = passed(await world.build({ push: 'true', tags: name, platforms: PLATFORMS }))
    expect(other.outputs['total-steps']).toBe(both.outputs['cached-steps'])
  })

  test.each([
    ['zstd', /^application\/vnd\.oci\.image\.layer\.v1\.tar\+zstd$/],
    ['gzip', /gzip$/],
  ])('are compressed with %s', async (compression, mediaType) => {
    await inWorld(async (world) => {
      await prepare(world)
      await world.login(world.b)
      const name = `${world.repository()}:1`
      passed(await world.build({ push: 'true', tags: name, compression, 'compression-level': '9' }))
      const { body } = await readManifest(name, world.b)
      expect((body.layers as { mediaType: string }[]).at(-1)?.mediaType).toMatch(mediaType)
      expect(await world.docker('run', '--rm', name)).toBe('hello')
    })
  })

  scenario('as estargz, refused where the engine would crash', async (world) => {
    await prepare(world)
    const { goVersion } = await engine(world)
    const { exitCode, error } = await world.build({ outputs: 'type=oci,dest=x.tar', compression: 'estargz', driver: 'docker' })
    if (!/^go1\.2[7-9]/.test(goVersion)) return expect(exitCode).toBe(0)
    expect(error).toBe(
      `input compression: estargz crashes this engine, which was built with ${goVersion}; write zstd or gzip, or build with driver: docker-container`,
    )
    expect(existsSync(join(world.job.workspace, 'x.tar'))).toBe(false)
  })
})

async function prepare(world: World): Promise<void> {
  world.onEnd(() => world.job.posts())
  await world.login(world.a)
  const text = [
    `FROM ${bed.base} AS app`,
    freshStep(),
    'RUN printf hello > /greeting',
    'CMD ["cat", "/greeting"]',
    'FROM scratch AS files',
    'COPY --from=app /greeting /',
    'FROM app',
  ]
  world.context({ Dockerfile: text.join('\n') })
}

async function inspect(world: World, name: string): Promise<string> {
  return (await world.docker('image', 'inspect', '--format', '{{.Id}}', name)).trim()
}

async function engine(world: World): Promise<{ goVersion: string }> {
  return { goVersion: (await world.docker('version', '--format', '{{.Server.GoVersion}}')).trim() }
}
