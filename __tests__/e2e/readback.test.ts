import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProxy } from '../../testbed/proxy.mjs'
import { bed, failed, passed, scenario, type World } from './bed.ts'
import { readManifest } from './remote.ts'

const BOTH = 'linux/amd64,linux/arm64'

describe('what was pushed is read back', () => {
  scenario('a platform that is missing in the registry fails the step', async (world) => {
    const image = await pushOne(world)
    const { digest } = await readManifest(`${image}:1`, world.b)
    // No registry loses a part of an index on its own; a buildx that pushed less than it was asked for looks the same.
    replaceBuild(world, { 'containerimage.digest': digest })

    const error = failed(await world.build({ images: image, tags: '1', platforms: BOTH, push: 'true' }))

    expect(error).toContain(`push: ${image}:1 is in the registry without linux/arm64`)
    expect(error).toContain('linux/amd64')
  })

  scenario('a registry whose index lost a platform fails the step, which names it', async (world) => {
    const proxy = await startProxy(world.b.host)
    world.onEnd(() => proxy.close())
    await world.login({ ...world.b, host: proxy.host })
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /' })
    const image = `${proxy.host}/${world.id}/app`
    const inputs = { images: image, tags: '1', platforms: BOTH, push: 'true', provenance: 'false' }
    passed(await world.build(inputs))
    const { body, mediaType } = await readManifest(`${image}:1`, world.b)
    const kept = (body.manifests ?? []).filter(({ platform }) => platform.architecture === 'amd64')
    expect(kept).toHaveLength(1)
    const less = JSON.stringify({ ...body, manifests: kept })
    // The push itself asks with HEAD alone: only who reads the tag or the index back gets the shortened one.
    proxy.setRules([
      { method: 'GET', path: '/manifests/', fault: { do: 'answer', status: 200, headers: { 'content-type': mediaType }, body: less } },
    ])

    const result = await world.build(inputs)

    expect(failed(result)).toContain(`push: ${image}:1`)
    expect(failed(result)).toContain('linux/arm64')
  })

  scenario('a push without a digest fails the step', async (world) => {
    const image = await pushOne(world)
    replaceBuild(world, {})

    const result = await world.build({ images: image, tags: '1', platforms: 'linux/amd64', push: 'true' })

    expect(failed(result)).toMatch(/^push: .*no digest/)
    expect(result.outputs.digest).toBe('')
  })

  scenario('a tag that is not there after the push fails the step', async (world) => {
    const proxy = await startProxy(world.b.host, [
      { method: 'GET', path: '/manifests/', fault: { do: 'answer', status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' } },
    ])
    world.onEnd(() => proxy.close())
    await world.login({ ...world.b, host: proxy.host })
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /' })
    const image = `${proxy.host}/${world.id}/app`

    const error = failed(await world.build({ images: image, tags: '1', platforms: 'linux/amd64', push: 'true' }))

    expect(error).toContain(`${image}`)
    expect(error).toMatch(/cannot be read back/)
  })
})

/** Pushes an image of one platform, and gives its repository. */
async function pushOne(world: World): Promise<string> {
  await world.login(world.b)
  world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /' })
  const image = world.repository()
  passed(await world.build({ images: image, tags: '1', platforms: 'linux/amd64', push: 'true' }))
  return image
}

/** Puts a buildx in front of the real one whose build does nothing but report success with these metadata. */
function replaceBuild(world: World, metadata: object): void {
  const folder = join(world.job.dockerConfig, 'cli-plugins')
  mkdirSync(folder, { recursive: true })
  const script = `#!${process.execPath}
const { spawnSync } = require('node:child_process')
const args = process.argv.slice(2)
if (args[0] === 'build') require('node:fs').writeFileSync(args[args.indexOf('--metadata-file') + 1], ${JSON.stringify(JSON.stringify(metadata))})
else process.exit(spawnSync(${JSON.stringify(bed.buildx.path)}, args, { stdio: 'inherit' }).status ?? 1)
`
  writeFileSync(join(folder, 'docker-buildx'), script, { mode: 0o700 })
}
