import { chmodSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../testbed/command.mjs'
import { startProxy } from '../../testbed/proxy.mjs'
import { bed, failed, passed, scenario, type World } from './bed.ts'
import { builderJob, countProcesses, foreignBusybox, hasHandler, leftovers, records, wholeBed, withoutHandler } from './builder-parts.ts'

const { images, buildx, classic } = await wholeBed()
// Debian has both, and no other test builds for them.
const FOREIGN = 's390x'

/** A context whose one step is run by the emulator of the architecture. */
async function foreignContext(world: World, architecture = FOREIGN): Promise<void> {
  world.context({ Dockerfile: 'FROM scratch\nCOPY --chmod=755 busybox /bin/busybox\nRUN ["/bin/busybox", "uname", "-m"]\n' })
  const path = join(world.job.workspace, 'busybox')
  copyFileSync(await foreignBusybox(architecture), path)
  chmodSync(path, 0o755)
}

describe('emulation', () => {
  scenario('what is missing is installed, and only that; the cross build then runs', async (world) => {
    const job = builderJob(world)
    await foreignContext(world)
    const counted = countProcesses(world, job, buildx.path)
    await withoutHandler('ppc64le', () =>
      withoutHandler(FOREIGN, async () => {
        const inputs = { platforms: `linux/${FOREIGN}`, 'qemu-image': images.binfmt, 'no-cache': 'true' }
        const build = passed(await world.build(inputs, { env: { PATH: counted.path } }))
        expect(build.stdout).toMatch(/Emulation: installed for s390x$/m)
        expect(build.stdout).toMatch(/^#\d+ [\d.]+ s390x$/m)
        const [install = '', ...others] = counted.started()
        expect(install).toMatch(new RegExp(`^docker run --rm --privileged .*${images.binfmt} --install s390x$`))
        expect(others.map((line) => line.split(' ', 2).join(' '))).toEqual(['buildx build'])
        expect([hasHandler(FOREIGN), hasHandler('ppc64le')]).toEqual([true, false])
        await job.posts()
        expect(await leftovers(bed.engine)).toEqual([])
        expect(records(world)).toEqual([])
      }),
    )
  })

  scenario('where all is there, nothing is started and the image is not looked for', async (world) => {
    const job = builderJob(world)
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const counted = countProcesses(world, job, buildx.path)
    const platforms = 'linux/amd64,linux/amd64/v2,linux/arm64,linux/arm/v7,linux/arm/v6,linux/riscv64,linux/ppc64le,linux/s390x'
    const inputs = { platforms, 'qemu-image': 'no.such.registry.invalid/binfmt:1' }
    passed(await world.build(inputs, { env: { PATH: counted.path } }))
    expect(counted.started().map((line) => line.split(' ', 2).join(' '))).toEqual(['buildx build'])
    expect(records(world)).toEqual([])
  })

  scenario('qemu: never ends before the build, with the platform named', async (world) => {
    builderJob(world)
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    await withoutHandler(FOREIGN, async () => {
      const build = await world.build({ platforms: 'linux/amd64,linux/s390x', qemu: 'never', 'qemu-image': images.binfmt })
      expect(failed(build)).toMatch(/^platforms: the builder default does not serve linux\/s390x; write qemu: auto/)
      expect(build.stdout).not.toContain('::group::Build')
      expect(hasHandler(FOREIGN)).toBe(false)
    })
  })

  scenario('a platform that has no emulator ends before the build', async (world) => {
    builderJob(world)
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const build = await world.build({ platforms: 'linux/mips', 'qemu-image': images.binfmt })
    expect(failed(build)).toMatch(/^platforms: the builder default does not serve linux\/mips; there is no emulator for it/)
    expect(build.stdout).not.toContain('::group::Build')
  })

  scenario('Windows is refused by name', async (world) => {
    builderJob(world)
    const build = await world.build({ platforms: 'linux/amd64,windows/amd64' })
    expect(failed(build)).toMatch(/^input platforms: "windows\/amd64": Windows images cannot be built here/)
  })

  scenario('a pull that fails in passing is tried again', async (world) => {
    const job = builderJob(world)
    await world.login(world.b)
    const proxy = await startProxy(world.b.host, [{ name: 'away', path: '/manifests/', times: 2, fault: { do: 'answer', status: 503 } }])
    world.onEnd(() => proxy.close())
    // The engine asks for the account of the address it pulls from.
    await world.login({ ...world.b, host: proxy.host })
    const through = `${proxy.host}/${world.id}/binfmt:1`
    const stored = `${world.repository(world.b, 'binfmt')}:1`
    await world.docker('tag', images.binfmt, stored)
    await world.docker('push', '--quiet', stored)
    await world.docker('image', 'rm', stored)
    await foreignContext(world)
    await withoutHandler(FOREIGN, async () => {
      const build = passed(await world.build({ platforms: `linux/${FOREIGN}`, 'qemu-image': through, 'no-cache': 'true' }))
      expect(build.stdout).toMatch(/Emulation: .* could not be run \(.*503.*\); trying again in 1 s/)
      expect(build.stdout).toContain('Emulation: installed for s390x')
    })
    await job.posts()
  })

  scenario('an image that installs nothing is found out', async (world) => {
    builderJob(world)
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const idle = `${world.id}/idle:1`
    const context = join(world.folder, 'idle')
    await run(['mkdir', context])
    await run([
      'sh',
      '-c',
      'printf "FROM manifold-testbed/binfmt:stand-in\\nENTRYPOINT [\\"true\\"]\\n" > "$0"',
      join(context, 'Dockerfile'),
    ])
    await world.docker('build', '--quiet', '--tag', idle, context)
    await withoutHandler(FOREIGN, async () => {
      const build = await world.build({ platforms: 'linux/s390x', 'qemu-image': idle })
      expect(failed(build)).toMatch(/does not serve linux\/s390x; there is no emulator for it, or the kernel did not take it/)
    })
  })

  scenario('emulators are installed while a builder of its own boots', async (world) => {
    const job = builderJob(world, classic)
    await foreignContext(world)
    await withoutHandler(FOREIGN, async () => {
      const inputs = { platforms: `linux/amd64,linux/${FOREIGN}`, 'qemu-image': images.binfmt }
      world.context({
        Dockerfile: `FROM --platform=linux/${FOREIGN} scratch\nCOPY --chmod=755 busybox /bin/busybox\nRUN ["/bin/busybox", "uname", "-m"]\n`,
      })
      const build = passed(await world.build(inputs))
      expect(build.stdout).toMatch(/Emulation: installed for s390x/)
      expect(build.outputs.driver).toBe('docker-container')
    })
    await job.posts()
    expect(await leftovers(classic)).toEqual([])
  })
})
