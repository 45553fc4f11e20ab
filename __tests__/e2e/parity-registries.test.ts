import { startProxy } from '../../testbed/proxy.mjs'
import { offset, requests } from '../../testbed/requests.mjs'
import { bed, failed, freshStep, passed, scenario, type World } from './bed.ts'
import { platformsOf, readManifest } from './remote.ts'

const PLATFORMS = 'linux/amd64,linux/arm64'

// https://docs.docker.com/build/ci/github-actions/push-multi-registries/
describe('several registries', () => {
  scenario('are pushed to once, and copied to by digest', async (world) => {
    await prepare(world)
    const [a, b] = [world.repository(world.a), world.repository(world.b)]
    const start = offset(world.a.log)
    const { outputs, stdout } = passed(
      await world.build({ images: `${b}\n${a}`, tags: '1,2', push: 'true', platforms: PLATFORMS, load: 'true' }),
    )
    const tags = [`${b}:1`, `${b}:2`, `${a}:1`, `${a}:2`]
    expect(outputs.tags?.split('\n')).toEqual(tags)
    for (const tag of tags) {
      const read = await readManifest(tag, tag.startsWith(world.a.host) ? world.a : world.b)
      expect(read.digest).toBe(outputs.digest)
      expect(platformsOf(read)).toMatchObject(JSON.parse(outputs.platforms ?? ''))
    }
    // One build: nothing but the base is asked of the other registry before the copy.
    expect(stdout.match(/^::group::Build$/gm)).toHaveLength(1)
    const uploads = requests(world.a.log, start).filter(
      ({ method, path, status }) => method === 'PUT' && path.includes(world.id) && status === 201,
    )
    expect(uploads.map(({ path }) => path)).toEqual(
      expect.arrayContaining([`/v2/${world.id}/app/manifests/1`, `/v2/${world.id}/app/manifests/2`]),
    )
    // All names are in the engine.
    for (const tag of tags) expect(await world.docker('run', '--rm', '--pull', 'never', tag)).toBe('hello')
  })

  scenario('a plain image stays a plain image', async (world) => {
    await prepare(world)
    const [a, b] = [world.repository(world.a), world.repository(world.b)]
    const { outputs } = passed(await world.build({ tags: `${b}:1\n${a}:1`, push: 'true' }))
    const copy = await readManifest(`${a}:1`, world.a)
    expect(copy.digest).toBe(outputs.digest)
    expect(copy.body.manifests).toBeUndefined()
  })

  scenario('when one fails, the error and the outputs tell what is live', async (world) => {
    await prepare(world)
    const [b, a] = [world.repository(world.b), world.repository(world.a)]
    const nowhere = '127.0.0.1:9/me/app:1'
    const result = await world.build({ tags: [`${b}:1`, `${a}:1`, nowhere, `${b}:2`].join('\n'), push: 'true' })
    const live = [`${b}:1`, `${b}:2`, `${a}:1`]
    expect(failed(result)).toMatch(
      new RegExp(`^push: 127\\.0\\.0\\.1:9: .*connection refused; live are ${live.join(', ')}; not live are ${nowhere}; sign in `),
    )
    expect(result.outputs).toMatchObject({ tags: live.join('\n'), 'failed-tags': nowhere })
    expect(result.stdout.match(/tried again in \d s/g)).toHaveLength(2)
    for (const tag of live) {
      expect((await readManifest(tag, tag.startsWith(a) ? world.a : world.b)).digest).toBe(result.outputs.digest)
    }
  })

  scenario('a refusal is not tried again', async (world) => {
    await prepare(world, [world.a])
    const [b, a] = [world.repository(world.b), world.repository(world.a)]
    const result = await world.build({ tags: `${a}:1\n${b}:1`, push: 'true' })
    expect(failed(result)).toContain(`; live are ${a}:1; not live are ${b}:1; `)
    expect(result.stdout).not.toContain('tried again')
  })

  scenario('a push that is refused halfway tells which tags of the registry are live', async (world) => {
    await prepare(world, [world.a])
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'the tag is immutable' }] })
    const headers = { 'content-type': 'application/json' }
    const denied = { do: 'answer' as const, status: 403, headers, body }
    const proxy = await startProxy(world.b.host, [{ method: 'PUT', path: '/manifests/2$', fault: denied }])
    world.onEnd(() => proxy.close())
    await world.login({ ...world.b, host: proxy.host })
    const image = world.repository({ host: proxy.host })
    const result = await world.build({ images: image, tags: '1,2,3', push: 'true' })
    expect(failed(result)).toContain(`; live are ${image}:1; not live are ${image}:2, ${image}:3`)
    expect(result.outputs).toMatchObject({ tags: `${image}:1`, 'failed-tags': `${image}:2\n${image}:3`, digest: '' })
    expect((await readManifest(`${image}:1`, world.b)).status).toBe(200)
  })
})

describe('skip-unchanged', () => {
  scenario('leaves a tag alone whose image has the same content', async (world) => {
    world.onEnd(() => world.job.posts())
    await prepare(world)
    const b = world.repository()
    const builder = { driver: 'docker-container', 'driver-opts': 'network=host' }
    const inputs = { ...builder, tags: `${b}:1`, push: 'true', platforms: PLATFORMS, 'skip-unchanged': 'true' }
    const first = passed(await world.build({ ...inputs, labels: 'org.opencontainers.image.revision=1' }))
    expect(first.outputs).toMatchObject({ tags: `${b}:1`, 'unchanged-tags': '' })
    expect((await readManifest(`${b}:1`, world.b)).digest).toBe(first.outputs.digest)

    const start = offset(world.b.log)
    const second = passed(await world.build({ ...inputs, tags: `${b}:1\n${b}:new`, labels: 'org.opencontainers.image.revision=2' }))
    expect(second.outputs).toMatchObject({ tags: `${b}:1\n${b}:new`, 'unchanged-tags': `${b}:1` })
    expect(second.stdout).toContain(`Unchanged: ${b}:1 has the same content (${first.outputs.digest}) and is left alone`)
    expect((await readManifest(`${b}:1`, world.b)).digest).toBe(first.outputs.digest)
    expect((await readManifest(`${b}:new`, world.b)).status).toBe(200)
    const tagged = requests(world.b.log, start).filter(({ method, path }) => method === 'PUT' && /manifests\/(?:1|new)$/.test(path))
    expect(tagged.map(({ path }) => path)).toEqual([`/v2/${world.id}/app/manifests/new`])

    const third = passed(await world.build({ ...inputs, labels: 'org.opencontainers.image.revision=3' }))
    expect(third.outputs).toMatchObject({ digest: first.outputs.digest, 'unchanged-tags': `${b}:1` })

    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    const changed = passed(await world.build(inputs))
    expect(changed.outputs['unchanged-tags']).toBe('')
    expect(changed.outputs.digest).not.toBe(first.outputs.digest)
    expect((await readManifest(`${b}:1`, world.b)).digest).toBe(changed.outputs.digest)
  })
})

async function prepare(world: World, accounts = [world.a, world.b]): Promise<void> {
  for (const account of accounts) await world.login(account)
  world.context({ Dockerfile: [`FROM ${bed.base}`, freshStep(), 'CMD ["printf", "hello"]'].join('\n') })
}
