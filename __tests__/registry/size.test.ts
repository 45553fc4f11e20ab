import type { Manifest } from '../../src/registry/client.ts'
import { readSizes } from '../../src/registry/size.ts'

const digest = (digit: string) => `sha256:${digit.repeat(64)}`
const manifest = (own: string, body: unknown): Manifest => ({
  digest: own,
  mediaType: '',
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const image = { config: { size: 100 }, layers: [{ size: 2000 }, { size: 30 }] }

/** A registry that holds some manifests, and notes what it is asked for. */
function registry(held: Readonly<Record<string, unknown>>) {
  const asked: string[] = []
  return {
    asked,
    manifest: (reference: string): Promise<Manifest | undefined> => {
      asked.push(reference)
      const body = held[reference]
      if (body instanceof Error) return Promise.reject(body)
      return Promise.resolve(body === undefined ? undefined : manifest(reference, body))
    },
  }
}

test('of an index: layers and configuration of each platform, one request for each', async () => {
  const client = registry({ [digest('1')]: image, [digest('2')]: { config: { size: 1 }, layers: [] } })
  const platforms = new Map([
    ['linux/amd64', digest('1')],
    ['linux/arm64', digest('2')],
  ])
  const sizes = await readSizes({ digest: digest('0'), platforms }, manifest(digest('0'), { manifests: [] }), client)
  expect([...sizes]).toEqual([
    ['linux/amd64', 2130],
    ['linux/arm64', 1],
  ])
  expect(client.asked).toEqual([digest('1'), digest('2')])
})

test('of an image without an index: no request', async () => {
  const client = registry({})
  const sizes = await readSizes(
    { digest: digest('1'), platforms: new Map([['linux/amd64', digest('1')]]) },
    manifest(digest('1'), image),
    client,
  )
  expect([...sizes]).toEqual([['linux/amd64', 2130]])
  expect(client.asked).toEqual([])
})

test('a platform that the registry does not tell of is left out', async () => {
  const held = {
    [digest('1')]: image,
    [digest('2')]: new Error('503'),
    [digest('4')]: 'no JSON',
    [digest('5')]: { config: { size: 'big' } },
    [digest('6')]: {},
  }
  const platforms = new Map(Array.from({ length: 6 }, (_, at) => [`linux/${at + 1}`, digest(String(at + 1))]))
  const sizes = await readSizes({ digest: digest('0'), platforms }, manifest(digest('0'), {}), registry(held))
  expect([...sizes]).toEqual([['linux/1', 2130]])
})

test('an index of very many platforms does not become very many requests', async () => {
  const client = registry({})
  const platforms = new Map(Array.from({ length: 1000 }, (_, at) => [`linux/${at}`, digest('1')]))
  await readSizes({ digest: digest('0'), platforms }, manifest(digest('0'), {}), client)
  expect(client.asked).toHaveLength(32)
})
