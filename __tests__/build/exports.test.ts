import { asksEngine, type EngineFacts, type ExportSetting, isExported, planExports, readExports } from '../../src/build/exports.ts'

const read = (inputs: Record<string, string>) => readExports((name) => inputs[name] ?? '')
const engine = (facts: Partial<EngineFacts> = {}): EngineFacts => ({
  containerdStore: true,
  platform: 'linux/amd64',
  goVersion: 'go1.26.1',
  ...facts,
})
const plan = (inputs: Record<string, string>, setting: Partial<ExportSetting> = {}) =>
  planExports(read(inputs), {
    driver: 'docker',
    engine: engine(),
    platforms: [],
    attested: false,
    copied: false,
    byDigest: false,
    rewritesTimes: false,
    attributes: {},
    ...setting,
  })

const PUSHED = 'type=image,push=true,store=false,unpack=false'
const BOTH = ['linux/amd64', 'linux/arm64']
const CLASSIC = engine({ containerdStore: false })

describe('planExports', () => {
  test.each<[string, Record<string, string>, Partial<ExportSetting>, string[]]>([
    ['nothing', {}, {}, []],
    ['a push stays out of the engine', { push: 'true' }, {}, [PUSHED]],
    ['load', { load: 'true' }, {}, ['type=docker']],
    ['push and load in the engine are one', { push: 'true', load: 'true' }, {}, ['type=image,push=true']],
    ['push and load elsewhere are two', { push: 'true', load: 'true' }, { driver: 'docker-container' }, [PUSHED, 'type=docker']],
    ['several platforms into the containerd store', { load: 'true' }, { driver: 'docker-container', platforms: BOTH }, ['type=docker']],
    ['outputs as written', { outputs: 'type=local,dest=out\ntype=oci,dest=o.tar' }, {}, ['type=local,dest=out', 'type=oci,dest=o.tar']],
    ['a push of an output', { push: 'true', outputs: 'type=image,name=a:1' }, {}, ['type=image,name=a:1,push=true']],
    ['a push beside an output', { push: 'true', outputs: 'out' }, {}, ['type=local,dest=out', PUSHED]],
    ['an output that loads', { load: 'true', outputs: 'type=docker,name=a:1' }, {}, ['type=docker,name=a:1']],
    [
      'zstd',
      { push: 'true', compression: 'zstd', 'compression-level': '19' },
      {},
      [`${PUSHED},compression=zstd,oci-mediatypes=true,compression-level=19`],
    ],
    ['gzip', { push: 'true', compression: 'gzip' }, {}, [`${PUSHED},compression=gzip`]],
    ['estargz', { push: 'true', compression: 'estargz' }, {}, [`${PUSHED},compression=estargz,oci-mediatypes=true,force-compression=true`]],
    [
      'not for what is loaded or no image',
      { compression: 'zstd', outputs: 'type=docker\nout' },
      {},
      ['type=docker', 'type=local,dest=out'],
    ],
    [
      'attributes of attestations',
      { push: 'true', load: 'true' },
      { driver: 'remote', attributes: { 'oci-artifact': 'false' } },
      [`${PUSHED},oci-artifact=false`, 'type=docker'],
    ],
  ])('%s', (_name, inputs, setting, outputs) => {
    expect(plan(inputs, setting)).toEqual({ outputs, loadAfterwards: undefined, line: undefined })
  })

  test('several platforms and a classic store: the platform of the machine is loaded afterwards', () => {
    const line =
      "Load: linux/amd64 alone, since the engine's image store holds one platform of an image; the containerd image store holds all"
    const setting = { driver: 'docker-container', engine: CLASSIC, platforms: BOTH }
    const loadAfterwards = { platform: 'linux/amd64' }
    expect(plan({ load: 'true' }, setting)).toEqual({ outputs: ['type=cacheonly'], loadAfterwards, line })
    expect(plan({ load: 'true', push: 'true' }, setting)).toEqual({ outputs: [PUSHED], loadAfterwards, line })
  })

  test('attestations and a classic store: the image alone is loaded afterwards', () => {
    const planned = plan(
      { load: 'true', push: 'true' },
      { driver: 'docker-container', engine: CLASSIC, platforms: ['linux/amd64'], attested: true },
    )
    expect(planned).toEqual({ outputs: [PUSHED], loadAfterwards: { platform: 'linux/amd64' }, line: undefined })
  })

  test.each<[string, Record<string, string>, Partial<ExportSetting>, string[], { platform: undefined } | undefined]>([
    ['a push', { push: 'true' }, {}, [`${PUSHED},rewrite-timestamp=true`], undefined],
    ['an archive', { outputs: 'type=oci,dest=x.tar' }, {}, ['type=oci,dest=x.tar,rewrite-timestamp=true'], undefined],
    ['into the engine, which unpacks', { load: 'true' }, {}, ['type=docker'], undefined],
    ['into another engine', { load: 'true' }, { driver: 'docker-container' }, ['type=docker,rewrite-timestamp=true'], undefined],
    ['a push beside a load', { push: 'true', load: 'true' }, {}, [`${PUSHED},rewrite-timestamp=true`], { platform: undefined }],
    ['a folder', { outputs: 'out' }, {}, ['type=local,dest=out'], undefined],
  ])('times of the commit: %s', (_name, inputs, setting, outputs, loadAfterwards) => {
    expect(plan(inputs, { ...setting, rewritesTimes: true })).toEqual({ outputs, loadAfterwards, line: undefined })
  })

  test('without a name of its own', () => {
    const { outputs } = plan({ push: 'true' }, { copied: true, byDigest: true })
    expect(outputs).toEqual([`${PUSHED},push-by-digest=true,name-canonical=true`])
  })

  test('several registries: all names are given by a load afterwards', () => {
    expect(plan({ load: 'true', push: 'true' }, { copied: true })).toEqual({
      outputs: [PUSHED],
      loadAfterwards: { platform: undefined },
      line: undefined,
    })
  })

  test.each<[string, Record<string, string>, Partial<ExportSetting>, boolean]>([
    ['the engine itself', { compression: 'estargz' }, { engine: engine({ goVersion: 'go1.27.1' }) }, true],
    ['an output', { outputs: 'type=image,compression=estargz' }, { engine: engine({ goVersion: 'go1.28' }) }, true],
    ['an older compiler', { compression: 'estargz' }, { engine: engine({ goVersion: 'go1.26.9' }) }, false],
    ['another builder', { compression: 'estargz' }, { driver: 'docker-container', engine: engine({ goVersion: 'go1.27.1' }) }, false],
    ['another compression', { compression: 'zstd' }, { engine: engine({ goVersion: 'go1.27.1' }) }, false],
    ['nobody knows', { compression: 'estargz' }, { engine: undefined }, false],
  ])('estargz with %s', (_name, inputs, setting, refused) => {
    const attempt = () => plan(inputs, setting)
    if (refused) expect(attempt).toThrow(/^input compression: estargz crashes this engine, which was built with go1\.2[78]/)
    else expect(attempt).not.toThrow()
  })
})

