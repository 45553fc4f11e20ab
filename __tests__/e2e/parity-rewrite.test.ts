import { startProxy } from '../../testbed/proxy.mjs'
import { bed, failed, freshStep, passed, scenario } from './bed.ts'
import { readManifest } from './remote.ts'

/** A registry that nobody can reach, as its public name is where only another one leads to it. */
const PUBLIC = 'registry.manifold.invalid'

describe('rewrite', () => {
  scenario('takes base images from the new endpoint, with its credentials', async (world) => {
    await world.login(world.a)
    const path = bed.base.slice(world.a.host.length)
    world.context({
      Dockerfile: `FROM ${PUBLIC}${path} AS base\n${freshStep()}\nFROM scratch\nCOPY --from=${PUBLIC}${path} /bin/busybox /\nCOPY --from=base /fresh /\n`,
    })
    const inputs = { outputs: 'out' }
    expect(failed(await world.build(inputs))).toContain(PUBLIC)
    const { stdout } = passed(await world.build({ ...inputs, rewrite: `${PUBLIC}=${world.a.host}` }))
    expect(stdout).toContain(`FROM ${bed.base}`)
  })

  scenario('the longer endpoint wins', async (world) => {
    await world.login(world.a)
    const [, name = ''] = bed.base.split('/base/')
    world.context({ Dockerfile: `FROM ${PUBLIC}/hub/library/${name}\n${freshStep()}\n` })
    passed(await world.build({ rewrite: `${PUBLIC}=${PUBLIC.replace('registry', 'other')}\n${PUBLIC}/hub/library=${world.a.host}/base` }))
  })

  // Two names of one registry, as a public and a VPC address are.
  scenario('leaves targets alone: either name of the registry works', async (world) => {
    const inside = await startProxy(world.a.host)
    world.onEnd(() => inside.close())
    const account = { ...world.a, host: inside.host }
    await world.login(world.a)
    await world.login(account)
    world.context({ Dockerfile: `FROM ${bed.base}\n${freshStep()}\n` })
    const rewrite = `${world.a.host}=${inside.host}`
    for (const [tag, target] of Object.entries({ outside: world.a, inside: account })) {
      inside.setRules([])
      const image = world.repository(target)
      const { outputs, stdout } = passed(await world.build({ tags: `${image}:${tag}`, push: 'true', pull: 'true', rewrite }))
      expect(stdout).toContain(`FROM ${inside.host}${bed.base.slice(world.a.host.length)}`)
      expect(outputs.tags).toBe(`${image}:${tag}`)
      expect((await readManifest(`${world.repository(world.a)}:${tag}`, world.a)).digest).toBe(outputs.digest)
      const puts = inside.seen.filter(({ method }) => method === 'PUT')
      expect(puts.length > 0).toBe(target === account)
    }
  })

  scenario('is refused beside a policy of the job', async (world) => {
    world.context({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const result = await world.build({ rewrite: 'a.io=b.io' }, { env: { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: '/tmp/policy.json' } })
    expect(failed(result)).toBe(
      'input rewrite: cannot be used beside the environment variable EXPERIMENTAL_BUILDKIT_SOURCE_POLICY; put its rules into one of the two',
    )
  })
})
