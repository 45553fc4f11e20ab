// Times the main job, warm, through the committed bundles against the same work typed into a shell: two logins, a build of two
// platforms with everything in the cache, the end of the job. In turn, so that a machine whose speed drifts is fair to both.
// `npm run bench [-- rounds]`; brings the test bed up, and takes it down unless it was up before.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectDir, readAction } from '../testbed/action.mjs'
import { Job } from '../testbed/step.mjs'
import { down, status, up } from '../testbed/testbed.mjs'

const rounds = Number(process.argv[2] ?? 9)
const keep = status().state !== undefined
const { engine, registries, base, bin } = await up({ without: ['tools', 'images'] })
if (!engine || !registries || !base) throw new Error('the test bed did not give an engine, registries and a base image')
const { a, b } = registries
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const job = new Job({ env: { DOCKER_HOST: engine.host, PATH: `${bin}:${process.env.PATH}`, ...pushEvent() } })
try {
  cpSync(join(projectDir, 'examples/two-accounts'), job.workspace, { recursive: true })
  mkdirSync(join(job.workspace, 'target'))
  writeFileSync(join(job.workspace, 'target/application.jar'), 'application')
  const image = `${b.host}/bench/app`
  const inputs = {
    images: image,
    tags: 'v1',
    platforms: 'linux/amd64,linux/arm64',
    'build-args': `BASE=${base}`,
    cache: 'registry',
    push: 'true',
  }

  const manifold = async () => {
    await ended(job.step('login', { registry: a.host, username: a.username, password: a.password }))
    await ended(job.step('login', { registry: b.host, username: b.username, password: b.password }))
    await ended(job.step('', inputs))
    await job.posts()
  }
  const script = shellScript(image)
  const shell = () => {
    const { status: exitCode, stderr } = spawnSync('sh', ['-e', '-c', script], { cwd: job.workspace, encoding: 'utf8', env: shellEnv() })
    if (exitCode !== 0) throw new Error(`the shell's run failed: ${stderr}`)
  }
  await manifold()
  shell()
  /** @type {{manifold: number, shell: number}[]} */
  const times = []
  for (let round = 0; round < rounds; round++) times.push({ manifold: await timed(manifold), shell: await timed(async () => shell()) })

  const ours = median(times.map((time) => time.manifold))
  const theirs = median(times.map((time) => time.shell))
  const ratio = median(times.map((time) => time.manifold / time.shell))
  console.log(
    `Main job, warm, ${rounds} rounds in turn, medians: Manifold ${ours.toFixed(2)} s, shell ${theirs.toFixed(2)} s, ratio ${ratio.toFixed(2)} (aim: at most 2)`,
  )
  await countProcesses(job, inputs)
} finally {
  job.remove()
  rmSync(folder, { recursive: true, force: true })
  if (!keep) await down()
}
startUp()

/** What a runner says of a push: then nothing has to be asked of git. */
function pushEvent() {
  const sha = '0123456789abcdef0123456789abcdef01234567'
  const path = join(folder, 'event.json')
  writeFileSync(path, JSON.stringify({ ref: 'refs/heads/main', after: sha, head_commit: { id: sha, timestamp: '2026-01-02T03:04:05Z' } }))
  return { GITHUB_EVENT_NAME: 'push', GITHUB_EVENT_PATH: path, GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main', GITHUB_SHA: sha }
}

/** @param {string} image */
function shellScript(image) {
  const cache = `type=registry,ref=${image}:flow-docker-build-cache`
  return [
    'printf %s "$A_PASSWORD" | docker login --username "$A_USERNAME" --password-stdin "$A_HOST"',
    'printf %s "$B_PASSWORD" | docker login --username "$B_USERNAME" --password-stdin "$B_HOST"',
    `docker buildx build --platform linux/amd64,linux/arm64 --tag ${image}:v1 --build-arg "BASE=$BASE" --provenance=false --cache-from ${cache} --cache-to ${cache},mode=max --push .`,
    'docker logout "$A_HOST"',
    'docker logout "$B_HOST"',
  ].join('\n')
}

function shellEnv() {
  const names = {
    A_HOST: a.host,
    A_USERNAME: a.username,
    A_PASSWORD: a.password,
    B_HOST: b.host,
    B_USERNAME: b.username,
    B_PASSWORD: b.password,
  }
  return { ...job.env(), ...names, BASE: base }
}

/**
 * Programs started in one job, counted by strace: those of docker, and the starts of Node for the steps.
 *
 * @param {Job} running
 * @param {Record<string, string>} inputs
 */
async function countProcesses(running, inputs) {
  if (spawnSync('strace', ['-V']).status !== 0) {
    console.log('Processes: not counted, since strace is not installed')
    return
  }
  const trace = join(running.temp, 'trace')
  const tracer = join(running.temp, 'node')
  // Not a shell's script: those drop variables with a hyphen in their name, such as INPUT_BUILD-ARGS.
  const strace = ['-f', '-A', '-qq', '-e', 'trace=execve', '-e', 'status=successful', '-o', trace, process.execPath]
  const wrapper = `const [, , ...args] = process.argv
require('node:child_process').spawn('strace', [...${JSON.stringify(strace)}, ...args], { stdio: 'inherit' }).on('close', (code) => process.exit(code))`
  writeFileSync(tracer, `#!${process.execPath}\n${wrapper}\n`, { mode: 0o700 })
  const traced = new Job({ env: running.env(), node: tracer })
  cpSync(running.workspace, traced.workspace, { recursive: true })
  await ended(traced.step('login', { registry: a.host, username: a.username, password: a.password }))
  await ended(traced.step('login', { registry: b.host, username: b.username, password: b.password }))
  await ended(traced.step('', inputs))
  await traced.posts()
  const programs = [...readFileSync(trace, 'utf8').matchAll(/execve\("([^"]+)"/g)].map(([, path = '']) => path.split('/').at(-1) ?? '')
  const docker = programs.filter((name) => name !== 'node')
  console.log(
    `Processes of the whole job: ${docker.length} (${docker.join(', ')}; aim: at most 10), in ${programs.length - docker.length} starts of Node`,
  )
  rmSync(trace, { force: true })
  traced.remove()
}

/** Sizes of the bundles, and what they add to an empty start of Node. */
function startUp() {
  const empty = () => spawnSync(process.execPath, ['-e', '0'])
  for (const folder of /** @type {const} */ (['login', ''])) {
    const { main, post } = readAction(folder)
    // Without its inputs, login ends with an error as soon as it has read them; post has nothing to do.
    for (const [name, entry] of Object.entries({ main, post })) {
      if (folder === '' && name === 'main') continue
      const pairs = Array.from({ length: 15 }, () => [clocked(() => spawnSync(process.execPath, [entry])), clocked(empty)])
      const added = median(pairs.map(([with_ = 0, without = 0]) => with_ - without))
      console.log(
        `${folder || 'build'} ${name}: ${(statSync(entry).size / 1024).toFixed(0)} KiB, start-up ${added.toFixed(0)} ms above an empty Node`,
      )
    }
  }
  console.log(`build main: ${(statSync(readAction('').main).size / 1024).toFixed(0)} KiB`)
}

/** @param {() => unknown} work */
function clocked(work) {
  const started = performance.now()
  work()
  return performance.now() - started
}

/** @param {() => Promise<void>} work */
async function timed(work) {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** @param {Promise<import('../testbed/step.mjs').StepResult>} running */
async function ended(running) {
  const { exitCode, error, stderr } = await running
  if (exitCode !== 0) throw new Error(`a step failed: ${error || stderr}`)
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((x, y) => x - y)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
