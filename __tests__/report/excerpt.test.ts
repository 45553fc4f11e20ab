import fc from 'fast-check'
import { excerptLines, toExcerpt } from '../../src/report/excerpt.ts'
import { hostileText } from './hostile.ts'
import { readRecorded, step } from './recorded.ts'

const failed = (log: string[]) => [step('[2/2] RUN make', 0, 5, { error: 'exit code: 2', log })]

test('a real build that failed: the instruction, its lines, the end of its log', () => {
  const { steps, plain } = readRecorded('failing')
  const excerpt = toExcerpt(steps, plain, 'sub')
  expect(excerpt && excerptLines(excerpt)).toEqual([
    'Failed: [linux/amd64 3/4] RUN set -e; for i in $(seq 1 35); do echo "compiling $i"; done; echo "::error::fake command" >&2; exit 7',
    'At sub/Dockerfile.prod:5:',
    '  4 |     # what fails',
    '  5 | >>> RUN set -e; \\',
    '  6 | >>>     for i in $(seq 1 35); do echo "compiling $i"; done; \\',
    '  7 | >>>     echo "::error::fake command" >&2; \\',
    '  8 | >>>     exit 7',
    '  9 |     RUN echo never',
    'The last 20 lines it printed:',
    ...Array.from({ length: 20 }, (_, at) => `  compiling ${at + 16}`),
  ])
})

test('a file that is not there: lines, and no log', () => {
  const { steps, plain } = readRecorded('missing')
  const excerpt = toExcerpt(steps, plain, undefined)
  expect(excerpt && excerptLines(excerpt)).toEqual([
    'Failed: [1/1] COPY --link nothere.txt /x',
    'At Bad2:2:',
    '  1 |     FROM scratch',
    '  2 | >>> COPY --link nothere.txt /x',
    '  3 |',
  ])
})

test('a failure outside of the Dockerfile, such as a push, has none', () => {
  expect(toExcerpt([step('exporting to image', 0, 5, { error: '401' })], ['ERROR: failed to solve: 401'], '.')).toBeUndefined()
  expect(toExcerpt([], [], '.')).toBeUndefined()
})

test('a cancelled build has none', () => {
  const error = 'process "/bin/sh -c sleep 60" did not complete successfully: context canceled'
  expect(
    toExcerpt([step('[2/2] RUN sleep 60', 0, 5, { error, log: ['waiting'] })], ['ERROR: failed to solve: Canceled: context canceled'], '.'),
  ).toBeUndefined()
})

test('what a terminal would show in the end: no colours, no progress bars, no empty lines at the end', () => {
  const log = ['\u001b[1;31merror\u001b[0m here', '10%\r50%\r100%\r', '\u001b]0;title\u0007x', 'a\u0007b', '', ' ']
  expect(toExcerpt(failed(log), [], '.')?.log).toEqual(['error here', '100%', 'x', 'a\ufffdb'])
})

test('a long instruction is shown from its beginning, a long line in part', () => {
  const source = Array.from({ length: 500 }, (_, at) => `${String(at + 1).padStart(4)} | ${at < 100 ? '   ' : '>>>'} ${'x'.repeat(1000)}`)
  const excerpt = toExcerpt(failed([]), ['Dockerfile:101', '-----', ...source, '-----'], '.')
  expect(excerpt?.source.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, at) => at + 98))
  expect(excerpt?.source[0]?.text).toHaveLength(300)
  expect(excerpt?.place).toBe('Dockerfile:101')
})

test('a ruler that never ends is no excerpt', () => {
  expect(toExcerpt(failed(['x']), ['Dockerfile:1', '-----', '   1 | >>> RUN x'], '.')).toMatchObject({ source: [], log: ['x'] })
})

test('each line is one line, whatever was printed', () => {
  fc.assert(
    fc.property(fc.array(hostileText, { minLength: 1 }), hostileText, (log, name) => {
      const lines = excerptLines({ step: name, place: 'a:1', source: [], log: [] })
      const excerpt = toExcerpt([step(name, 0, 1, { error: 'x', log: log.map((line) => line.replaceAll('\n', ' ')) })], [], '.')
      for (const line of [...lines, ...(excerpt ? excerptLines(excerpt) : [])]) expect(line).not.toMatch(/[\n\r\u001b]/)
    }),
  )
})
