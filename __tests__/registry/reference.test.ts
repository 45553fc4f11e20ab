import fc from 'fast-check'
import {
  canonicalHost,
  formatReference,
  formatRepository,
  isTag,
  parseReference,
  parseRepository,
  type Reference,
} from '../../src/registry/reference.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('parseReference', () => {
  test.each<[string, Reference]>([
    ['alpine', { host: 'docker.io', path: 'library/alpine' }],
    ['alpine:3.20', { host: 'docker.io', path: 'library/alpine', tag: '3.20' }],
    ['me/app', { host: 'docker.io', path: 'me/app' }],
    ['me/team/app:1', { host: 'docker.io', path: 'me/team/app', tag: '1' }],
    ['docker.io/alpine', { host: 'docker.io', path: 'library/alpine' }],
    ['index.docker.io/me/app', { host: 'docker.io', path: 'me/app' }],
    ['registry-1.docker.io/me/app', { host: 'docker.io', path: 'me/app' }],
    ['ghcr.io/me/app:v1', { host: 'ghcr.io', path: 'me/app', tag: 'v1' }],
    ['GHCR.io/me/app', { host: 'ghcr.io', path: 'me/app' }],
    ['localhost/app', { host: 'localhost', path: 'app' }],
    ['localhost:5000/app:1', { host: 'localhost:5000', path: 'app', tag: '1' }],
    ['127.0.0.1:5000/a/b', { host: '127.0.0.1:5000', path: 'a/b' }],
    ['[::1]:5000/app:1', { host: '[::1]:5000', path: 'app', tag: '1' }],
    ['Registry/app', { host: 'Registry', path: 'app' }],
    ['registry:5000/app', { host: 'registry:5000', path: 'app' }],
    ['a__b/c---d/e.f_g', { host: 'docker.io', path: 'a__b/c---d/e.f_g' }],
    [`app@${DIGEST}`, { host: 'docker.io', path: 'library/app', digest: DIGEST }],
    [`ghcr.io/me/app:1@${DIGEST}`, { host: 'ghcr.io', path: 'me/app', tag: '1', digest: DIGEST }],
    [`app:${'t'.repeat(128)}`, { host: 'docker.io', path: 'library/app', tag: 't'.repeat(128) }],
    [
      'registry.cn-hangzhou.aliyuncs.com/yunxiao-demo/app1:flow-docker-build-cache',
      { host: 'registry.cn-hangzhou.aliyuncs.com', path: 'yunxiao-demo/app1', tag: 'flow-docker-build-cache' },
    ],
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference)
  })

  test.each([
    ['', '"" names no repository'],
    [':1', '":1" names no repository'],
    ['ghcr.io/', '"ghcr.io/" names no repository'],
    ['app:', '"app:" has an invalid tag; a tag has 1 to 128 letters'],
    ['app:-1', '"app:-1" has an invalid tag'],
    ['app:a b', '"app:a b" has an invalid tag'],
    [`app:${'t'.repeat(129)}`, 'has an invalid tag'],
    ['ghcr.io/Me/App:1', 'write it in lower case: "me/app"'],
    ['App', 'write it in lower case: "app"'],
    ['me//app', '"me//app" has an invalid repository name'],
    ['me/app/', '"me/app/" has an invalid repository name'],
    ['me/_app', 'has an invalid repository name'],
    ['me/a..b', 'has an invalid repository name'],
    ['me/a___b', 'has an invalid repository name'],
    ['an app', '"an app" has an invalid repository name'],
    ['häuser/app', 'has an invalid repository name'],
    ['-x.io/app', 'has an invalid registry host "-x.io"'],
    ['x.io:port/app', 'has an invalid registry host "x.io:port"'],
    ['https://ghcr.io/me/app', 'has an invalid registry host "https:"'],
    ['app@sha256:12', '"app@sha256:12" has an invalid digest; it has the form sha256:<64 hexadecimal digits>'],
    [`app@${DIGEST}@${DIGEST}`, 'has an invalid digest'],
    ['app@', '"app@" has an invalid digest'],
    [`ghcr.io/${'a'.repeat(256)}`, 'has a repository name of more than 255 characters'],
  ])('%s is refused', (text, message) => {
    expect(() => parseReference(text)).toThrow(message)
  })
})

