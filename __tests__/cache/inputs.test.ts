import fc from 'fast-check'
import { readCacheInputs } from '../../src/cache/inputs.ts'
import { branchTag, scopeName } from '../../src/cache/scope.ts'
import { isTag, parseReference, parseRepository } from '../../src/registry/reference.ts'

const SUBJECT = { images: [parseRepository('b.io/app')], references: [parseReference('b.io/app:1')], target: '', platforms: [] }
const read = (inputs: Record<string, string>, subject = SUBJECT) => readCacheInputs((name) => inputs[name] ?? '', subject)

test('by default there is none, and what is not said has a meaning', () => {
  expect(read({})).toEqual({ store: { kind: 'none' }, write: 'auto', mounts: false, mountsImage: '', patience: 600, from: [], to: [] })
})

test.each<[string, Record<string, string>, RegExp]>([
  [
    'a kind that is unknown',
    { cache: 's3' },
    /^input cache: "s3" is not known; write none, registry, local, gha, inline, or leave it empty$/,
  ],
  ['a place for another kind', { cache: 'local', 'cache-ref': 'b.io/x' }, /^input cache-ref: is only used with a registry cache/],
  ['a folder for another kind', { cache: 'registry', 'cache-dir': '/x' }, /^input cache-dir: is only used with a local cache/],
  ['branches elsewhere', { cache: 'gha', 'cache-branches': 'true' }, /^input cache-branches: is only used with a registry cache/],
  ['a mode', { cache: 'registry', 'cache-mode': 'most' }, /^input cache-mode: "most" is not known; write max, min/],
  ['when to write', { 'cache-write': 'yes' }, /^input cache-write: "yes" is not known; write auto, always, never/],
  ['a compression', { cache: 'registry', 'cache-compression': 'lz4' }, /^input cache-compression: "lz4" is not known; write gzip, zstd/],
  ['no time', { 'cache-timeout': '0' }, /^input cache-timeout: "0" is no number of seconds/],
  ['a time with a unit', { 'cache-timeout': '5m' }, /^input cache-timeout: "5m" is no number of seconds/],
  ['mounts without a place', { 'cache-mounts': 'true' }, /^input cache-mounts: their contents need a place/],
  ['mounts in the image', { cache: 'inline', 'cache-mounts': 'true' }, /^input cache-mounts: their contents need a place/],
  ['a digest', { cache: 'registry', 'cache-ref': `b.io/x@sha256:${'0'.repeat(64)}` }, /^input cache-ref: has a digest/],
  [
    'the name of the image',
    { cache: 'registry', 'cache-ref': 'b.io/app:1' },
    /^input cache-ref: "b.io\/app:1" is also the name of the image/,
  ],
])('%s is an error that names the input', (_, inputs, message) => expect(() => read(inputs)).toThrow(message))

test('without a name for the image, a registry cache needs one of its own', () => {
  const nameless = { images: [], references: [], target: '', platforms: [] }
  expect(() => read({ cache: 'registry' }, nameless)).toThrow('input cache: registry needs a place')
  expect(() => read({ cache: 'inline' }, nameless)).toThrow('input cache: inline keeps the cache in the image')
  expect(read({ cache: 'registry', 'cache-ref': 'b.io/x' }, nameless).store).toMatchObject({
    reference: { path: 'x', tag: 'flow-docker-build-cache' },
  })
})

describe('names', () => {
  test('a scope tells image, target and platforms apart, and takes the order of platforms as nothing', () => {
    const name = (target: string, platforms: string[], image = 'b.io/app') =>
      scopeName({ ...SUBJECT, images: [parseRepository(image)], target, platforms })
    expect(name('', ['linux/amd64', 'linux/arm64'])).toBe(name('', ['linux/arm64', 'linux/amd64']))
    expect(
      new Set([name('', []), name('x', []), name('', ['linux/amd64']), name('', [], 'b.io/other'), name('', [], 'c.io/app')]).size,
    ).toBe(5)
  })

  test('any branch gives a tag that registries take', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (branch) => isTag(branchTag('cache', branch))))
    fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 400 }), (branch) => isTag(branchTag('c'.repeat(128), branch))))
  })
})
