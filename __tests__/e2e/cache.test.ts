import { randomBytes } from 'node:crypto'
import { bed, passed, type StepResult, scenario, type World } from './bed.ts'
import { readManifest } from './remote.ts'

const PLATFORMS = ['linux/amd64', 'linux/arm64']
const DEPLOY = 'COPY deploy.sh /deploy.sh'
const RIGHTS = 'RUN chmod +x /deploy.sh'
const APPLICATION = 'COPY target/application.jar /application.jar'

describe('the remote cache', () => {
  scenario('a builder that was emptied takes unchanged steps from the registry, and builds what comes after a change', async (world) => {
    prepare(world)
    const image = world.repository()
    const first = await build(world, image)
    // The command itself has a flag that is called ignore-error.
    const log = logOf(first).filter((line) => !line.startsWith('docker buildx build '))
    expect(endings(first)).toEqual(everywhere({ [DEPLOY]: 'DONE', [RIGHTS]: 'DONE', [APPLICATION]: 'DONE' }))
    expect(counts(first)).toEqual({ cached: '0', total: '6' })
    expect(first.stdout).toContain(`Cache: ${image}:flow-docker-build-cache does not exist yet`)
    // The first run finds no cache; that is no fault, and nothing in its log may look like one.
    expect(log.filter((line) => /error|warn|fail|not found|denied|unauthorized/i.test(line))).toEqual([])

    const layersBefore = await layers(first, image, world)
    await world.docker('buildx', 'prune', '--all', '--force')
    const second = await build(world, image)
    expect(endings(second)).toEqual(everywhere({ [DEPLOY]: 'CACHED', [RIGHTS]: 'CACHED', [APPLICATION]: 'CACHED' }))
    expect(counts(second)).toEqual({ cached: '6', total: '6' })
    // The same content: only the times in an image's configuration may differ.
    expect(await layers(second, image, world)).toEqual(layersBefore)
    expect(second.stdout).toContain(`Cache: read from and written to ${image}:flow-docker-build-cache`)

    await world.docker('buildx', 'prune', '--all', '--force')
    world.context({ 'target/application.jar': random() })
    const third = await build(world, image)
    expect(endings(third)).toEqual(everywhere({ [DEPLOY]: 'CACHED', [RIGHTS]: 'CACHED', [APPLICATION]: 'DONE' }))
    expect(counts(third)).toEqual({ cached: '4', total: '6' })
    expect(third.outputs.digest).not.toBe(second.outputs.digest)
  })

  scenario('no-cache builds every step anew, and the cache is still written', async (world) => {
    prepare(world)
    const image = world.repository()
    const cache = world.repository(world.b, 'elsewhere')
    const inputs = { 'cache-ref': `${cache}:mine` }
    await build(world, image, inputs)
    const cached = await readManifest(`${cache}:mine`, world.b)
    expect(cached.status).toBe(200)
    expect((await readManifest(`${image}:flow-docker-build-cache`, world.b)).status).toBe(404)

    world.context({ 'target/application.jar': random() })
    const again = await build(world, image, { ...inputs, 'no-cache': 'true' })
    expect(endings(again)).toEqual(everywhere({ [DEPLOY]: 'DONE', [RIGHTS]: 'DONE', [APPLICATION]: 'DONE' }))
    expect(counts(again)).toEqual({ cached: '0', total: '6' })
    expect((await readManifest(`${cache}:mine`, world.b)).digest).not.toBe(cached.digest)
  })

  scenario('a cache that cannot be written does not fail the build', async (world) => {
    prepare(world)
    await world.login(world.a)
    await world.login(world.b)
    const image = world.repository()
    // Nobody has signed in to that name of registry A.
    const other = world.repository({ host: world.a.host.replace('127.0.0.1', 'localhost') }, 'cache')
    const inputs = { images: image, tags: '1', platforms: PLATFORMS.join(','), push: 'true', cache: 'registry', 'cache-ref': other }
    const built = passed(await world.build(inputs))
    expect(built.outputs.digest).toBe((await readManifest(`${image}:1`, world.b)).digest)
    expect((await readManifest(`${world.repository(world.a, 'cache')}:flow-docker-build-cache`, world.a)).status).toBe(404)
  })
})

/** The example of the design: the script does not change from build to build, the application always does. */
function prepare(world: World): void {
  world.context({
    Dockerfile: [`FROM ${bed.base}`, DEPLOY, RIGHTS, APPLICATION].join('\n'),
    'deploy.sh': `#!/bin/sh\n# ${random()}\n`,
    'target/application.jar': random(),
  })
}

async function build(world: World, image: string, inputs: Record<string, string> = {}): Promise<StepResult> {
  await world.login(world.a)
  await world.login(world.b)
  return passed(await world.build({ images: image, tags: '1', platforms: PLATFORMS.join(','), push: 'true', cache: 'registry', ...inputs }))
}

/**
 * How each step of the Dockerfile ended, as the log tells it. One from the cache whose layers have to be unpacked ends twice,
 * as CACHED and, when that is done, as DONE.
 */
function endings(result: StepResult): Record<string, string> {
  const log = logOf(result)
  const found: Record<string, string> = {}
  for (const line of log) {
    const [, number, platform, step] = /^#(\d+) \[(linux\/\S+) \d+\/\d+\] ((?!FROM ).*)$/.exec(line) ?? []
    const ending = log.includes(`#${number} CACHED`) ? 'CACHED' : log.findLast((each) => each.startsWith(`#${number} `))?.split(' ')[1]
    if (number !== undefined) found[`${platform} ${step}`] = ending ?? ''
  }
  return found
}

async function layers({ outputs }: StepResult, image: string, { b }: World): Promise<unknown[]> {
  const digests = Object.values(JSON.parse(outputs.platforms ?? '') as Record<string, string>)
  return Promise.all(digests.map(async (digest) => (await readManifest(`${image}@${digest}`, b)).body.layers))
}

function everywhere(steps: Record<string, string>): Record<string, string> {
  return Object.fromEntries(PLATFORMS.flatMap((platform) => Object.entries(steps).map(([step, end]) => [`${platform} ${step}`, end])))
}

function counts({ outputs }: StepResult): { cached: string | undefined; total: string | undefined } {
  return { cached: outputs['cached-steps'], total: outputs['total-steps'] }
}

function logOf({ stdout, stderr }: StepResult): string[] {
  return `${stdout}\n${stderr}`.split('\n')
}

function random(): string {
  return randomBytes(16).toString('hex')
}
