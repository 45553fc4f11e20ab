import { dockerfileSteps } from '../../src/docker/progress.ts'
import { type Row, rowTitle, slowest, toTimeline } from '../../src/report/timeline.ts'
import { readRecorded, step } from './recorded.ts'

const show = ({ outcome, spans, seconds, ...row }: Row) =>
  `${rowTitle(row as Row)} | ${outcome} | ${spans.map(({ from, to }) => `${from}-${to}`).join(' ')} | ${seconds}`

describe('real builds', () => {
  test('two platforms, two stages: a lane for each platform, its rows in the order of time', () => {
    const { lanes, length, total, cached } = toTimeline(readRecorded('warnings').steps)
    expect(lanes.map(({ platform, rows, total, cached }) => [platform, rows.length, total, cached])).toEqual([
      ['linux/amd64', 8, 6, 0],
      ['linux/arm64', 8, 6, 0],
      [undefined, 4, 0, 0],
    ])
    expect({ length, total, cached }).toEqual({ length: 6359, total: 12, cached: 0 })
    expect(lanes[0]?.rows.map(({ position, text }) => `${position} ${text.split(' ')[0]}`)).toEqual([
      ' load',
      '1/3 FROM',
      '2/5 WORKDIR',
      '2/3 RUN',
      '3/5 COPY',
      '3/3 RUN',
      '4/5 COPY',
      '5/5 RUN',
    ])
    // What was pulled, as BuildKit counted it; the build context; the Dockerfile.
    expect(lanes.flatMap(({ rows }) => rows.flatMap(({ bytes }) => (bytes === 0 ? [] : bytes)))).toEqual([1035022, 991605, 355, 2, 38])
  })

  test('the longest chain is the one of the slower platform', () => {
    const { lanes } = toTimeline(readRecorded('warnings').steps)
    const chain = lanes.flatMap(({ platform, rows }) =>
      rows.filter(({ critical }) => critical).map((row) => `${platform} ${row.stage} ${row.position}`),
    )
    expect(chain).toEqual([
      'linux/arm64 tools 1/3',
      'linux/arm64 tools 2/3',
      'linux/arm64 tools 3/3',
      'linux/arm64 app 4/5',
      'linux/arm64 app 5/5',
    ])
  })

  test('cross-compiled steps stand under the platform they are built for; COPY --link is one step', () => {
    const { steps } = readRecorded('cross')
    const { lanes, total, cached } = toTimeline(steps)
    expect(
      lanes.map(({ platform, rows }) => [
        platform,
        rows.filter(({ kind }) => kind === 'step').map(({ stage, position, runsOn }) => `${stage} ${position} ${runsOn}`.trim()),
      ]),
    ).toEqual([
      ['linux/amd64', ['build 3/4', 'stage-1 2/4', 'build 2/4', 'build 4/4', 'stage-1 3/4', 'stage-1 4/4']],
      ['linux/arm64', ['stage-1 2/4', 'build 4/4 linux/amd64', 'stage-1 3/4', 'stage-1 4/4']],
      [undefined, []],
    ])
    const counted = dockerfileSteps(steps)
    expect([total, cached]).toEqual([counted.length, counted.filter((each) => each.cached).length])
  })

  test('a failed build: what failed, what was cancelled, what never ran', () => {
    const { lanes } = toTimeline(readRecorded('failing').steps)
    expect(lanes.map(({ platform, rows }) => [platform, rows.map(({ position, outcome }) => `${position} ${outcome}`.trim())])).toEqual([
      ['linux/amd64', ['done', '1/4 cached', '2/4 done', '3/4 failed', '4/4 not run']],
      ['linux/arm64', ['done', '1/4 cached', '2/4 done', '3/4 cancelled', '4/4 not run']],
      [undefined, ['done', 'done']],
    ])
  })
})

describe('steps', () => {
  test('one platform: the names do not tell which, so the caller does', () => {
    const steps = [step('[1/2] FROM a', 0, 5), step('[2/2] RUN b', 5, 9), step('exporting to image', 9, 12)]
    expect(toTimeline(steps, 'linux/s390x').lanes.map(({ platform }) => platform)).toEqual(['linux/s390x', undefined])
    expect(toTimeline(steps).lanes.map(({ platform }) => platform)).toEqual(['', undefined])
  })

  test('a step that ran twice has two spans, one that was broken off goes on to the end', () => {
    const runs = [
      { started: 100, stopped: 110 },
      { started: 150, stopped: 190 },
      { started: 160, stopped: 200 },
    ]
    const { lanes } = toTimeline([
      step('[1/2] FROM a', 0, 0, { runs }),
      step('[2/2] RUN b', 0, 0, { runs: [{ started: 200 }], completed: false }),
      step('[3/2] RUN never', 0, 0, { runs: [], completed: false }),
      step('exporting', 290, 300),
    ])
    expect(lanes[0]?.rows.map(show)).toEqual([
      '1/2 FROM a | done | 0-10 50-100 | 0.06',
      '2/2 RUN b | cancelled | 100-200 | 0.1',
      '3/2 RUN never | not run |  | 0',
    ])
  })

  test('the slowest first, without those that took no time', () => {
    const timeline = toTimeline([
      step('[1/3] RUN a', 0, 100),
      step('[2/3] RUN b', 100, 900),
      step('[3/3] RUN c', 900, 901),
      step('exporting', 901, 1300),
    ])
    expect(slowest(timeline, 2).map(rowTitle)).toEqual(['2/3 RUN b', 'exporting'])
    expect(slowest(timeline, 9)).toHaveLength(3)
  })

  test('a step from the cache ends when it is asked for: the chain goes by what took time', () => {
    const copy = step('[2/4] COPY a', 900, 901, { cached: true })
    const make = step('[3/4] RUN make', 0, 890)
    const last = step('[4/4] RUN last', 901, 950, { inputs: [copy.digest, make.digest] })
    expect(toTimeline([copy, last, make]).lanes[0]?.rows.map(({ position, critical }) => [position, critical])).toEqual([
      ['3/4', true],
      ['2/4', false],
      ['4/4', true],
    ])
  })

  test('a chain of fifty thousand steps', () => {
    const steps = Array.from({ length: 50_000 }, (_, at) =>
      step(`[${at}/50000] RUN a`, at, at + 1, { inputs: at === 0 ? [] : [`[${at - 1}/50000] RUN a`] }),
    )
    expect(toTimeline(steps).lanes[0]?.rows.every(({ critical }) => critical)).toBe(true)
  })

  test('inputs that lead in a circle end the chain', () => {
    const a = step('[1/2] RUN a', 0, 5, { digest: 'a', inputs: ['b'] })
    const b = step('[2/2] RUN b', 5, 9, { digest: 'b', inputs: ['a', 'b', 'gone'] })
    expect(toTimeline([a, b]).lanes[0]?.rows.map(({ critical }) => critical)).toEqual([true, true])
  })

  test('no steps at all', () => {
    expect(toTimeline([])).toEqual({ length: 0, lanes: [], total: 0, cached: 0 })
  })
})
