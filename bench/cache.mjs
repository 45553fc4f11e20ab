// What the cache costs and saves, against `docker buildx build` typed by hand with the best flags.
// `node bench/cache.mjs [speed|growth|mounts|large]...`; all but large (5 GB through a registry) by default. Brings the test bed up,
// and takes it down unless it was up before.
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Job } from '../testbed/step.mjs'
import { down, status, up } from '../testbed/testbed.mjs'

const MB = 1024 * 1024
const ROUNDS = 3
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['speed', 'growth', 'mounts']
const keep = status().state !== undefined
const { engine, registries, base, bin } = await up({})
if (!engine || !registries || !base) throw new Error('the test bed did not give an engine, registries and a base image')
const { a, b } = registries
const job = new Job({ env: { DOCKER_HOST: engine.host, PATH: `${bin}:${process.env.PATH}` } })
const run = randomBytes(4).toString('hex')
const builder = `bench-${run}`
const image = `${b.host}/bench-${run}/app`
const plain = { images: image, tags: '1', platforms: 'linux/amd64', push: 'true', builder }
try {
  for (const { host, username, password } of [a, b]) await good(job.step('login', { registry: host, username, password }))
  if (wanted.includes('speed')) await speed()
  if (wanted.includes('growth')) await growth()
  if (wanted.includes('mounts')) await mounts()
  if (wanted.includes('large')) await large()
} finally {
  docker('buildx', 'rm', '--force', builder)
  job.remove()
  if (!keep) await down()
}

/** Three layers of 50 MB and a step that takes three seconds; each run on a builder that has nothing. */
async function speed() {
  for (const name of ['one', 'two', 'three']) await random(name, 50)
  const text = [`FROM ${base}`, ...['one', 'two', 'three'].map((name) => `COPY ${name} /${name}`), 'RUN sleep 3 && echo slow > /slow']
  writeFileSync(join(job.workspace, 'Dockerfile'), text.join('\n'))
  const cached = `${image}:by-hand`
  const flags = ['--cache-from', `type=registry,ref=${cached}`, '--cache-to', `type=registry,ref=${cached},mode=max`]
  /** @type {Record<string, number[]>} */
  const times = {}
  const note = (/** @type {string} */ name, /** @type {number} */ seconds) => {
    times[name] = [...(times[name] ?? []), seconds]
  }
  for (let round = 0; round < ROUNDS; round++) {
    note('Manifold without a cache', await fresh(() => manifold({})))
    note('Manifold, cache written', await fresh(() => manifold({ cache: 'registry', 'cache-ref': `${image}:c${round}` })))
    note('Manifold, cache read', await fresh(() => manifold({ cache: 'registry', 'cache-ref': `${image}:c${round}` })))
    note('by hand without a cache', await fresh(() => byHand([])))
    note('by hand, cache written', await fresh(() => byHand(['--cache-to', `type=registry,ref=${cached},mode=max`])))
    note('by hand, cache read', await fresh(() => byHand(flags)))
  }
  const m = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]))
  for (const [name, seconds] of Object.entries(m)) console.log(`speed: ${name}: ${seconds.toFixed(2)} s (median of ${ROUNDS})`)
  const ratio = (/** @type {string} */ x, /** @type {string} */ y) => ((m[x] ?? 0) / (m[y] ?? 1)).toFixed(2)
  for (const who of ['Manifold', 'by hand']) {
    console.log(
      `speed: ${who}: second build on an emptied builder ÷ build without cache ${ratio(`${who}, cache read`, `${who} without a cache`)}`,
    )
    console.log(`speed: ${who}: build with export ÷ build ${ratio(`${who}, cache written`, `${who} without a cache`)}`)
  }
  console.log(
    `speed: Manifold ÷ by hand: written ${ratio('Manifold, cache written', 'by hand, cache written')}, read ${ratio('Manifold, cache read', 'by hand, cache read')} (aim: no slower)`,
  )
}

/** 20 builds that each change a layer of 20 MB, in a directory of ours and in one that buildx writes in place. */
async function growth() {
  writeFileSync(join(job.workspace, 'Dockerfile'), `FROM ${base}\nCOPY layer /layer\n`)
  const ours = join(job.workspace, '..', 'ours')
  const theirs = join(job.workspace, '..', 'theirs')
  const sizes = { ours: /** @type {number[]} */ ([]), theirs: /** @type {number[]} */ ([]) }
  ensureBuilder()
  for (let round = 0; round < 20; round++) {
    await random('layer', 20)
    await manifold({ cache: 'local', 'cache-dir': ours })
    await byHand(['--cache-from', `type=local,src=${theirs}`, '--cache-to', `type=local,dest=${theirs},mode=max`])
    sizes.ours.push(sizeOf(ours))
    sizes.theirs.push(sizeOf(theirs))
  }
  for (const [name, all] of Object.entries(sizes)) {
    const [first = 1] = all
    const last = all.at(-1) ?? 0
    console.log(
      `growth: ${name === 'ours' ? 'cache-dir' : 'buildx in place'}: ${(first / MB).toFixed(0)} MB after the first, ${(last / MB).toFixed(0)} MB after the 20th build, ratio ${(last / first).toFixed(2)}${name === 'ours' ? ' (aim: at most 1.20)' : ''}`,
    )
  }
}

