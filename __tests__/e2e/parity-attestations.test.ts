import { bed, freshStep, passed, scenario, type World } from './bed.ts'
import { readManifest } from './remote.ts'

const PLATFORMS = 'linux/amd64,linux/arm64'

// https://docs.docker.com/build/ci/github-actions/attestations/
describe('attestations', () => {
  scenario('by default none for one platform, a minimal provenance for several, none where asked for none', async (world) => {
    const image = await prepare(world)
    const one = passed(await world.build({ tags: `${image}:one`, push: 'true' }))
    expect((await readManifest(`${image}:one`, world.b)).body.manifests).toBeUndefined()
    expect(one.outputs.platforms).toContain('linux/amd64')

    const run = { GITHUB_SERVER_URL: 'https://code.example', GITHUB_REPOSITORY: 'me/app', GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '2' }
    passed(
      await world.build(
        { context: '.', tags: `${image}:many`, push: 'true', platforms: PLATFORMS, 'build-args': 'SECRET=hunter22' },
        { env: run },
      ),
    )
    const [statement, ...more] = await statements(world, `${image}:many`)
    expect(more).toHaveLength(1)
    expect(statement).toContain('https://code.example/me/app/actions/runs/7/attempts/2')
    // A minimal provenance tells nothing of build arguments.
    expect(statement).not.toContain('hunter22')

    passed(await world.build({ tags: `${image}:none`, push: 'true', platforms: PLATFORMS, provenance: 'false' }))
    expect((await readManifest(`${image}:none`, world.b)).body.manifests).toHaveLength(2)
  })

  scenario('as asked for', async (world) => {
    const image = await prepare(world)
    passed(await world.build({ tags: `${image}:max`, push: 'true', provenance: 'mode=max', 'build-args': 'NAME=value' }))
    expect(await statements(world, `${image}:max`)).toEqual([expect.stringContaining('"build-arg:NAME":"value"')])
    passed(await world.build({ tags: `${image}:attest`, push: 'true', attests: 'type=provenance,mode=max,builder-id=me' }))
    expect(await statements(world, `${image}:attest`)).toEqual([expect.stringMatching(/"id":"me"/)])
    const loaded = passed(await world.build({ tags: `${world.id}/app:1`, load: 'true', platforms: PLATFORMS }))
    expect(loaded.stdout).toContain('--provenance=false')
  })
})

// https://docs.docker.com/build/ci/github-actions/annotations/
describe('annotations', () => {
  scenario('on the index and on the manifests', async (world) => {
    const image = await prepare(world)
    const annotations = 'index:com.example.key=value, with a comma\nmanifest:com.example.key2=value2'
    passed(await world.build({ tags: `${image}:1`, push: 'true', platforms: PLATFORMS, annotations }))
    const index = await readManifest(`${image}:1`, world.b)
    const [first] = index.body.manifests ?? []
    const manifest = await readManifest(`${image}@${first?.digest}`, world.b)
    expect([index.body, manifest.body]).toMatchObject([
      { annotations: { 'com.example.key': 'value, with a comma' } },
      { annotations: { 'com.example.key2': 'value2' } },
    ])
  })
})

async function prepare(world: World): Promise<string> {
  await world.login(world.a)
  await world.login(world.b)
  world.context({ Dockerfile: `FROM ${bed.base}\nARG SECRET NAME\n${freshStep()}\n` })
  return world.repository()
}

/** The statements that an image carries, as JSON, one for each platform. */
async function statements(world: World, name: string): Promise<string[]> {
  const image = name.replace(/:\w+$/, '')
  const { body } = await readManifest(name, world.b)
  const unknown = (body.manifests ?? []).filter(({ platform }) => platform.os === 'unknown')
  return Promise.all(
    unknown.map(async ({ digest }) => {
      const [layer] = (await readManifest(`${image}@${digest}`, world.b)).body.layers as { digest: string }[]
      return readBlob(image, layer?.digest ?? '', world)
    }),
  )
}

async function readBlob(image: string, digest: string, { b }: World): Promise<string> {
  const [host = '', ...path] = image.split('/')
  const authorization = `Basic ${Buffer.from(`${b.username}:${b.password}`).toString('base64')}`
  const text = await (await fetch(`http://${host}/v2/${path.join('/')}/blobs/${digest}`, { headers: { authorization } })).text()
  return JSON.stringify(JSON.parse(text))
}
