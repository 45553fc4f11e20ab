import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { run } from '../../testbed/command.mjs'
import { bed, failed, type Job, passed, type StepResult, together, type World } from './bed.ts'
import { builderJob, leftovers, records, scenarioIf, wholeBed, workingOn } from './builder-parts.ts'

const { classic, images } = await wholeBed()
const withBuildkit = scenarioIf(images.buildkit !== undefined)
const small = { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' }
// The classic store cannot build for two: a builder is made.
const PLATFORMS = { platforms: 'linux/amd64,linux/arm64' }
const HOST = { 'driver-opts': 'network=host' }

describe('what is left after a job', () => {
  for (const [when, pattern] of [
    ['is about to make the builder', /^Builder: .* is made/m],
    ['boots it', /booting buildkit/],
    ['builds on it', /2\/2\] RUN sleep/],
  ] as const) {
    withBuildkit(
      `main killed when it ${when}, then post: nothing`,
      async (world) => {
        const job = builderJob(world, classic)
        await world.login(world.a)
        world.context({ Dockerfile: `FROM ${bed.base}\nRUN sleep 30 # ${world.id}\n` })
        const build = await world.build({ ...PLATFORMS, ...HOST }, { during: killAt(pattern, 'SIGKILL') })
        expect(build.signal).toBe('SIGKILL')
        const [post] = await job.posts({ again: true })
        expect(post).toMatchObject({ exitCode: 0, stderr: '' })
        await nothingLeft(world, job, nameOf(build))
        // Again, as some runners do.
        for (const again of await job.posts()) expect(again).toMatchObject({ exitCode: 0, stderr: '' })
      },
      90,
    )
  }

  withBuildkit('main cancelled while the builder boots: the step fails, post leaves nothing', async (world) => {
    const job = builderJob(world, classic)
    world.context(small)
    const build = await world.build(PLATFORMS, { during: killAt(/booting buildkit/, 'SIGINT') })
    expect(failed(build)).toMatch(/cancelled/)
    await job.posts()
    await nothingLeft(world, job, nameOf(build))
  })

  withBuildkit(
    'a builder that does not boot: its container and state are gone as well',
    async (world) => {
      const job = builderJob(world, classic)
      world.context(small)
      const build = await world.build({ ...PLATFORMS, 'buildkitd-flags': '--no-such-flag' })
      expect(failed(build)).toMatch(/^builder: manifold-\S+ does not start/)
      await job.posts()
      await nothingLeft(world, job, nameOf(build))
    },
    90,
  )

  withBuildkit('a job killed without post: the next one removes what it left, files and all', async (world) => {
    const runner = await startRunner(world, { ...PLATFORMS, 'buildkitd-config-inline': 'debug = true\n' }, /booting buildkit/)
    await runner.kill()
    const job = builderJob(world, classic)
    world.context(small)
    const build = passed(await world.build({}))
    expect(build.stdout).toMatch(/^Builder: removed what a job that has ended left behind \(manifold-\S+\)$/m)
    await job.posts()
    await nothingLeft(world, job, runner.builder())
    expect(readdirSync(runner.temp).filter((name) => name.startsWith('manifold-builder-'))).toEqual([])
    expect(existsSync(join(runner.dockerConfig, 'buildx/instances', runner.builder()))).toBe(false)
  })

  withBuildkit('a killed job whose records are gone: its containers and volumes are known by their names', async (world) => {
    const runner = await startRunner(world, PLATFORMS, /::group::Build$/m)
    await runner.kill()
    rmSync(join(world.folder, 'state'), { recursive: true })
    const job = builderJob(world, classic)
    world.context(small)
    const build = passed(await world.build({}))
    expect(build.stdout).toMatch(/^Builder: removed the container buildx_buildkit_manifold-\S+, left by a job that has ended$/m)
    await job.posts()
    await nothingLeft(world, job, runner.builder())
  })

  withBuildkit('the builder of a living job, and what Manifold did not make, are let be', async (world) => {
    const runner = await startRunner(world, PLATFORMS, /::group::Build$/m)
    const foreign = 'buildx_buildkit_manifold-foreign0'
    const docker = (...args: string[]) => run([join(bed.bin, 'docker'), '--host', classic.host, ...args])
    world.onEnd(() => docker('rm', '--force', foreign).then(() => docker('volume', 'rm', `${foreign}_state`)))
    await docker('volume', 'create', `${foreign}_state`)
    await docker('create', '--name', foreign, images.buildkit ?? '')
    const before = await leftovers(classic)
    expect(before).toHaveLength(4)
    const job = builderJob(world, classic)
    world.context(small)
    const build = passed(await world.build({}))
    expect(build.stdout).not.toContain('removed')
    await job.posts()
    expect(await leftovers(classic)).toEqual(before)
    await runner.kill()
    passed(await world.build({}))
    expect(await leftovers(classic)).toEqual([foreign, `${foreign}_state`])
  })

  withBuildkit('cleanup: false leaves the builder to the user', async (world) => {
    const job = builderJob(world, classic)
    world.context(small)
    const name = `left-${world.id}`
    passed(await world.build({ ...PLATFORMS, name, cleanup: 'false' }))
    await job.posts()
    expect(await leftovers(classic, name)).toEqual([`buildx_buildkit_${name}0`, `buildx_buildkit_${name}0_state`])
    await run([join(bed.bin, 'docker'), 'buildx', 'rm', '--force', name], { env: job.env() })
  })
})

