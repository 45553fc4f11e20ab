import { readImage } from '../../src/registry/image.ts'

const digest = (character: string) => `sha256:${character.repeat(64)}`
const DIGEST = digest('0')
const manifest = (body: unknown) => ({ digest: DIGEST, mediaType: 'application/vnd.oci.image.index.v1+json', body: JSON.stringify(body) })
const noConfig = () => Promise.reject(new Error('the configuration was asked for'))

describe('an index', () => {
  test('gives the digest of each platform, and leaves attestations out', async () => {
    const image = await readImage(
      manifest({
        schemaVersion: 2,
        manifests: [
          { digest: digest('a'), platform: { os: 'linux', architecture: 'amd64' } },
          { digest: digest('b'), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
          { digest: digest('c'), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
          { digest: digest('e'), platform: { os: 'unknown', architecture: 'unknown' } },
          { digest: digest('f') },
        ],
      }),
      noConfig,
    )
    expect(image.digest).toBe(DIGEST)
    expect(Object.fromEntries(image.platforms)).toEqual({
      'linux/amd64': digest('a'),
      'linux/arm64': digest('b'),
      'linux/arm/v7': digest('c'),
    })
  })

  test.each<[string, object, string]>([
    ['a platform we cannot build', { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1' }, 'windows/amd64'],
    ['an architecture we do not know', { os: 'linux', architecture: 'z80', variant: 'x' }, 'linux/z80/x'],
    ['an arm without a variant', { os: 'linux', architecture: 'arm' }, 'linux/arm/v7'],
    ['an empty variant', { os: 'linux', architecture: 'riscv64', variant: '' }, 'linux/riscv64'],
  ])('names %s', async (_, platform, name) => {
    const { platforms } = await readImage(manifest({ manifests: [{ digest: digest('a'), platform }] }), noConfig)
    expect([...platforms]).toEqual([[name, digest('a')]])
  })

  test('of nothing', async () => {
    expect((await readImage(manifest({ manifests: [] }), noConfig)).platforms.size).toBe(0)
  })
})

describe('an image', () => {
  const body = { schemaVersion: 2, config: { digest: digest('c') }, layers: [] }

  test('has the platform of its configuration, and its own digest', async () => {
    const asked: string[] = []
    const image = await readImage(manifest(body), (name) => {
      asked.push(name)
      return Promise.resolve(JSON.stringify({ os: 'linux', architecture: 'arm', variant: 'v6' }))
    })
    expect(asked).toEqual([digest('c')])
    expect([...image.platforms]).toEqual([['linux/arm/v6', DIGEST]])
  })

  test('without a platform has none', async () => {
    expect((await readImage(manifest(body), () => Promise.resolve('{}'))).platforms.size).toBe(0)
  })

  test('whose configuration cannot be read is an error', async () => {
    await expect(readImage(manifest(body), noConfig)).rejects.toThrow('the configuration was asked for')
  })
})

test('anything else is an error', async () => {
  await expect(readImage(manifest({ fsLayers: [] }), noConfig)).rejects.toThrow(
    new Error(`${DIGEST} is neither an image index nor an image manifest`),
  )
})
