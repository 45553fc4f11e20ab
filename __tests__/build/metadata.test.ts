import { parseMetadata } from '../../src/build/metadata.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const CONFIG = `sha256:${'c'.repeat(64)}`

describe('parseMetadata', () => {
  test.each<[string, object | null, object]>([
    ['an index', { 'containerimage.digest': DIGEST }, { digest: DIGEST, imageId: DIGEST }],
    ['an image', { 'containerimage.digest': DIGEST, 'containerimage.config.digest': CONFIG }, { digest: DIGEST, imageId: CONFIG }],
    ['nothing exported', { 'buildx.build.ref': 'default/default/x' }, { digest: undefined, imageId: undefined }],
    ['no metadata at all', null, { digest: undefined, imageId: undefined }],
  ])('%s', (_name, fields, expected) => {
    const text = JSON.stringify(fields, null, 2)
    expect(parseMetadata(text, 'x')).toEqual({ ...expected, text: fields === null ? undefined : text })
  })

  test('the longest fields are left out until a variable of the environment can hold the rest', () => {
    const fields = {
      'containerimage.digest': DIGEST,
      'buildx.build.provenance': 'p'.repeat(200_000),
      'buildx.build.warnings': ['ü'.repeat(20_000)],
      short: 's'.repeat(1000),
    }
    const { digest, text = '' } = parseMetadata(JSON.stringify(fields), 'x')
    expect(digest).toBe(DIGEST)
    expect(JSON.parse(text)).toEqual({ 'containerimage.digest': DIGEST, short: fields.short })
  })

  test('no JSON', () => {
    expect(() => parseMetadata('{', '/tmp/metadata.json')).toThrow(
      expect.objectContaining({ message: 'build: buildx wrote no JSON to /tmp/metadata.json; run the command above by hand' }),
    )
  })
})
