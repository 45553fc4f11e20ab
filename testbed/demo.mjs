// Shows the main job on this machine, with everything real: two registries with two accounts, a private base image, one
// build for two architectures, one tag, one digest; then a second build from the cache. Needs no `npm install`.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from './action.mjs'
import { places } from './places.mjs'
import { Job } from './step.mjs'
import { down, up } from './testbed.mjs'
import { visit } from './visit.mjs'

const PLATFORMS = ['linux/amd64', 'linux/arm64']
const say = (/** @type {string} */ line) => console.log(line)
const title = (/** @type {string} */ line) => console.log(`\n== ${line}`)

// A test bed of its own, so that one which is up for the tests is left alone.
const own = process.env.MANIFOLD_TESTBED ? places() : places({ ...process.env, MANIFOLD_TESTBED: join(places().cache, 'demo') })
/** @type {Job | undefined} */
let job
/** @type {(() => Promise<void>) | undefined} */
let leave
let stopped = false
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    stopped = true
    say(`\n${signal}: taking everything down first`)
  })
}
try {
  title('Starting a Docker engine, two registries, emulation and a private base image')
  const bed = await up({ places: own, without: ['tools', 'images'], say })
  const { engine, registries, base, bin } = bed
  if (!engine || !registries || !base) throw new Error('the test bed did not give an engine, registries and a base image')
  const env = { DOCKER_HOST: engine.host, PATH: `${bin}:${process.env.PATH}` }
  job = new Job({ env, tee: (text) => process.stdout.write(text) })
  if (engine.external) leave = await visit(join(bin, 'docker'), job.env())
  prepareContext(job.workspace)
  await show(job, { registries, base, docker: join(bin, 'docker') })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  if (job) {
    title('End of the job: each step undoes its own work')
    await job.posts()
    await leave?.()
    job.remove()
  }
  title('Taking everything down')
  await down({ places: own })
}

/**
 * @param {Job} running
 * @param {{registries: NonNullable<import('./state.mjs').State['registries']>, base: string, docker: string}} bed
 */
async function show(running, { registries: { a, b }, base, docker }) {
  const image = `${b.host}/yunxiao-demo/app1`
  const inputs = {
    images: image,
    tags: 'v1',
    platforms: PLATFORMS.join(','),
    'build-args': `BASE=${base}`,
    cache: 'registry',
    push: 'true',
  }
  title('login: the account that may read the base image')
  await passed(running.step('login', { registry: a.host, username: a.username, password: a.password }))
  title('login: the account that may write the target')
  await passed(running.step('login', { registry: b.host, username: b.username, password: b.password }))
  title('build: first time')
  const first = await passed(running.step('', inputs))

  title('What each architecture prints when it is run')
  for (const platform of PLATFORMS) {
    const args = ['run', '--rm', '--pull', 'always', '--quiet', '--network', 'none', '--platform', platform, `${image}:v1`]
    const run = spawnSync(docker, args, { encoding: 'utf8', env: running.env() })
    if (run.status !== 0) throw new Error(`docker run --platform ${platform} failed: ${run.stderr.trim()}`)
    say(`${platform}: ${run.stdout.trim()}`)
  }

  title('build: second time, with a new application')
  writeFileSync(join(running.workspace, 'target/application.jar'), `application ${Date.now()}\n`)
  // Emptied, so that all that is reused must come through the registry; an engine that is somebody else's keeps its cache.
  if (leave === undefined) spawnSync(docker, ['buildx', 'prune', '--all', '--force'], { env: running.env() })
  const second = await passed(running.step('', inputs))

  title('Result')
  say(`First build:  ${first.outputs['cached-steps']} of ${first.outputs['total-steps']} steps from the cache`)
  say(
    `Second build: ${second.outputs['cached-steps']} of ${second.outputs['total-steps']} steps from the cache (the new application is the rest)`,
  )
  say(`Tag:          ${second.outputs.tags}`)
  say(`Digest:       ${second.outputs.digest}`)
  for (const [platform, digest] of Object.entries(JSON.parse(second.outputs.platforms ?? '{}'))) say(`  ${platform}  ${digest}`)
}

/**
 * @param {Promise<import('./step.mjs').StepResult>} running
 */
async function passed(running) {
  const result = await running
  if (stopped) throw new Error('stopped')
  if (result.exitCode !== 0) throw new Error(`the step failed: ${result.error || result.stderr}`)
  return result
}

/** @param {string} folder */
function prepareContext(folder) {
  cpSync(join(projectDir, 'examples/two-accounts'), folder, { recursive: true })
  mkdirSync(join(folder, 'target'))
  writeFileSync(join(folder, 'target/application.jar'), 'application 1\n')
}
