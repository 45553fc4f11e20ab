import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { bed, configText, type StepResult, scenario, type World, writeConfig } from './bed.ts'
import { readManifest } from './remote.ts'

const CONFIG = '{ "auths": {}, "detachKeys": "ctrl-z" }'

describe('a step that is cancelled while a RUN sleeps', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    scenario(`${signal}: hands it on, ends non-zero, and leaves nothing`, async (world) => {
      const { result, took, marker } = await cancel(world, signal)

      expect(result.exitCode).toBe(1)
      expect(result.error).toContain(`cancelled (${signal})`)
      expect(took).toBeLessThan(10_000)
      await gone(marker, world, 2000)
      expect((await readManifest(`${world.repository()}:1`, world.b)).status).toBe(404)
      await checkLeft(world)
    })
  }

  scenario('SIGKILL of main: post cleans up', async (world) => {
    const { result, marker } = await cancel(world, 'SIGKILL')

    expect(result.signal).toBe('SIGKILL')
    expect(readdirSync(world.job.temp)).not.toEqual([])
    expect(buildxOf(world)).toHaveLength(1)
    // Nobody handed the signal on: it is post that ends the build, before it can push.
    await checkLeft(world)
    await gone(marker, world, 2000)
  })
})

/** Starts a build, and sends its node a signal while its RUN sleeps. */
async function cancel(world: World, signal: NodeJS.Signals): Promise<{ result: StepResult; took: number; marker: string }> {
  const { a, b, job } = world
  writeConfig(job, CONFIG)
  await world.login(a)
  await world.login(b)
  // The sleeper's own argument tells it from any other.
  const marker = `3${Math.floor(Math.random() * 1e6)}`
  world.context({ Dockerfile: `FROM ${bed.base}\nRUN echo asleep && sleep ${marker}\n` })
  let sent = 0
  const result = await world.build(
    { images: world.repository(), tags: '1', platforms: 'linux/amd64', push: 'true' },
    {
      during: (child, output) => {
        const timer = setInterval(() => {
          if (sent > 0 || !/^#\d+ [\d.]+ asleep/m.test(output())) return
          clearInterval(timer)
          sent = Date.now()
          child.kill(signal)
        }, 20)
        child.once('close', () => clearInterval(timer))
      },
    },
  )
  expect(sent).toBeGreaterThan(0)
  return { result, took: Date.now() - sent, marker }
}

/** Waits until neither the engine's step nor buildx runs any more. */
async function gone(marker: string, world: World, within: number): Promise<void> {
  const until = Date.now() + within
  while ((processes((command) => command.includes(marker)).length > 0 || buildxOf(world).length > 0) && Date.now() < until) await sleep(20)
  expect({ sleepers: processes((command) => command.includes(marker)), buildx: buildxOf(world) }).toEqual({ sleepers: [], buildx: [] })
}

/** Post, twice: the second time it finds nothing to do. */
async function checkLeft(world: World): Promise<void> {
  for (const again of [true, false]) {
    const posts = await world.job.posts({ again })
    expect(posts.map(({ exitCode, stdout }) => ({ exitCode, warned: stdout.includes('::warning') }))).toEqual(
      posts.map(() => ({ exitCode: 0, warned: false })),
    )
  }
  expect(readdirSync(world.job.temp)).toEqual([])
  expect(configText(world.job)).toBe(CONFIG)
}

/** The buildx processes of this world's builds. */
function buildxOf(world: World): number[] {
  return processes((command) => command.includes('docker-buildx') && command.includes(world.id))
}

function processes(fits: (command: string) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return existsSync(`/proc/${pid}/exe`) && fits(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
      } catch {
        return false
      }
    })
}