describe('a builder that keeps its state', () => {
  withBuildkit(
    'four jobs at once: all build on one, the last one to leave removes its container, the state stays',
    async (world) => {
      const jobs = Array.from({ length: 4 }, () => builderJob(world, classic))
      for (const job of jobs)
        world.context({ Dockerfile: `FROM scratch\nARG TARGETARCH\nADD Dockerfile /\nCOPY Dockerfile /${world.id}\n` }, job)
      const inputs = { ...PLATFORMS, 'keep-state': 'true' }
      // Each leaves as soon as it is done, while others come or build.
      const builds = await together(
        jobs.map(async (job, at) => {
          await sleep(at * 150)
          const build = passed(await job.step('', inputs))
          await job.posts()
          return build
        }),
      )
      const names = new Set(builds.map((build) => build.outputs.builder))
      expect([...names]).toHaveLength(1)
      const [name = ''] = names
      expect(name).toMatch(/^manifold-kept-[0-9a-f]{8}$/)
      world.onEnd(() => run([join(bed.bin, 'docker'), '--host', classic.host, 'volume', 'rm', '--force', `buildx_buildkit_${name}0_state`]))
      expect(await leftovers(classic)).toEqual([`buildx_buildkit_${name}0_state`])
      expect(records(world)).toEqual([])
      // The state is of use.
      const [job] = jobs
      const again = passed((await job?.step('', inputs)) as StepResult)
      expect(again.outputs['cached-steps']).toBe(again.outputs['total-steps'])
      await job?.posts()
      expect(await leftovers(classic)).toEqual([`buildx_buildkit_${name}0_state`])
    },
    120,
  )

  withBuildkit(
    'four jobs at once that share one Docker folder as well',
    async (world) => {
      const shared = join(world.folder, 'docker')
      mkdirSync(shared)
      const jobs = Array.from({ length: 4 }, () => builderJob(world, classic, { env: { DOCKER_CONFIG: shared } }))
      for (const job of jobs) world.context(small, job)
      const name = `kept-${world.id}`
      const inputs = { ...PLATFORMS, name, 'keep-state': 'true' }
      world.onEnd(() => run([join(bed.bin, 'docker'), '--host', classic.host, 'volume', 'rm', '--force', `buildx_buildkit_${name}0_state`]))
      const builds = await together(
        jobs.map(async (job) => {
          const build = passed(await job.step('', inputs))
          for (const post of await job.posts()) expect(post).toMatchObject({ exitCode: 0, stderr: '' })
          return build
        }),
      )
      expect(new Set(builds.map((build) => build.outputs.builder))).toEqual(new Set([name]))
      expect(await leftovers(classic, name)).toEqual([`buildx_buildkit_${name}0_state`])
      expect(records(world)).toEqual([])
      expect(readdirSync(join(shared, 'buildx/instances'))).toEqual([])
    },
    120,
  )

  withBuildkit('a killed job holds nobody up, and is no reason to keep the container', async (world) => {
    const inputs = { ...PLATFORMS, 'keep-state': 'true' }
    const runner = await startRunner(world, inputs, /booting buildkit/)
    await runner.kill()
    const job = builderJob(world, classic)
    world.context(small)
    const start = Date.now()
    const build = passed(await world.build(inputs))
    expect(Date.now() - start).toBeLessThan(20_000)
    await job.posts()
    const state = `buildx_buildkit_${build.outputs.builder}0_state`
    world.onEnd(() => run([join(bed.bin, 'docker'), '--host', classic.host, 'volume', 'rm', '--force', state]))
    expect(await leftovers(classic)).toEqual([state])
    expect(records(world)).toEqual([])
  })
})

