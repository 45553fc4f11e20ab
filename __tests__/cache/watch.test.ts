import { CacheWatch } from '../../src/cache/watch.ts'
import type { SolveStatus } from '../../src/docker/progress.ts'

const AT = '2026-01-01T00:00:00Z'
const begun = (digest: string, name: string): SolveStatus => ({ vertexes: [{ digest, name, started: AT }] })
const ended = (digest: string, name: string): SolveStatus => ({ vertexes: [{ digest, name, started: AT, completed: AT }] })

/** Events at their times in seconds, then the moments at which the watch is asked. */
function watch(patience: number, events: readonly [number, SolveStatus][], until: number, afterStall?: number) {
  const watching = new CacheWatch(patience * 1000, afterStall)
  for (const [time, event] of events) watching.add(event, time * 1000)
  watching.tick(until * 1000)
  return { fault: watching.fault, aborted: watching.signal.aborted }
}

describe('an export', () => {
  const name = 'exporting cache to registry'

  test('that takes longer than the patience is given up', () => {
    expect(watch(600, [[0, begun('e', name)]], 599)).toEqual({ fault: undefined, aborted: false })
    expect(watch(600, [[0, begun('e', name)]], 600)).toEqual({
      fault: { part: 'written', reason: 'it was not done after 600 s' },
      aborted: true,
    })
  })

  test('that has ended is not', () => {
    expect(
      watch(
        600,
        [
          [0, begun('e', name)],
          [1, ended('e', name)],
        ],
        10_000,
      ).fault,
    ).toBeUndefined()
  })

  test('whose manifest hangs is given up after a minute, whatever its layers took', () => {
    const writing = (id: string, completed?: string): SolveStatus => ({
      statuses: [{ id, vertex: 'e', ...(completed ? { completed } : {}) }],
    })
    const layers: [number, SolveStatus][] = [
      [0, begun('e', name)],
      [1, writing('writing layer sha256:1')],
      [200, writing('writing layer sha256:1', AT)],
    ]
    expect(watch(600, layers, 400).fault).toBeUndefined()
    const manifest = writing('writing cache image manifest sha256:2')
    expect(watch(600, [...layers, [200, manifest]], 260).fault).toEqual({
      part: 'written',
      reason: 'its manifest was not taken within 60 s',
    })
    const taken = writing('writing cache image manifest sha256:2', AT)
    expect(watch(600, [...layers, [200, manifest], [201, taken]], 300).fault).toBeUndefined()
    // An export that fails leaves its transfers open.
    expect(watch(600, [...layers, [200, manifest], [201, ended('e', name)]], 300).fault).toBeUndefined()
  })

  test.each(['exporting cache to client directory', 'exporting to GitHub Actions Cache', 'exporting inline cache', 'exporting cache'])(
    '%s counts',
    (each) => {
      expect(watch(5, [[0, begun('e', each)]], 5).fault?.part).toBe('written')
    },
  )

  test.each(['exporting to image', '[2/3] RUN exporting cache', 'pushing layers'])('%s does not', (each) => {
    expect(watch(5, [[0, begun('e', each)]], 10_000).fault).toBeUndefined()
  })
})

describe('reading', () => {
  test('a manifest that does not come within a minute is given up, or within the patience where that is less', () => {
    const events: [number, SolveStatus][] = [[0, begun('i', 'importing cache manifest from b.io/app:c')]]
    expect(watch(600, events, 59).fault).toBeUndefined()
    expect(watch(600, events, 60).fault).toEqual({ part: 'read', reason: 'it did not answer within 60 s' })
    expect(watch(3, events, 3).fault?.part).toBe('read')
  })

  const layer = (current: number, vertex = 'c'): SolveStatus => ({ statuses: [{ id: 'sha256:1', vertex, current, total: 100 }] })
  const cached: SolveStatus = { vertexes: [{ digest: 'c', name: '[2/3] COPY a b', started: AT, completed: AT, cached: true }] }

  test('a layer of a cached step that does not move is given up; events alone are no movement', () => {
    const events: [number, SolveStatus][] = [
      [0, cached],
      [1, layer(10)],
      [30, layer(10)],
      [60, layer(10)],
    ]
    expect(watch(600, events, 60).fault).toBeUndefined()
    expect(watch(600, events, 61).fault).toEqual({ part: 'read', reason: 'a layer of it did not come within 60 s' })
  })

  test('one that moves, or is done, is not', () => {
    expect(
      watch(
        600,
        [
          [0, cached],
          [1, layer(10)],
          [50, layer(11)],
        ],
        100,
      ).fault,
    ).toBeUndefined()
    expect(
      watch(
        600,
        [
          [0, cached],
          [1, layer(10)],
          [50, { statuses: [{ id: 'sha256:1', vertex: 'c', completed: AT }] }],
        ],
        1000,
      ).fault,
    ).toBeUndefined()
  })

  test("a base image's layer is none of the cache's business", () => {
    expect(
      watch(
        600,
        [
          [0, begun('f', '[1/3] FROM a.io/base')],
          [1, layer(10, 'f')],
        ],
        10_000,
      ).fault,
    ).toBeUndefined()
  })
})

test('a builder that does not let go of a stalled request builds nothing: that is found out', () => {
  expect(watch(10, [[1, begun('l', '[internal] load build definition')]], 10, 0).fault).toMatchObject({ part: 'read', blocked: true })
  expect(watch(10, [[1, ended('l', '[internal] load build definition')]], 10_000, 0).fault).toBeUndefined()
})
