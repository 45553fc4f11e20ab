import type { CacheEvent, CacheFacts } from '../../src/cache/facts.ts'
import { type CacheConfig, readCacheInputs } from '../../src/cache/inputs.ts'
import { type CachePlan, planCache } from '../../src/cache/policy.ts'
import type { Look } from '../../src/cache/registry.ts'
import { parseReference } from '../../src/registry/reference.ts'

const IMAGE = 'registry.example.com:5000/team/app'
const REF = `${IMAGE}:flow-docker-build-cache`
const OPTIONS = 'image-manifest=true,oci-mediatypes=true,ignore-error=true'
const MAIN: CacheEvent = { fork: false, branch: 'main', defaultBranch: 'main' }

function config(inputs: Record<string, string>): CacheConfig {
  const reference = parseReference(`${IMAGE}:1`)
  return readCacheInputs((name) => inputs[name] ?? '', { images: [reference], references: [reference], target: '', platforms: [] })
}

function plan(inputs: Record<string, string>, found: Partial<CacheFacts> = {}, build = { noCache: false, exports: true }): CachePlan {
  const facts = { event: MAIN, looks: new Map(), signedIn: true, folder: undefined, runner: undefined, ...found }
  return planCache(config(inputs), facts, build)
}

function looks(entries: Record<string, Look>): Partial<CacheFacts> {
  return { looks: new Map(Object.entries(entries)) }
}

test('none: nothing is said and done', () => {
  expect(plan({})).toEqual({ from: [], to: [], line: undefined, name: '', fault: undefined, write: false })
})

test('the storage of the builder: nothing is exported', () => {
  const { from, to, line, write } = plan({ cache: 'local' })
  expect({ from, to, write }).toEqual({ from: [], to: [], write: true })
  expect(line).toBe("Cache: kept in the builder's own storage; nothing is exported")
})