function killAt(pattern: RegExp, signal: NodeJS.Signals) {
  return (child: ChildProcess, output: () => string) => {
    const timer = setInterval(() => {
      if (!pattern.test(output())) return
      clearInterval(timer)
      child.kill(signal)
    }, 5)
    child.once('exit', () => clearInterval(timer))
  }
}

function nameOf({ stdout }: Pick<StepResult, 'stdout'>): string {
  return /^Builder: (manifold-\S+) is made/m.exec(stdout)?.[1] ?? ''
}

async function nothingLeft(world: World, job: Job, name: string): Promise<void> {
  expect(name).not.toBe('')
  // What a killed main had started ends when its builder goes.
  for (let tries = 0; tries < 100 && workingOn(name).length > 0; tries++) await sleep(100)
  expect(workingOn(name)).toEqual([])
  expect(await leftovers(classic)).toEqual([])
  expect(records(world)).toEqual([])
  expect(readdirSync(job.temp)).toEqual([])
  expect(existsSync(join(job.dockerConfig, 'buildx/instances', name))).toBe(false)
}

/** A runner that is a process of its own, with one job in it. */
async function startRunner(world: World, inputs: Record<string, string>, until: RegExp) {
  const step = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'testbed/step.mjs')
  const script = join(world.folder, 'runner.mjs')
  const env = { DOCKER_HOST: classic.host, XDG_STATE_HOME: join(world.folder, 'state'), PATH: `${bed.bin}:${process.env.PATH}` }
  writeFileSync(
    script,
    `import { writeFileSync } from 'node:fs'
import { Job } from ${JSON.stringify(step)}
const job = new Job({ env: ${JSON.stringify(env)}, tee: (text) => process.stdout.write(text) })
console.log('JOB ' + JSON.stringify({ temp: job.temp, dockerConfig: job.dockerConfig }))
writeFileSync(job.workspace + '/Dockerfile', ${JSON.stringify(small.Dockerfile)})
await job.step('', ${JSON.stringify(inputs)}, { during: (child) => console.log('MAIN ' + child.pid) })
setInterval(() => undefined, 1000)
`,
  )
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const folders = () => JSON.parse(/^JOB (.*)$/m.exec(said)?.[1] ?? '{}') as { temp: string; dockerConfig: string }
  const kill = async () => {
    const main = Number(/^MAIN (\d+)$/m.exec(said)?.[1])
    child.kill('SIGKILL')
    try {
      process.kill(main, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    await ended
  }
  world.onEnd(() => rmSync(dirname(folders().temp), { recursive: true, force: true }))
  world.onEnd(kill)
  for (let tries = 0; !until.test(said); tries++) {
    if (tries > 2000) throw new Error(`the runner did not come so far: ${said}`)
    await sleep(10)
  }
  return { kill, builder: () => /^Builder: (manifold-\S+) is made/m.exec(said)?.[1] ?? '', ...folders() }
}
