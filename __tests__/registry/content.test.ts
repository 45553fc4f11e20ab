import { createHash } from 'node:crypto'
import { contentOf } from '../../src/registry/content.ts'

/** A registry's store of one repository: bodies by digest. */
class Store {
  readonly bodies = new Map<string, string>()

  put(value: object): string {
    const body = JSON.stringify(value)
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
    this.bodies.set(digest, body)
    return digest
  }

  image(configuration: object): string {
    return this.put({ config: { digest: this.put(configuration) }, layers: [] })
  }

  content(digest: string): Promise<string> {
    const manifest = (name: string) => ({ digest: name, mediaType: '', body: this.bodies.get(name) ?? '' })
    return contentOf(manifest(digest), {
      manifest: async (name) => manifest(name),
      blob: async (name) => this.bodies.get(name) ?? '',
    })
  }
}

const base = {
  architecture: 'amd64',
  os: 'linux',
  created: '2026-01-01T00:00:00Z',
  config: { Env: ['A=1'], Cmd: ['x'], Labels: { a: '1', 'org.opencontainers.image.created': '2026-01-01' } },
  rootfs: { type: 'layers', diff_ids: ['sha256:1', 'sha256:2'] },
  history: [{ created: '2026-01-01T00:00:00Z' }],
}

describe('contentOf', () => {
  test.each<[string, object, boolean]>([
    ['itself', {}, true],
    ['another time', { created: '2026-02-02T00:00:00Z', history: [{ created: '2026-02-02T00:00:00Z' }] }, true],
    ['another commit', { config: { ...base.config, Labels: { 'org.opencontainers.image.revision': 'abc', a: '1' } } }, true],
    ['another order', { config: { Labels: { a: '1' }, Cmd: ['x'], Env: ['A=1'] } }, true],
    ['amd64 written out', { variant: 'v1' }, true],
    ['another layer', { rootfs: { diff_ids: ['sha256:1', 'sha256:3'] } }, false],
    ['another command', { config: { ...base.config, Cmd: ['y'] } }, false],
    ['another label', { config: { ...base.config, Labels: { a: '2' } } }, false],
    ['another platform', { architecture: 'arm64' }, false],
  ])('%s', async (_name, change, same) => {
    const store = new Store()
    const [one, other] = [await store.content(store.image(base)), await store.content(store.image({ ...base, ...change }))]
    expect(other === one).toBe(same)
  })

  test('an index by its platforms, in any order, without attestations', async () => {
    const store = new Store()
    const entry = (configuration: object) => ({ digest: store.image(configuration), platform: { os: 'linux', architecture: 'amd64' } })
    const arm = { ...base, architecture: 'arm64', variant: 'v8' }
    const attestation = { digest: store.image({ os: 'unknown' }), platform: { os: 'unknown', architecture: 'unknown' } }
    const one = await store.content(store.put({ manifests: [entry(base), entry(arm)] }))
    expect(await store.content(store.put({ manifests: [entry({ ...arm, created: '2026-03-03' }), entry(base), attestation] }))).toBe(one)
    expect(await store.content(store.put({ manifests: [entry(base)] }))).not.toBe(one)
    expect(await store.content(store.image(base))).toBe(await store.content(store.put({ manifests: [entry(base)] })))
  })

  test.each([{ blobs: [] }, { manifests: [] }])('%j is no image', async (value) => {
    const store = new Store()
    await expect(store.content(store.put(value))).rejects.toThrow('is neither an image index nor an image manifest')
  })
})