describe('in a registry', () => {
  const registry = { cache: 'registry' }
  const flags = { from: [`type=registry,ref=${REF}`], to: [`type=registry,ref=${REF},mode=max,${OPTIONS}`] }

  test.each<[string, Record<string, string>, Partial<CacheFacts>, Partial<CachePlan>]>([
    ['one that is there', {}, looks({ [REF]: { state: 'present' } }), { ...flags, line: `Cache: read from and written to ${REF}` }],
    [
      'one that is not there yet',
      {},
      looks({ [REF]: { state: 'absent' } }),
      { from: [], to: flags.to, line: `Cache: ${REF} does not exist yet; it is written after this build` },
    ],
    [
      'one that nobody may read, or that is not there',
      {},
      looks({ [REF]: { state: 'refused', reason: 'the registry answered with status 403' } }),
      {
        from: [],
        to: flags.to,
        line: `Cache: nothing is read, since ${REF} is not there yet, or may not be read; written to ${REF}`,
        fault: undefined,
      },
    ],
    [
      'a registry with a fault',
      {},
      looks({ [REF]: { state: 'faulty', reason: 'the registry answered with status 500' } }),
      {
        from: [],
        to: flags.to,
        line: `Cache: nothing is read, since the registry answered with status 500; written to ${REF}`,
        fault: 'the registry answered with status 500, so it is not read this time',
      },
    ],
    [
      'a registry that says nothing',
      {},
      looks({ [REF]: { state: 'silent', reason: 'the registry does not answer' } }),
      {
        from: [],
        to: [],
        line: 'Cache: nothing is read, since the registry does not answer; nothing is written, since the registry does not answer',
        fault: 'the registry does not answer, so it is neither read nor written this time',
      },
    ],
    [
      'a pull request from a fork',
      {},
      { ...looks({ [REF]: { state: 'present' } }), event: { ...MAIN, fork: true } },
      {
        from: flags.from,
        to: [],
        line: `Cache: read from ${REF}; nothing is written, since this is a pull request from a fork`,
        write: false,
      },
    ],
    [
      'nobody has signed in',
      {},
      { ...looks({ [REF]: { state: 'present' } }), signedIn: false },
      {
        from: flags.from,
        to: [],
        line: `Cache: read from ${REF}; nothing is written, since nobody has signed in to registry.example.com:5000`,
        write: false,
      },
    ],
    [
      'cache-write: never',
      { 'cache-write': 'never' },
      looks({ [REF]: { state: 'present' } }),
      { from: flags.from, to: [], line: `Cache: read from ${REF}; nothing is written, since cache-write says never` },
    ],
    [
      'cache-write: always, for a fork and without a credential',
      { 'cache-write': 'always' },
      { ...looks({ [REF]: { state: 'present' } }), signedIn: false, event: { ...MAIN, fork: true } },
      { ...flags, write: true },
    ],
    [
      'min, zstd, at a place of its own',
      { 'cache-ref': 'vpc.example.com/mirrors/jdk:app-cache', 'cache-mode': 'min', 'cache-compression': 'zstd' },
      looks({ 'vpc.example.com/mirrors/jdk:app-cache': { state: 'present' } }),
      {
        from: ['type=registry,ref=vpc.example.com/mirrors/jdk:app-cache'],
        to: [`type=registry,ref=vpc.example.com/mirrors/jdk:app-cache,mode=min,${OPTIONS},compression=zstd,force-compression=true`],
      },
    ],
  ])('%s', (_, inputs, found, expected) => {
    expect(plan({ ...registry, ...inputs }, found)).toMatchObject(expected)
  })

  test('a branch writes its own besides, and reads its own, the default branch and the common one', () => {
    const event = { fork: false, branch: 'feature/Login #2', defaultBranch: 'main' }
    const own = `${REF}-feature-login-2`
    const found = looks({ [own]: { state: 'absent' }, [`${REF}-main`]: { state: 'present' }, [REF]: { state: 'present' } })
    const { from, to, line } = plan({ ...registry, 'cache-branches': 'true' }, { ...found, event })
    expect(from).toEqual([`type=registry,ref=${REF}-main`, `type=registry,ref=${REF}`])
    expect(to).toEqual([REF, own].map((ref) => `type=registry,ref=${ref},mode=max,${OPTIONS}`))
    expect(line).toBe(`Cache: read from ${REF}-main, ${REF}; written to ${REF}, ${own}`)
  })

  test('a tag for a branch stays within what registries take', () => {
    const event = { fork: false, branch: 'x'.repeat(200), defaultBranch: undefined }
    const { to } = plan({ ...registry, 'cache-branches': 'true' }, { event })
    const [, tag = ''] = /:(flow-docker-build-cache-x[^,]*),/.exec(to[1] ?? '') ?? []
    expect(tag).toMatch(/^flow-docker-build-cache-x+-[0-9a-f]{8}$/)
    expect(tag).toHaveLength(128)
  })

  test('no-cache reads nothing, and writes', () => {
    const { from, to, line } = plan(registry, looks({ [REF]: { state: 'present' } }), { noCache: true, exports: true })
    expect({ from, to }).toEqual({ from: [], to: flags.to })
    expect(line).toBe(`Cache: nothing is read, since no-cache asks so; written to ${REF}`)
  })

  test('a builder that cannot export only reads', () => {
    const { from, to, line } = plan(registry, looks({ [REF]: { state: 'present' } }), { noCache: false, exports: false })
    expect({ from, to }).toEqual({ from: flags.from, to: [] })
    expect(line).toBe(`Cache: read from ${REF}; nothing is written, since this builder cannot export a cache`)
  })

  test('before anybody has looked, the flags are all that may come', () => {
    expect(planCache(config(registry), undefined, { noCache: false, exports: undefined })).toMatchObject(flags)
  })
})

