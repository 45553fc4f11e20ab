import { type FaultProxy, places, type Rule } from '../../testbed/proxy.mjs'
import { World } from './bed.ts'
import { emptyBuilder, faultyRegistry, type TimedResult, timedBuild, writeApp } from './cache-world.ts'
import { readManifest } from './remote.ts'

type Fault = Rule['fault']
type Place = keyof typeof places

const answer = (status: number, headers: Record<string, string> = {}): Fault => ({ do: 'answer', status, headers })

/** BuildKit itself tries for seven seconds to write; with cache-timeout, a stall takes three. */
const BOUND = 20

describe('a registry with faults on the requests of the cache alone: the build is good, with one warning', () => {
  let world: World
  let proxy: FaultProxy
  let ref: string

  beforeAll(async () => {
    world = new World()
    await world.login(world.a)
    await world.login(world.b)
    proxy = await faultyRegistry(world)
    ref = `${proxy.host}/${world.id}/cache:c`
    writeApp(world)
    await timedBuild(world, { cache: 'registry', 'cache-ref': ref })
  }, 60_000)
  afterAll(async () => world.remove())
  beforeEach(() => writeApp(world))
  afterEach(() => {
    proxy.setRules([])
    proxy.hangUp()
  })

  /** Builds with a fault, which must be met, and holds what was pushed against what is said. */
  async function build(rule: Rule, inputs: Record<string, string> = {}): Promise<TimedResult> {
    proxy.setRules([rule])
    const built = await timedBuild(world, { cache: 'registry', 'cache-ref': ref, 'cache-timeout': '3', ...inputs })
    expect(proxy.seen.filter(({ fault }) => fault !== 'pass').length).toBeGreaterThan(0)
    expect((await readManifest(`${world.repository()}:1`, world.b)).digest).toBe(built.result.outputs.digest)
    expect(built.seconds).toBeLessThan(BOUND)
    return built
  }

  test.each<[Place, string, Fault]>([
    ['upload POST', '500', answer(500)],
    ['manifest PUT', '429', answer(429, { 'retry-after': '1' })],
    ['upload PUT', '413', answer(413)],
    ['upload POST', '401', answer(401)],
    ['manifest PUT', '403', answer(403)],
    ['upload PUT', 'a cut', { do: 'cut', at: 'within' }],
    ['manifest PUT', 'a reset', { do: 'reset', at: 'before' }],
    ['upload PUT', 'a stall', { do: 'stall', at: 'within' }],
    ['manifest PUT', 'a stall', { do: 'stall', at: 'before' }],
  ])(
    'when it is written: %s meets %s',
    async (place, _, fault) => {
      const { warnings } = await build({ ...places[place], fault })
      expect(warnings).toEqual([
        expect.stringMatching(new RegExp(`^Cache ${ref}: it was not written \\(.+\\)\\. The build does not depend on it$`)),
      ])
    },
    BOUND * 1000,
  )

  test.each<[string, Place, Fault, string]>([
    ['500', 'manifest HEAD', answer(500), 'is not read this time'],
    ['429', 'manifest GET', answer(429), 'is not read this time'],
    ['413', 'blob GET', answer(413), 'is not read this time'],
    ['a cut', 'manifest GET', { do: 'cut', at: 'within' }, 'is not read this time'],
    ['a stall', 'manifest HEAD', { do: 'stall', at: 'before' }, 'is neither read nor written this time'],
    ['a stall', 'blob GET', { do: 'stall', at: 'before' }, 'is neither read nor written this time'],
    // Some registries answer so for a repository that does not exist yet: the export tells, and here it succeeds.
    ['401', 'manifest GET', answer(401), ''],
  ])(
    'when it is looked for: %s at %s',
    async (_, place, fault, told) => {
      const { warnings, result } = await build({ ...places[place], fault })
      expect(result.stdout).not.toContain('importing cache manifest')
      expect(warnings).toEqual(told === '' ? [] : [expect.stringContaining(told)])
      if (fault.do === 'stall') expect(proxy.seen.filter(({ method }) => method === 'POST' || method === 'PUT')).toEqual([])
    },
    BOUND * 1000,
  )

  // BuildKit takes a step for cached before it has the step's layer.
  test.each<[string, Fault]>([
    ['404', answer(404)],
    ['500', answer(500)],
    ['a cut', { do: 'cut', at: 'within' }],
    ['a stall', { do: 'stall', at: 'within' }],
  ])(
    'when a layer of it is fetched: %s',
    async (_, fault) => {
      await emptyBuilder(world)
      // The configuration is read twice, by us and by BuildKit; what comes after it are layers.
      const { warnings, cached } = await build({ ...places['blob GET'], from: 3, fault })
      expect(warnings).toEqual([expect.stringMatching(new RegExp(`^Cache ${ref}: it was not read \\(.+\\)\\. The build`))])
      expect(cached).toBe('0/4')
    },
    BOUND * 2000,
  )
})
