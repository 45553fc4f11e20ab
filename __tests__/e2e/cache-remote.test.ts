import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { status } from '../../testbed/testbed.mjs'
import { passed, type StepResult, scenario, type World } from './bed.ts'
import { emptyBuilder, random, timedBuild, writeApp } from './cache-world.ts'
import { readManifest } from './remote.ts'

const PLATFORMS = 'linux/amd64,linux/arm64'

// BuildKit's own image is built from its Go module, so a machine without Go has none.
const withBuildKit = status().state?.images?.buildkit === undefined ? describe.skip : describe

withBuildKit('two builders of their own, one after the other', () => {
  scenario(
    'the second takes every unchanged step from the registry, for each platform, and what comes before a change',
    async (world) => {
      await prepare(world)
      const inputs = { cache: 'registry', platforms: PLATFORMS }
      const first = await onNewBuilder(world, inputs)
      expect(counts(first)).toBe('0/8')
      const second = await onNewBuilder(world, inputs)
      expect(counts(second)).toBe('8/8')
      expect(await layersOf(second, world)).toEqual(await layersOf(first, world))
      writeApp(world)
      expect(counts(await onNewBuilder(world, inputs))).toBe('4/8')
    },
    120,
  )

  scenario(
    '300 MB go through the registry and back, and our process stays small',
    async (world) => {
      await prepare(world)
      // Nothing can pack it.
      writeFileSync(join(world.job.workspace, 'base'), randomBytes(300 * 1024 * 1024))
      const peaks: number[] = []
      const inputs = { cache: 'registry', platforms: 'linux/amd64', 'cache-compression': 'zstd' }
      await onNewBuilder(world, inputs, peaks)
      writeApp(world, { keepBase: true })
      expect(counts(await onNewBuilder(world, inputs, peaks))).toBe('2/4')
      expect(Math.max(...peaks)).toBeLessThanOrEqual(150)
    },
    180,
  )
})

describe('one cache in a registry', () => {
  scenario(
    'two and eight jobs at once write it: each is good, and it can be read afterwards',
    async (world) => {
      await prepare(world)
      const ref = `${world.repository(world.b, 'cache')}:c`
      for (const count of [2, 8]) {
        const jobs = Array.from({ length: count }, () => world.newJob())
        for (const job of jobs) {
          await world.login(world.a, job)
          await world.login(world.b, job)
          writeApp(world, {}, job)
        }
        const runs = jobs.map((job, at) => {
          const inputs = { images: world.repository(world.b, `app${at}`), tags: '1', platforms: 'linux/amd64', push: 'true' }
          return job.step('', { ...inputs, cache: 'registry', 'cache-ref': ref })
        })
        for (const result of await Promise.all(runs)) expect(passed(result).stdout).not.toContain('::warning')
        expect((await readManifest(ref, world.b)).status).toBe(200)
        await emptyBuilder(world)
        writeApp(world)
        expect((await timedBuild(world, { cache: 'registry', 'cache-ref': ref })).cached).toBe('2/4')
      }
    },
    150,
  )

  scenario('it is an OCI image manifest, packed with zstd where asked for', async (world) => {
    await prepare(world)
    const ref = `${world.repository(world.b, 'cache')}:c`
    await timedBuild(world, { cache: 'registry', 'cache-ref': ref, 'cache-compression': 'zstd' })
    const { mediaType, body } = await readManifest(ref, world.b)
    expect(mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
    const layers = (body.layers ?? []) as { mediaType: string }[]
    expect(layers.filter((layer) => layer.mediaType.endsWith('+zstd')).length).toBeGreaterThan(0)
  })
})

async function prepare(world: World): Promise<void> {
  await world.login(world.a)
  await world.login(world.b)
  writeApp(world)
}

/** By platform; the time in an image's configuration can be another one. */
async function layersOf({ outputs }: StepResult, world: World): Promise<Record<string, unknown>> {
  const digests = Object.entries(JSON.parse(outputs.platforms ?? '{}') as Record<string, string>)
  const read = digests.map(async ([platform, digest]) => {
    return [platform, (await readManifest(`${world.repository()}@${digest}`, world.b)).body.layers] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

function counts({ outputs }: StepResult): string {
  return `${outputs['cached-steps']}/${outputs['total-steps']}`
}

/**
 * Builds with a builder that nobody has used before, which is removed afterwards.
 *
 * @param peaks gets the most memory, in MiB, that the action's process had
 */
async function onNewBuilder(world: World, inputs: Record<string, string>, peaks: number[] = []): Promise<StepResult> {
  const name = `${world.id}-${random()}`
  await world.docker('buildx', 'create', '--name', name, '--driver', 'docker-container', '--driver-opt', 'network=host', '--bootstrap')
  try {
    let peak = 0
    const image = { images: world.repository(), tags: '1', push: 'true', builder: name }
    const result = await world.build(
      { ...image, ...inputs },
      {
        during: (child) => {
          const timer = setInterval(() => {
            peak = Math.max(peak, memoryOf(child.pid))
          }, 50)
          child.once('close', () => clearInterval(timer))
        },
      },
    )
    peaks.push(peak)
    return passed(result)
  } finally {
    await world.docker('buildx', 'rm', '--force', name)
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: the peak so far */
function memoryOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
