import { buildWithCache } from '../../src/cache/attempts.ts'
import { cacheFaults, cacheWarning, layerFault } from '../../src/cache/faults.ts'
import type { Step } from '../../src/docker/progress.ts'

const step = (name: string, error?: string): Step => ({
  digest: name,
  name,
  cached: false,
  completed: true,
  log: [],
  ...(error === undefined ? {} : { error }),
})
const IMPORTED = step('importing cache manifest from b.io/app:c')

describe('what the steps tell of the cache', () => {
  // As seen with the docker driver of engine 28.5.2 and BuildKit 0.32.2.
  test.each<[string, string, string]>([
    [
      'exporting cache to registry',
      'error writing layer blob: failed commit on ref "layer-sha256:6b3f": unexpected status from PUT request to http://b.io/v2/app/blobs/uploads/74c2?_state=dN0: 500 Internal Server Error',
      'unexpected status from PUT request to http://b.io/v2/app/blobs/uploads/74c2: 500 Internal Server Error',
    ],
    [
      'exporting cache to registry',
      'error writing layer blob: failed to do request: Post "http://b.io/v2/app/blobs/uploads/": EOF',
      'failed to do request: Post "http://b.io/v2/app/blobs/uploads/": EOF',
    ],
    ['exporting cache to client directory', 'write /cache/ingest/1/data: no space left on device', 'no space left on device'],
    ['exporting to GitHub Actions Cache', 'maximum timeout reached', 'maximum timeout reached'],
  ])('%s: %s', (name, error, reason) => {
    expect(cacheFaults([step('[1/2] FROM x'), step(name, error)])).toEqual([{ part: 'written', reason }])
  })

  test('an import that is not there, and a cancelled export, are no faults', () => {
    const missing = step('importing cache manifest from b.io/app:c', 'failed to configure registry cache importer: b.io/app:c: not found')
    expect(cacheFaults([missing, step('exporting cache to registry', 'error writing layer blob: context canceled')])).toEqual([])
  })

  test('a step of the user with such a name or error is none either', () => {
    expect(cacheFaults([step('[2/2] RUN exporting cache to registry', 'failed'), step('exporting to image', 'denied')])).toEqual([])
  })
})

describe('a layer that could not be had', () => {
  test.each([
    'failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:7e6c from remote: not found',
    'failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://b.io/v2/app/blobs/sha256:b275: 500 Internal Server Error',
    'short read: expected 165 bytes but got 164: unexpected EOF',
  ])('%s', (error) => {
    expect(layerFault([IMPORTED, step('[4/5] COPY app /app', error)], [])?.part).toBe('read')
    expect(layerFault([IMPORTED], [`ERROR: failed to build: failed to solve: ${error}`])?.part).toBe('read')
    expect(layerFault([step('[4/5] COPY app /app', error)], [])).toBeUndefined()
  })

  test('what a RUN printed, or how it ended, is no such thing', () => {
    const error = 'process "/bin/sh -c echo httpReadSeeker" did not complete successfully: exit code: 1'
    expect(layerFault([IMPORTED, step('[4/5] RUN echo httpReadSeeker', error)], [`ERROR: failed to solve: ${error}`])).toBeUndefined()
  })
})

describe('the one warning', () => {
  test('none when all is well', () => expect(cacheWarning({ name: 'b.io/app:c', fault: undefined }, [])).toBeUndefined())

  test('names the cache and tells each part once', () => {
    const faults = [
      { part: 'written', reason: 'two' },
      { part: 'read', reason: 'one' },
      { part: 'read', reason: 'again' },
      { part: 'written', mounts: true, reason: 'three' },
    ] as const
    expect(cacheWarning({ name: 'b.io/app:c', fault: undefined }, faults)).toBe(
      'Cache b.io/app:c: it was not read (one); it was not written (two); the cache mounts were not written (three). The build does not depend on it',
    )
  })
})

describe('building again', () => {
  const command = ['buildx', 'build', '--cache-from', 'a', '--no-cache', '--cache-to', 'b', '--cache-to=c', '--tag', 't', '.']
  const good = { failure: undefined, steps: [], plain: [] }
  const missing = { failure: 'build: no layer', steps: [IMPORTED, step('[2/2] COPY', 'short read: expected 2 bytes')], plain: [] }
  const run = async (
    ends: readonly (typeof good | typeof missing | { failure: string; steps: []; plain: [] })[],
    signal = new AbortController().signal,
  ) => {
    const commands: (readonly string[])[] = []
    const lines: string[] = []
    const build = async (words: readonly string[]) => {
      commands.push(words)
      const end = ends[commands.length - 1]
      if (!end) throw new Error('one build too many')
      return end
    }
    const ended = await buildWithCache(command, { name: 'n' }, build, { patience: 1, signal, info: (line) => lines.push(line) })
    return { ...ended, commands, lines }
  }

  test('a good build is the only one', async () => {
    expect(await run([good])).toMatchObject({ result: good, faults: [], commands: [command], lines: [] })
  })

  test('a layer that cannot be had: again without reading the cache, and it is written anew', async () => {
    const { result, commands, faults, lines } = await run([missing, good])
    expect(result).toBe(good)
    expect(commands[1]).toEqual(['buildx', 'build', '--no-cache', '--cache-to', 'b', '--cache-to=c', '--tag', 't', '.'])
    expect(faults).toEqual([{ part: 'read', reason: 'short read: expected 2 bytes' }])
    expect(lines).toEqual(['Cache n: not read, since short read: expected 2 bytes; the build goes on without it'])
  })

  test('a build that fails for itself, or is cancelled, is not tried again', async () => {
    const failed = { failure: 'build: step failed', steps: [] as [], plain: [] as [] }
    expect((await run([failed])).commands).toHaveLength(1)
    expect((await run([missing], AbortSignal.abort('SIGINT'))).commands).toHaveLength(1)
  })
})
