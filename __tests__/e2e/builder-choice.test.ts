import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../testbed/command.mjs'
import { bed, failed, freshStep, passed, scenario } from './bed.ts'
import { builderJob, countProcesses, leftovers, records, scenarioIf, wholeBed, workingOn } from './builder-parts.ts'
import { platformsOf, readManifest } from './remote.ts'

const { classic, images, buildx } = await wholeBed()
const withBuildkit = scenarioIf(images.buildkit !== undefined)
const PLATFORMS = 'linux/amd64,linux/arm64'
// A container reaches the test bed's registries, which listen on this machine's own loopback, only in its network.
const HOST = { 'driver-opts': 'network=host' }
const small = { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }

describe('which builder is taken', () => {
  scenario('the engine, where it can do all that the build asks: not a process more than the build', async (world) => {
    const job = builderJob(world)
    await world.login(world.b)
    world.context(small)
    const counted = countProcesses(world, job, buildx.path)
    const inputs = { images: world.repository(), tags: '1', platforms: PLATFORMS, push: 'true', cache: 'registry' }
    const build = passed(await world.build(inputs, { env: { PATH: counted.path } }))
    expect(lines(build.stdout)).toEqual([
      'Builder: the builder default (docker driver, containerd image store) is used: it can do all that this build asks',
    ])
    expect(counted.started().map(words)).toEqual(['buildx build'])
    expect(build.outputs).toMatchObject({ builder: 'default', driver: 'docker' })
    expect(JSON.parse(build.outputs.nodes ?? '')).toMatchObject([{ name: 'default', endpoint: 'default', status: 'running' }])
    expect(build.state).not.toHaveProperty('builder')
    expect(records(world)).toEqual([])
  })

  scenario('the classic store, for a build that asks no more than it can', async (world) => {
    builderJob(world, classic)
    world.context(small)
    const build = passed(await world.build({ load: 'true', tags: `${world.id}:1` }))
    expect(build.stdout).toMatch(/^Builder: the builder default \(docker driver, classic image store\) is used/m)
    expect(build.outputs.driver).toBe('docker')
  })

  withBuildkit(
    'a container with the classic store: several platforms and a cache, from the local image; nothing is left',
    async (world) => {
      const job = builderJob(world, classic)
      await world.login(world.a)
      await world.login(world.b)
      world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\nRUN uname -m\n` })
      const counted = countProcesses(world, job, buildx.path)
      const image = world.repository()
      const inputs = { images: image, tags: '1', platforms: PLATFORMS, push: 'true', cache: 'registry', ...HOST }
      const build = passed(await world.build(inputs, { env: { PATH: counted.path, GITHUB_RUN_ID: '4711', GITHUB_RUN_ATTEMPT: '2' } }))
      const name = build.outputs.builder ?? ''
      expect(name).toMatch(/^manifold-4711-2-/)
      expect(lines(build.stdout)).toEqual([
        `Builder: ${name} is made: a docker-container builder of its own, since the input driver-opts asks for one`,
      ])
      expect(counted.started().map(words)).toEqual(['buildx create', 'buildx inspect', 'buildx build'])
      expect(Object.keys(platformsOf(await readManifest(`${image}:1`, world.b)))).toEqual(PLATFORMS.split(','))
      expect((await readManifest(`${image}:flow-docker-build-cache`, world.b)).status).toBe(200)
      const [node] = JSON.parse(build.outputs.nodes ?? '') as Record<string, unknown>[]
      expect(node).toMatchObject({ name: `${name}0`, status: 'running', 'driver-opts': ['network=host'] })
      // The cache is of use to a builder that has nothing.
      await job.posts()
      expect(await leftovers(classic)).toEqual([])
      await world.login(world.a)
      await world.login(world.b)
      const again = passed(await world.build(inputs))
      expect(again.outputs['cached-steps']).toBe('4')
      await job.posts()
      expect(await leftovers(classic)).toEqual([])
      expect(records(world)).toEqual([])
      expect(existsSync(join(job.dockerConfig, 'buildx/instances', name))).toBe(false)
      expect(workingOn(name)).toEqual([])
    },
  )

  withBuildkit(
    'each thing that the classic store cannot do is named',
    async (world) => {
      const job = builderJob(world, classic)
      world.context(small)
      for (const [inputs, lack] of [
        [{ platforms: PLATFORMS }, 'several platforms'],
        [{ 'cache-to': `type=local,dest=${join(world.folder, 'cache')}` }, 'a local cache'],
        [{ 'build-params': '--sbom=false --provenance=mode=max' }, 'attestations'],
        [{ 'build-params': `--output type=oci,dest=${join(world.folder, 'image.tar')}` }, 'the output oci'],
      ] as const) {
        const build = passed(await world.build(inputs))
        expect(build.stdout).toMatch(
          new RegExp(`^Builder: manifold-.* is made: a docker-container builder, since the builder default .* cannot do .*${lack}`, 'm'),
        )
      }
      await job.posts()
      expect(await leftovers(classic)).toEqual([])
    },
    120,
  )

  withBuildkit('a second step that asks for the same takes the builder of the first', async (world) => {
    const job = builderJob(world, classic)
    world.context(small)
    const counted = countProcesses(world, job, buildx.path)
    const first = passed(await world.build({ platforms: PLATFORMS }))
    const second = passed(await world.build({ platforms: PLATFORMS }, { env: { PATH: counted.path } }))
    expect(second.outputs.builder).toBe(first.outputs.builder)
    expect(counted.started().slice(3).map(words)).toEqual(['buildx inspect', 'buildx build'])
    await job.posts()
    expect(await leftovers(classic)).toEqual([])
  })

  scenario('a driver that cannot do what the build asks ends before the build', async (world) => {
    builderJob(world, classic)
    world.context(small)
    const build = await world.build({ platforms: PLATFORMS, driver: 'docker' })
    expect(failed(build)).toMatch(
      /^input driver: the builder default \(docker driver, classic image store\) cannot do several platforms.*write driver: auto/,
    )
    expect(build.stdout).not.toContain('::group::Build')
  })

  scenario('a builder that is not there is named', async (world) => {
    builderJob(world)
    world.context(small)
    expect(failed(await world.build({ builder: 'nobody' }))).toMatch(/^input builder: there is no builder "nobody"/)
  })

  withBuildkit("the user's own builder is used when it is named or current, and stays", async (world) => {
    const job = builderJob(world)
    const name = `own-${world.id}`
    world.onEnd(() => run([join(bed.bin, 'docker'), 'buildx', 'rm', '--force', name], { env: job.env() }))
    await world.docker('buildx', 'create', '--name', name, '--driver', 'docker-container', '--bootstrap', '--use')
    world.context(small)
    for (const inputs of [{ builder: name }, { platforms: PLATFORMS }, { name }]) {
      const build = passed(await world.build(inputs as Record<string, string>))
      expect(build.outputs).toMatchObject({ builder: name, driver: 'docker-container' })
    }
    await job.posts()
    expect(await leftovers(bed.engine, name)).toEqual([`buildx_buildkit_${name}0`, `buildx_buildkit_${name}0_state`])
    expect(records(world)).toEqual([])
  })

  withBuildkit('insecure entitlements only where the build asks for them', async (world) => {
    const job = builderJob(world)
    world.context({ Dockerfile: `FROM ${bed.base}\nRUN --security=insecure grep CapEff /proc/self/status\n` })
    await world.login(world.a)
    const plain = passed(await world.build({ ...HOST, call: 'check' }))
    expect(flags(plain.outputs.nodes)).not.toContain('security.insecure')
    const insecure = passed(await world.build({ ...HOST, allow: 'security.insecure' }))
    expect(flags(insecure.outputs.nodes)).toContain('--allow-insecure-entitlement=security.insecure')
    expect(insecure.outputs.builder).not.toBe(plain.outputs.builder)
    await job.posts()
    expect(await leftovers(bed.engine)).toEqual([])
  })

  withBuildkit('without an input of the builder, an entitlement that the engine refuses makes one', async (world) => {
    const job = builderJob(world)
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const build = passed(await world.build({ allow: 'security.insecure' }))
    expect(build.stdout).toMatch(/cannot do the entitlement security\.insecure/)
    await job.posts()
    expect(await leftovers(bed.engine)).toEqual([])
  })

  withBuildkit('the configuration of BuildKit reaches it, from a file and inline', async (world) => {
    const job = builderJob(world)
    world.context({ ...small, 'buildkitd.toml': 'debug = true\n' })
    for (const inputs of [{ 'buildkitd-config': 'buildkitd.toml' }, { 'buildkitd-config-inline': 'debug = true\n' }]) {
      const build = passed(await world.build({ ...inputs, 'buildkitd-flags': '--trace' } as Record<string, string>))
      const container = `buildx_buildkit_${build.outputs.builder}0`
      expect(await world.docker('exec', container, 'cat', '/etc/buildkit/buildkitd.toml')).toMatch(/debug = true/)
      expect(await world.docker('inspect', '--format', '{{.Config.Cmd}}', container)).toMatch(/--trace/)
    }
    await job.posts()
    expect(await leftovers(bed.engine)).toEqual([])
  })
})

function lines(stdout: string): string[] {
  return stdout.split('\n').filter((line) => /^(?:Builder|Emulation|Buildx):/.test(line))
}

function words(line: string): string {
  return line.split(' ', 2).join(' ')
}

function flags(nodes: string | undefined): string {
  return (JSON.parse(nodes ?? '[]') as { 'buildkitd-flags': string }[])[0]?.['buildkitd-flags'] ?? ''
}