/** A step that takes four seconds to fill 100 MB of cache mount, and none when it is full. */
async function mounts() {
  const write = (/** @type {string} */ mark) => {
    const fill = 'test -e /cache/full || { sleep 4; head -c 100000000 /dev/urandom > /cache/data; touch /cache/full; }'
    writeFileSync(join(job.workspace, 'Dockerfile'), `FROM ${base}\nRUN --mount=type=cache,target=/cache ${fill}; echo ${mark} > /mark\n`)
  }
  const kept = { cache: 'registry', 'cache-ref': `${image}:m`, 'cache-mounts': 'true' }
  write('first')
  const first = await fresh(() => manifold(kept))
  write('second')
  const second = await fresh(() => manifold(kept))
  write('third')
  const without = await fresh(() => manifold({ cache: 'registry', 'cache-ref': `${image}:m` }))
  console.log(
    `mounts: first ${first.toFixed(2)} s, second on an emptied builder ${second.toFixed(2)} s, without cache-mounts ${without.toFixed(2)} s`,
  )
}

/** More than 5 GB through the registry and back. */
async function large() {
  await random('layer', 5200)
  await random('small', 1)
  writeFileSync(join(job.workspace, 'Dockerfile'), `FROM ${base}\nCOPY layer /layer\nRUN sleep 1\nCOPY small /small\n`)
  const inputs = { cache: 'registry', 'cache-ref': `${image}:large` }
  for (const name of ['written', 'read']) {
    let peak = 0
    const seconds = await fresh(() => manifold(inputs, (memory) => (peak = Math.max(peak, memory))))
    console.log(`large: ${name} in ${seconds.toFixed(0)} s, our process had at most ${peak.toFixed(0)} MiB (aim: at most 150)`)
    await random('small', 1)
  }
}

/**
 * @param {Record<string, string>} inputs
 * @param {(memory: number) => void} [onMemory] in MiB
 */
async function manifold(inputs, onMemory) {
  await good(
    job.step(
      '',
      { ...plain, ...inputs, context: '.' },
      {
        during: (child) => {
          const timer = setInterval(() => onMemory?.(memoryOf(child.pid)), 100)
          child.once('close', () => clearInterval(timer))
        },
      },
    ),
  )
}

/** @param {string[]} flags */
async function byHand(flags) {
  const words = [
    'buildx',
    'build',
    '--builder',
    builder,
    '--platform',
    'linux/amd64',
    '--tag',
    `${image}:2`,
    '--provenance=false',
    '--push',
    ...flags,
    '.',
  ]
  const child = spawn(join(bin, 'docker'), words, { cwd: job.workspace, env: job.env(), stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (text) => (stderr += text))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`the build by hand failed: ${stderr}`)
}

/**
 * Times work on a builder that nobody has used before.
 *
 * @param {() => Promise<void>} work
 */
async function fresh(work) {
  docker('buildx', 'rm', '--force', builder)
  ensureBuilder()
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

function ensureBuilder() {
  if (docker('buildx', 'inspect', builder).status === 0) return
  const made = docker('buildx', 'create', '--name', builder, '--driver', 'docker-container', '--driver-opt', 'network=host', '--bootstrap')
  if (made.status !== 0) throw new Error(`no builder: ${made.stderr}`)
}

/** @param {string[]} args */
function docker(...args) {
  return spawnSync(join(bin, 'docker'), args, { env: job.env(), encoding: 'utf8' })
}

/**
 * A file that nothing can pack, written in pieces.
 *
 * @param {string} name in the workspace
 * @param {number} size in MiB
 */
async function random(name, size) {
  const file = createWriteStream(join(job.workspace, name))
  for (let written = 0; written < size; written++) {
    if (!file.write(randomBytes(MB))) await new Promise((resolve) => file.once('drain', () => resolve(undefined)))
  }
  await new Promise((resolve) => file.end(() => resolve(undefined)))
}

/** @param {string} folder */
function sizeOf(folder) {
  const blobs = join(folder, 'blobs/sha256')
  mkdirSync(blobs, { recursive: true })
  return readdirSync(blobs).reduce((sum, name) => sum + statSync(join(blobs, name)).size, 0)
}

/** @param {number | undefined} pid */
function memoryOf(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** @param {Promise<import('../testbed/step.mjs').StepResult>} running */
async function good(running) {
  const { exitCode, error, stderr } = await running
  if (exitCode !== 0) throw new Error(`a step failed: ${error || stderr}`)
}

/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((x, y) => x - y)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
