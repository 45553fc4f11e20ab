import { offset, requests } from '../../testbed/requests.mjs'
import { bed, failed, freshStep, scenario, type World } from './bed.ts'
import { stable } from './commands.ts'
import { readManifest } from './remote.ts'

describe('base and target belong to different accounts', () => {
  scenario('the login to the base alone fails at the push', async (world) => {
    await world.login(world.a)
    const { error, pushed } = await build(world)
    expect(error).toBe(
      'build: step "exporting to image" failed: failed to push <registry B>/<id>/app:1: ' +
        'unexpected status from HEAD request to http://<registry B>/v2/<id>/app/blobs/<digest>: 401 Unauthorized; ' +
        'sign in to that registry with the login action before this step, with an account that may do this',
    )
    expect(pushed).toEqual([])
  })

  scenario('the login to the target alone fails at FROM', async (world) => {
    await world.login(world.b)
    const { error, pushed } = await build(world)
    expect(error).toBe(
      'build: step "[<platform> internal] load metadata for <registry A>/base/busybox:1.0" failed (Dockerfile:1): ' +
        'unexpected status from HEAD request to http://<registry A>/v2/base/busybox/manifests/1.0: 401 Unauthorized; ' +
        'sign in to that registry with the login action before this step, with an account that may do this',
    )
    expect(pushed).toEqual([])
  })

  scenario('no login at all fails at FROM', async (world) => {
    const { error, pushed } = await build(world)
    expect(error).toContain('<registry A>/base/busybox:1.0')
    expect(pushed).toEqual([])
  })
})

async function build(world: World): Promise<{ error: string; pushed: unknown[] }> {
  world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
  const image = world.repository(world.b)
  const start = offset(world.b.log)
  const result = await world.build({ images: image, tags: '1', platforms: 'linux/amd64,linux/arm64', push: 'true', cache: 'registry' })
  const error = failed(result)
  expect(result.outputs).toMatchObject({ digest: '', image: '', platforms: '{}' })
  expect((await readManifest(`${image}:1`, world.b)).status).toBe(404)
  const pushed = requests(world.b.log, start).filter(({ path, method, status }) => {
    return path.includes(world.id) && method !== 'GET' && method !== 'HEAD' && status < 400
  })
  // Both platforms ask for the base at once; either can be the first to fail.
  return { error: stable(error, world).replace(/linux\/(?:amd64|arm64)/, '<platform>'), pushed }
}