describe('in a directory', () => {
  const inputs = { cache: 'local', 'cache-dir': '/cache' }
  const folder = { usable: true, path: '/cache/.work-1,2', root: '/cache', scope: 'app', digest: undefined } as const
  const digest = `sha256:${'0'.repeat(64)}`

  test('is read and written in the job’s own folder, whatever its name', () => {
    const { from, to, line } = plan(inputs, { folder: { ...folder, digest } })
    expect(from).toEqual([`type=local,"src=/cache/.work-1,2",digest=${digest}`])
    expect(to[0]).toMatch(
      /^type=local,"dest=\/cache\/\.work-1,2",tag=registry\.example\.com-5000-team-app-[0-9a-f]{8},mode=max,.*ignore-error=true$/,
    )
    expect(line).toBe('Cache: read from and written to /cache')
  })

  test('the first time it is only written', () => {
    const { from, to, line } = plan(inputs, { folder })
    expect([from.length, to.length]).toEqual([0, 1])
    expect(line).toBe('Cache: nothing is read, since /cache holds no cache of this build yet; written to /cache')
  })

  test('one that cannot be used is left alone, with a warning', () => {
    const { from, to, fault } = plan(inputs, { folder: { usable: false, reason: '/cache cannot be used (EACCES)' } })
    expect({ from, to, fault }).toEqual({ from: [], to: [], fault: '/cache cannot be used (EACCES)' })
  })
})

describe('the cache of the runner', () => {
  test('is kept apart for each image, target and platforms', () => {
    const { from, to } = plan({ cache: 'gha' }, { runner: { usable: true, version: 2, write: true } })
    expect(from[0]).toMatch(/^type=gha,scope=registry\.example\.com-5000-team-app-[0-9a-f]{8}$/)
    expect(to[0]).toBe(`${from[0]},mode=max,ignore-error=true`)
  })

  test('with a token that may only read, nothing is written', () => {
    const { from, to, line } = plan({ cache: 'gha' }, { runner: { usable: true, version: 2, write: false } })
    expect([from.length, to.length]).toEqual([1, 0])
    expect(line).toMatch(/nothing is written, since the runner's token may only read$/)
  })

  const none = { usable: false, reason: 'this runner has no cache service' } as const

  test('where there is none, cache-ref is used', () => {
    const inputs = { cache: 'gha', 'cache-ref': REF }
    const { from, line } = plan(inputs, { runner: none, ...looks({ [REF]: { state: 'present' } }) })
    expect(from).toEqual([`type=registry,ref=${REF}`])
    expect(line).toBe(`Cache: this runner has no cache service; read from and written to ${REF}`)
    expect(plan(inputs, { runner: none, signedIn: false }).to).toEqual([])
  })

  test('without cache-ref, nothing', () => {
    const { from, to, line } = plan({ cache: 'gha' }, { runner: none })
    expect({ from, to }).toEqual({ from: [], to: [] })
    expect(line).toMatch(/^Cache: this runner has no cache service, so the build has only its builder's own storage/)
  })
})

describe('cache-from and cache-to', () => {
  const lines = {
    'cache-from': 'user/app:cache',
    'cache-to': 'user/app:cache\ntype=inline\ntype=registry,ref=user/app:x,ignore-error=false',
  }

  test('are handed on, so that no fault of theirs fails the build unless the user says so', () => {
    const { from, to } = plan(lines)
    expect(from).toEqual(['user/app:cache'])
    expect(to).toEqual([
      'type=registry,ref=user/app:cache,ignore-error=true',
      'type=inline',
      'type=registry,ref=user/app:x,ignore-error=false',
    ])
  })

  test('a pull request from a fork does not write', () => {
    expect(plan(lines, { event: { ...MAIN, fork: true } }).to).toEqual(['type=inline'])
    expect(plan({ ...lines, 'cache-write': 'always' }, { event: { ...MAIN, fork: true } }).to).toHaveLength(3)
  })
})
