import { readdirSync } from 'node:fs'
import { offset, requests } from '../../testbed/requests.mjs'
import { bed, configFiles, configText, freshStep, inWorld, passed, type StepResult, type World, writeConfig } from './bed.ts'
import { formsOf, showCommands, unmasked } from './commands.ts'
import { platformsOf, readManifest } from './remote.ts'

const PLATFORMS = ['linux/amd64', 'linux/arm64']
// What the machine says when it is asked, at build time and when the image runs: an image of the wrong architecture shows.
const GREET = `case $(uname -m) in x86_64) echo amd64 ;; aarch64) echo arm64 ;; *) uname -m ;; esac`

describe('the main job: two accounts, two architectures, one tag, one digest', () => {
  test('on the node that runs the tests', () => inWorld((world) => mainJob(world, process.execPath)), 60_000)

  const { node24 } = bed.tools
  const onNode24 = node24 === undefined ? test.skip : test
  onNode24('on node 24', () => inWorld((world) => mainJob(world, node24 ?? '')), 60_000)
})

async function mainJob(world: World, node: string): Promise<void> {
  const { a, b } = world
  const job = world.newJob({ node })
  const before = '{\n  "auths" : { },   "detachKeys": "ctrl-z"\n}'
  writeConfig(job, before)
  const builders = await world.docker('buildx', 'ls')
  world.context({
    Dockerfile: [`FROM ${bed.base}`, freshStep(), `RUN (${GREET}) > /built-for`, 'COPY hello.sh /hello.sh', 'CMD ["sh", "/hello.sh"]'].join(
      '\n',
    ),
    'hello.sh': `[ "$(${GREET})" = "$(cat /built-for)" ] && echo "Hello, $(cat /built-for)!"\n`,
  })
  expect((await readManifest(bed.base, undefined)).status).toBe(401)

  const logins = [await world.login(a), await world.login(b)]
  const image = world.repository(b)
  const start = offset(b.log)
  const inputs = { images: image, tags: '1.0', platforms: PLATFORMS.join(','), push: 'true', cache: 'registry' }
  const build = passed(await world.build(inputs))

  checkReadBack(build, start, world)
  const index = await checkOutputs(build, image, world)
  for (const platform of PLATFORMS) {
    // By its digest and pulled anew, so that it is what the registry holds.
    const name = `${image}@${index[platform]}`
    const printed = await world.docker('run', '--rm', '--network=none', '--pull=always', '--quiet', `--platform=${platform}`, name)
    expect(printed).toBe(`Hello, ${platform.split('/')[1]}!\n`)
    await world.docker('image', 'rm', '--force', name)
  }
  expect(configFiles(job).sort()).toEqual(['config.json', 'manifold-login.json'])

  const posts = await job.posts()
  expect(posts.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
  expect(configText(job)).toBe(before)
  expect(configFiles(job)).toEqual(['config.json'])
  expect(readdirSync(job.temp)).toEqual([])
  expect(await world.docker('ps', '--all', '--format', '{{.Image}} {{.Names}}')).not.toMatch(new RegExp(world.id))
  expect(await world.docker('buildx', 'ls')).toBe(builders)

  const steps = [...logins, build, ...posts]
  expect(steps.map((step) => showCommands(step, world))).toMatchSnapshot('commands of login, login, build, post, post, post')
  for (const step of steps) for (const form of [...formsOf(a), ...formsOf(b)]) expect(unmasked(step)).not.toContain(form)
}

/** Holds the outputs against what the registry says when asked directly. @returns platform → digest in the registry */
async function checkOutputs({ outputs }: StepResult, image: string, { b }: World): Promise<Record<string, string>> {
  const index = await readManifest(`${image}:1.0`, b)
  // The provenance of each image has a manifest of its own, for a platform that is none.
  const { 'unknown/unknown': _, ...platforms } = platformsOf(index)
  expect(index.mediaType).toMatch(/manifest\.list|image\.index/)
  expect(Object.keys(platforms)).toEqual(PLATFORMS)
  expect(outputs).toMatchObject({
    digest: index.digest,
    imageid: index.digest,
    image: `${image}@${index.digest}`,
    tags: `${image}:1.0`,
    platforms: JSON.stringify(platforms),
    builder: 'default',
    driver: 'docker',
    nodes: expect.stringMatching(/^\[\{"name":"default",.*linux\/arm64/),
    // RUN, RUN, COPY for each platform.
    'total-steps': '6',
    'cached-steps': '0',
    metadata: expect.any(String),
  })
  expect(JSON.parse(outputs.metadata ?? '')).toMatchObject({ 'containerimage.digest': index.digest, 'image.name': `${image}:1.0` })
  expect((await readManifest(`${image}:flow-docker-build-cache`, b)).status).toBe(200)
  return platforms
}

/** After the push the tag is read once, and the manifest of each platform once at most. */
function checkReadBack({ outputs }: StepResult, start: number, { b, id }: World): void {
  const asked = requests(b.log, start).filter(({ path, user }) => path.includes(id) && user !== undefined)
  const push = asked.findIndex(({ method, path }) => method === 'PUT' && path === `/v2/${id}/app/manifests/1.0`)
  const reads = asked.slice(push + 1).filter(({ method, path }) => method === 'GET' && path.includes('/manifests/'))
  const [first, ...others] = reads.map(({ path }) => path.split('/').at(-1) ?? '')
  const digests = Object.values(JSON.parse(outputs.platforms ?? '') as Record<string, string>)
  expect(push).toBeGreaterThanOrEqual(0)
  expect(first).toBe('1.0')
  expect(new Set(others).size).toBe(others.length)
  expect(digests).toEqual(expect.arrayContaining(others))
}
