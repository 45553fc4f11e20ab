// Time from a step's start to its first build step, in turn: (a) with an engine that can do everything, against `docker buildx
// build` and nothing else; (b) with a new docker-container builder, against `docker buildx create --bootstrap` and a build on it.
// `node bench/builder.mjs [rounds]`; needs the test bed with its classic engine and images, and takes it down unless it was up.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Job } from '../testbed/step.mjs'
import { down, status, up } from '../testbed/testbed.mjs'

const rounds = Number(process.argv[2] ?? 9)
const keep = status().state !== undefined
const { engine, classic, images, bin, buildx } = await up({ with: ['classic'] })
if (!engine || !classic || !buildx || !images?.buildkit) throw new Error('the test bed did not give two engines and an image of BuildKit')
const FIRST = /^#1 \[(?!internal\] booting)/m
try {
  const inputs = { platforms: 'linux/amd64,linux/arm64', outputs: 'type=cacheonly' }
  const build = ['buildx', 'build', '--progress=plain', '--platform=linux/amd64,linux/arm64', '--output=type=cacheonly', '.']
  await compare('(a) an engine that can do everything', engine.host, inputs, [build])
  const made = [
    ['buildx', 'create', '--name', 'bench', '--driver', 'docker-container', '--bootstrap'],
    [...build.slice(0, 2), '--builder', 'bench', ...build.slice(2)],
  ]
  await compare('(b) a new docker-container builder', classic.host, inputs, made)
} finally {
  if (!keep) await down()
}

/**
 * @param {string} title
 * @param {string} host
 * @param {Record<string, string>} inputs
 * @param {readonly string[][]} commands what somebody would type
 */
async function compare(title, host, inputs, commands) {
  const job = new Job({ env: { DOCKER_HOST: host, PATH: `${bin}:${process.env.PATH}` } })
  try {
    writeFileSync(join(job.workspace, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
    /** @type {{ours: number, theirs: number}[]} */
    const times = []
    for (let round = 0; round <= rounds; round++) {
      const ours = await step(job, inputs)
      const theirs = await typed(job, commands)
      if (round > 0) times.push({ ours, theirs }) // The first warms up.
    }
    const ratio = median(times.map((time) => time.ours / time.theirs))
    const [ours, theirs] = [median(times.map((time) => time.ours)), median(times.map((time) => time.theirs))]
    const processes = await count(job, inputs)
    console.log(
      `${title}, ${rounds} rounds in turn, medians: ${(ours / 1000).toFixed(2)} s to the first build step, typed ${(theirs / 1000).toFixed(2)} s, ratio ${ratio.toFixed(2)}; before the build: ${processes.length} processes${processes.length > 0 ? ` (${processes.join(', ')})` : ''}`,
    )
  } finally {
    job.remove()
  }
}

/**
 * @param {Job} job
 * @param {Record<string, string>} inputs
 * @returns {Promise<number>} milliseconds to the first build step
 */
async function step(job, inputs) {
  const started = performance.now()
  let first = 0
  const result = await job.step('', inputs, {
    during: (child, output) =>
      child.stdout?.on('data', () => {
        if (first === 0 && FIRST.test(output().replace(/^[\s\S]*::group::Build$/m, ''))) first = performance.now() - started
      }),
  })
  if (result.exitCode !== 0 || first === 0) throw new Error(`a step failed: ${result.error}`)
  await job.posts()
  return first
}

/**
 * @param {Job} job
 * @param {readonly string[][]} commands
 * @returns {Promise<number>} milliseconds to the first build step of the last command
 */
async function typed(job, commands) {
  const options = { cwd: job.workspace, env: job.env() }
  const started = performance.now()
  for (const command of commands.slice(0, -1)) {
    if (spawnSync('docker', command, options).status !== 0) throw new Error(`docker ${command.join(' ')} failed`)
  }
  const child = spawn('docker', [...(commands.at(-1) ?? [])], { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  let first = 0
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    said += text
    if (first === 0 && FIRST.test(said)) first = performance.now() - started
  })
  await new Promise((resolve) => child.once('close', resolve))
  if (commands.length > 1) spawnSync('docker', ['buildx', 'rm', '--force', 'bench'], options)
  if (first === 0) throw new Error(`the typed build failed: ${said}`)
  return first
}

/**
 * @param {Job} job
 * @param {Record<string, string>} inputs
 * @returns {Promise<string[]>} what was started before the build
 */
async function count(job, inputs) {
  const log = join(job.temp, 'processes')
  const programs = { 'cli-plugins/docker-buildx': buildx?.path ?? '', 'bin/docker': join(bin, 'docker') }
  for (const [name, program] of Object.entries(programs)) {
    const path = join(job.dockerConfig, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "${name.split('/')[1]} $1" >> '${log}'\nexec '${program}' "$@"\n`, { mode: 0o700 })
  }
  const result = await job.step('', inputs, { env: { PATH: `${join(job.dockerConfig, 'bin')}:${bin}:${process.env.PATH}` } })
  if (result.exitCode !== 0) throw new Error(`the counted step failed: ${result.error}`)
  await job.posts()
  const started = readFileSync(log, 'utf8').split('\n').filter(Boolean)
  return started.slice(0, started.indexOf('docker-buildx build'))
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