test.each([
  [{ compression: 'brotli' }, 'input compression: "brotli" is not known; write gzip, zstd or estargz'],
  [{ compression: 'zstd', 'compression-level': '23' }, 'input compression-level: must be a number from 0 to 22 for zstd'],
  [{ 'compression-level': '10' }, 'input compression-level: must be a number from 0 to 9 for gzip'],
  [{ 'compression-level': '-1' }, 'input compression-level: must be a number from 0 to 9 for gzip'],
  [{ push: 'yes' }, 'input push: must be true or false'],
])('%j is an error', (inputs, message) => {
  expect(() => read(inputs as Record<string, string>)).toThrow(expect.objectContaining({ message }))
})

test.each([
  [{ push: 'true' }, true, false],
  [{ load: 'true' }, false, true],
  [{}, false, true],
  [{ outputs: 'type=docker' }, false, true],
  [{ outputs: 'type=oci,dest=x' }, true, false],
  [{ outputs: 'type=image' }, false, false],
  [{ outputs: 'out' }, false, false],
  [{ compression: 'estargz' }, false, true],
])('%j leaves the machine: %s, depends on the engine: %s', (inputs, exported, asks) => {
  const config = read(inputs as Record<string, string>)
  expect([isExported(config), asksEngine(config)]).toEqual([exported, asks])
})
