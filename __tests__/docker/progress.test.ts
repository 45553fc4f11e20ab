import fc from 'fast-check'
import { dockerfileSteps, failedStep, Progress, parseStatus, type SolveStatus, type Step } from '../../src/docker/progress.ts'
import { anyCharacter } from '../character.ts'
import { readRecording } from '../fixtures/progress/recording.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function stepsOf(...events: SolveStatus[]): Step[] {
  const progress = new Progress()
  for (const event of events) progress.add(event)
  return progress.steps()
}

const stepsOfRecording = (name: string) => stepsOf(...readRecording(name).events.map(({ status }) => status))

describe('parseStatus', () => {
  test.each([
    '{"vertexes":[{"digest":"sha256:1","name":"a"}]}',
    '{"statuses":[]}',
    '{"logs":[{"vertex":"sha256:1","data":"YQ=="}]}',
    '{"warnings":[{"vertex":"sha256:1","short":"YQ=="}]}',
  ])('%s is an event', (line) => {
    expect(parseStatus(line)).toEqual(JSON.parse(line))
  })

  test.each([
    '',
    'ERROR: failed to solve',
    'Dockerfile:3',
    '{}',
    '{"vertexes":[',
    '{"level":"info"}',
    ' {"vertexes":[]}',
    'x {"vertexes":[]}',
    '[1]',
  ])('%j is text', (line) => {
    expect(parseStatus(line)).toBeUndefined()
  })

  test('for any text: an object or undefined', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) =>
        expect(typeof parseStatus(`{"logs":${text}`)).toMatch(/^(?:object|undefined)$/),
      ),
    )
  })
})

describe('Progress', () => {
  test('a step is what its last event says', () => {
    const vertex = { digest: 'd', name: '[1/2] RUN a' }
    const started = '2026-11-21T05:00:00.000000001Z'
    expect(stepsOf({ vertexes: [vertex] })).toMatchObject([{ digest: 'd', name: '[1/2] RUN a', cached: false, completed: false, log: [] }])
    const steps = stepsOf(
      { vertexes: [vertex] },
      { vertexes: [{ ...vertex, started }] },
      { vertexes: [{ ...vertex, started, completed: '2026-11-21T05:00:01.5Z', error: 'exit code: 1' }] },
    )
    expect(steps).toMatchObject([{ completed: true, seconds: 1.5, error: 'exit code: 1' }])
  })

  test('an empty error is none', () => {
    expect(stepsOf({ vertexes: [{ digest: 'd', error: '' }] })[0]).not.toHaveProperty('error')
  })

  test('the last lines of the log are kept, over the borders of chunks', () => {
    const bytes = Buffer.from(`${Array.from({ length: 30 }, (_, i) => `grüße ${i}`).join('\n')}\nno end`)
    const logs = [...bytes].map((byte) => ({ vertex: 'd', data: Buffer.from([byte]).toString('base64') }))
    const [step] = stepsOf({ vertexes: [{ digest: 'd' }] }, { logs })
    expect(step?.log).toEqual([...Array.from({ length: 20 }, (_, i) => `grüße ${i + 10}`), 'no end'])
  })

  test('events of a vertex that is not known do no harm', () => {
    expect(stepsOf({ logs: [{ vertex: 'x', data: base64('a') }, {}], statuses: [{ id: 'y' }], warnings: [{}] })).toEqual([])
  })
})

describe('dockerfileSteps', () => {
  const count = (names: (string | Partial<Step>)[]) =>
    dockerfileSteps(
      names.map((name, index) => ({
        digest: String(index),
        name: '',
        completed: true,
        cached: false,
        log: [],
        ...(typeof name === 'string' ? { name } : name),
      })),
    )

  test.each([
    '[1/2] RUN make',
    '[2/12] COPY . .',
    '[linux/amd64 2/4] RUN make',
    '[linux/arm/v7 build 2/4] RUN make',
    '[build 2/4] WORKDIR /w',
    '[stage-1 2/4] ADD x y',
  ])('%s is one', (name) => {
    expect(count([name])).toHaveLength(1)
  })

  test.each([
    '[internal] load build definition from Dockerfile',
    '[linux/amd64 internal] load metadata for docker.io/library/alpine',
    '[auth] library/alpine:pull token for registry-1.docker.io',
    '[1/2] FROM docker.io/library/alpine',
    '[linux/arm64 base 1/1] FROM docker.io/library/alpine@sha256:12',
    'exporting to image',
    'importing cache manifest from x',
    'RUN [1/2] x',
    '',
  ])('%j is none', (name) => {
    expect(count([name])).toEqual([])
  })

  test('the same step for two platforms is two', () => {
    expect(count(['[linux/amd64 2/2] RUN a', '[linux/arm64 2/2] RUN a'])).toHaveLength(2)
  })

  test('the parts of a linked copy are one, cached if all of them were', () => {
    const parts = (first: Partial<Step>, second: Partial<Step>) =>
      count([
        { name: '[app 2/3] COPY --link a b', ...first },
        { name: '[app 2/3] LINK COPY --link a b', ...second },
      ])
    expect(parts({}, {})).toMatchObject([{ name: '[app 2/3] COPY --link a b', cached: false }])
    expect(parts({ cached: true }, {})).toMatchObject([{ cached: false }])
    expect(parts({ cached: true }, { cached: true })).toMatchObject([{ cached: true }])
    expect(parts({ completed: false }, { cached: true })).toMatchObject([{ cached: true }])
    expect(parts({ completed: false }, { completed: false })).toMatchObject([{ cached: false }])
    expect(parts({}, { error: 'no' })).toMatchObject([{ error: 'no' }])
  })

  test.each([
    // Three steps after FROM (two RUN in the first stage, COPY and RUN in the second) for two platforms.
    ['platforms', 8, 0],
    ['cached', 8, 8],
    ['failing', 3, 0],
    // RUN, two linked copies, a copy of inline files, and a linked ADD, for two platforms.
    ['link', 10, 0],
    ['pull', 2, 0],
  ])('of the recording %s', (name, total, cached) => {
    const steps = dockerfileSteps(stepsOfRecording(name))
    expect(steps.map((step) => step.name)).toHaveLength(total)
    expect(steps.filter((step) => step.cached)).toHaveLength(cached)
  })
})

describe('failedStep', () => {
  const step = (name: string, error?: string): Step => ({
    digest: name,
    name,
    completed: true,
    cached: false,
    log: [],
    ...(error === undefined ? {} : { error }),
  })

  test('none', () => {
    expect(failedStep([])).toBeUndefined()
    expect(failedStep([step('a')])).toBeUndefined()
  })

  test('is not one that was only cancelled', () => {
    expect(failedStep([step('a', 'context canceled'), step('b', 'exit code: 2')])?.name).toBe('b')
    expect(failedStep([step('a', 'process "x" did not complete: context canceled')])?.name).toBe('a')
  })

  test('is the one that the build ended with', () => {
    const steps = [step('import', 'not found'), step('run', 'exit code: 2')]
    expect(failedStep(steps)?.name).toBe('import')
    expect(failedStep(steps, 'failed to solve: exit code: 2')?.name).toBe('run')
  })

  test('of a recording', () => {
    const failed = failedStep(stepsOfRecording('failing'))
    expect(failed?.name).toBe("[stage-1 2/3] RUN echo before && sleep 0.5 && echo 'last words' >&2 && exit 3")
    expect(failed?.log).toEqual(['before', 'last words'])
    expect(failedStep(stepsOfRecording('platforms'))).toBeUndefined()
  })
})
