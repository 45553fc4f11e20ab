import { setTimeout as sleep } from 'node:timers/promises'
import { bed, failed, passed, scenario, type World } from './bed.ts'
import { COMMITTED, commitAll } from './gitserver.ts'
import { readConfig, readManifest } from './remote.ts'

const PLATFORMS = 'linux/amd64,linux/arm64'

describe('reproducible', () => {
  scenario('the same commit, built anew, has the same digest', async (world) => {
    const image = await prepare(world)
    const inputs = { tags: `${image}:1`, push: 'true', platforms: PLATFORMS, reproducible: 'true', 'no-cache': 'true' }
    const first = passed(await world.build(inputs))
    await sleep(1100)
    const second = passed(await world.build(inputs))
    expect(second.outputs['cached-steps']).toBe('0')
    expect(second.outputs.digest).toBe(first.outputs.digest)
    const [platform = ''] = Object.values(JSON.parse(first.outputs.platforms ?? '') as Record<string, string>)
    expect((await readConfig(`${image}@${platform}`, world.b)) as { created?: string }).toMatchObject({
      created: new Date(COMMITTED * 1000).toISOString().replace('.000', ''),
    })

    // The same without: a digest tells when it was made.
    const plain = { ...inputs, reproducible: 'false', provenance: 'false' }
    const [third, fourth] = [passed(await world.build(plain)), passed(await sleep(1100).then(() => world.build(plain)))]
    expect(third.outputs.digest).not.toBe(fourth.outputs.digest)
  })

  scenario('load beside push, and a time of the job', async (world) => {
    const image = await prepare(world)
    const inputs = { tags: `${image}:1`, push: 'true', load: 'true', reproducible: 'true' }
    const { outputs } = passed(await world.build(inputs, { env: { SOURCE_DATE_EPOCH: '1000000000' } }))
    expect((await readManifest(`${image}:1`, world.b)).digest).toBe(outputs.digest)
    expect((await readConfig(`${image}:1`, world.b)) as { created?: string }).toMatchObject({ created: '2001-09-09T01:46:40Z' })
    expect(await world.docker('run', '--rm', '--pull', 'never', `${image}:1`, 'cat', '/made')).toBe('made\n')
  })

  scenario('is refused where nobody knows when the commit was made', async (world) => {
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    expect(failed(await world.build({ reproducible: 'true' }))).toBe(
      "input reproducible: the commit's time is not known; check the repository out before this step, or set the environment variable SOURCE_DATE_EPOCH",
    )
  })
})

async function prepare(world: World): Promise<string> {
  await world.login(world.a)
  await world.login(world.b)
  world.context({ Dockerfile: `FROM ${bed.base}\nCOPY file /\nRUN echo made > /made\n`, file: world.id })
  commitAll(world.job.workspace)
  return world.repository()
}