describe('parseRepository', () => {
  test.each([
    ['app', 'docker.io', 'library/app'],
    ['registry.example.com:5000/team/app', 'registry.example.com:5000', 'team/app'],
  ])('%s', (text, host, path) => {
    expect(parseRepository(text)).toEqual({ host, path })
  })

  test.each(['app:1', 'ghcr.io/me/app:1', `ghcr.io/me/app@${DIGEST}`])('%s has more than a repository', (text) => {
    expect(() => parseRepository(text)).toThrow(new Error(`"${text}" has a tag or a digest; write the repository alone`))
  })
})

describe('formatReference', () => {
  test.each([
    'alpine',
    'alpine:3.20',
    'me/app:1',
    `alpine@${DIGEST}`,
    `ghcr.io/me/app:1@${DIGEST}`,
    'localhost:5000/app',
    'library/me/app',
    'docker.io/localhost/app',
    'docker.io/example.com/app:1',
    'Registry/app:1',
  ])('%s is written as it was', (text) => {
    expect(formatReference(parseReference(text))).toBe(text)
  })

  test.each([
    ['docker.io/library/alpine:1', 'alpine:1'],
    ['docker.io/me/app', 'me/app'],
    ['registry.hub.docker.com/me/app', 'me/app'],
    ['GHCR.IO/me/app', 'ghcr.io/me/app'],
  ])('%s is written %s', (text, short) => {
    expect(formatReference(parseReference(text))).toBe(short)
  })
})

test('a repository is written without its tag', () => {
  expect(formatRepository(parseReference('ghcr.io/me/app:1'))).toBe('ghcr.io/me/app')
  expect(formatRepository(parseReference('alpine:1'))).toBe('alpine')
})

test.each([
  ['docker.io', 'docker.io'],
  ['Index.Docker.io', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
  ['ghcr.io', 'ghcr.io'],
  ['LOCALHOST:5000', 'localhost:5000'],
  ['docker.io.evil.example', 'docker.io.evil.example'],
])('canonicalHost(%s)', (host, name) => {
  expect(canonicalHost(host)).toBe(name)
})

test.each([
  ['1.0', true],
  ['_x', true],
  ['V-1_2.3', true],
  ['', false],
  ['.x', false],
  ['-x', false],
  ['a/b', false],
  ['a b', false],
  ['a\n', false],
  ['x'.repeat(128), true],
  ['x'.repeat(129), false],
])('isTag(%j) is %j', (text, is) => {
  expect(isTag(text)).toBe(is)
})

describe('for any text', () => {
  test('parsing what was formatted gives the same reference', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,5}(?:[._-][a-z0-9]{1,3}){0,2}$/)
    const reference = fc.record(
      {
        host: fc.constantFrom('docker.io', 'ghcr.io', 'localhost', 'localhost:5000', '[::1]:5000', 'a.b'),
        path: fc
          .array(fc.oneof(part, fc.constantFrom('library', 'localhost')), { minLength: 1, maxLength: 4 })
          .map((parts) => parts.join('/')),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}$/),
        digest: fc.constant(DIGEST),
      },
      { requiredKeys: ['host', 'path'] },
    )
    fc.assert(
      fc.property(reference, ({ host, path, ...rest }) => {
        // On Docker Hub a path of one part stands for one under library/.
        const whole = { host, path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path, ...rest } as Reference
        expect(parseReference(formatReference(whole))).toEqual(whole)
      }),
    )
  })

  test('what is read at all can be read again, and errors show the text', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '1', '.', ':', '/', '@', '-', '_', '[', ']', ' ', 'ü', 'library/', 'localhost'),
    })
    fc.assert(
      fc.property(text, (any) => {
        let reference: Reference
        try {
          reference = parseReference(any)
        } catch (error) {
          expect((error as Error).constructor).toBe(Error)
          expect((error as Error).message).toMatch(/^".*" (?:has an? .+|names no repository)/s)
          return
        }
        expect(parseReference(formatReference(reference))).toEqual(reference)
      }),
      { numRuns: 500 },
    )
  })
})
