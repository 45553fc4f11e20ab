import fc from 'fast-check'
import { toGantt } from '../../src/report/gantt.ts'
import { toTimeline } from '../../src/report/timeline.ts'
import { hostileFacts } from './hostile.ts'
import { readRecorded, step } from './recorded.ts'

test('a real build', () => {
  expect(toGantt(toTimeline(readRecorded('warnings').steps))).toMatchInlineSnapshot(`
"gantt
  dateFormat YYYY-MM-DD HH:mm:ss.SSS
  axisFormat %S.%L
  todayMarker off
  section linux/amd64
  · load metadata for 127.0.0.1 34477/base/busybo… (0.2 s) :2000-01-03 00:00:00.049, 179ms
  1/3 tools FROM 127.0.0.1 34477/base/busybox 1.0 (0.3 s) :2000-01-03 00:00:00.244, 297ms
  2/5 app WORKDIR srv (0.1 s) :2000-01-03 00:00:00.543, 78ms
  2/3 tools RUN echo tools and sleep 1 (1.4 s) :2000-01-03 00:00:00.543, 1433ms
  3/5 app COPY hello.sh /hello.sh (0.1 s) :2000-01-03 00:00:00.622, 81ms
  3/3 tools RUN head -c 3000000 /dev/urandom /tool (0.5 s) :2000-01-03 00:00:01.980, 518ms
  4/5 app COPY -from=tools /tool /tool (0.1 s) :2000-01-03 00:00:02.514, 55ms
  5/5 app RUN for i in (seq 1 40) do echo line i … (2.3 s) :2000-01-03 00:00:02.573, 2302ms
  section linux/arm64
  · load metadata for 127.0.0.1 34477/base/busybo… (0.2 s) :2000-01-03 00:00:00.050, 174ms
  1/3 tools FROM 127.0.0.1 34477/base/busybox 1.0 (0.3 s) :2000-01-03 00:00:00.246, 340ms
  2/5 app WORKDIR srv (0.1 s) :2000-01-03 00:00:00.591, 73ms
  2/3 tools RUN echo tools and sleep 1 (1.4 s) :2000-01-03 00:00:00.591, 1439ms
  3/5 app COPY hello.sh /hello.sh (0.1 s) :2000-01-03 00:00:00.671, 143ms
  3/3 tools RUN head -c 3000000 /dev/urandom /tool (0.9 s) :2000-01-03 00:00:02.033, 882ms
  4/5 app COPY -from=tools /tool /tool (0.1 s) :2000-01-03 00:00:02.928, 55ms
  5/5 app RUN for i in (seq 1 40) do echo line i … (2.3 s) :2000-01-03 00:00:02.983, 2295ms
  section Other work
  · exporting to image (1.1 s) :2000-01-03 00:00:05.283, 1076ms"
`)
})

test('a failed build: what failed is marked, also when it took no time to speak of', () => {
  const steps = [step('[1/3] RUN a', 0, 900), step('[2/3] RUN b', 900, 901, { error: 'exit code: 1' }), step('[3/3] RUN c', 900, 901)]
  expect(toGantt(toTimeline(steps)).split('\n').slice(4)).toEqual([
    '  section Dockerfile',
    '  1/3 RUN a (0.9 s) :2000-01-03 00:00:00.000, 900ms',
    '  2/3 RUN b (0.0 s) :crit, 2000-01-03 00:00:00.900, 1ms',
  ])
})

test.each([
  [9_000, '%S.%L', '00:00:09.000'],
  [600_000, '%M:%S', '00:10:00.000'],
  [7_200_000, '%H:%M:%S', '02:00:00.000'],
])('a build of %d ms has the axis %s', (length, axis, last) => {
  const text = toGantt(toTimeline([step('[1/2] RUN a', 0, length), step('[2/2] RUN b', length, length + 100)]))
  expect(text).toContain(`axisFormat ${axis}\n`)
  expect(text).toContain(`:2000-01-03 ${last}, 100ms`)
})

test('nothing took any time: no diagram', () => {
  expect(toGantt(toTimeline([step('[1/1] RUN a', 5, 5, { cached: true })]))).toBe('')
  expect(toGantt(toTimeline([]))).toBe('')
})

test('of very many steps the longest are shown, within the limit of old Giteas', () => {
  const name = `RUN ${'x'.repeat(10_000)}`
  const steps = Array.from({ length: 5000 }, (_, at) => step(`[linux/arm64 ${at}/5000] ${name}`, at * 1000, at * 1000 + 500 + at))
  const text = toGantt(toTimeline(steps))
  expect(text.length).toBeLessThanOrEqual(5000)
  const tasks = text.split('\n').filter((line) => line.endsWith('ms'))
  expect(tasks.length).toBeGreaterThan(30)
  expect(tasks.at(-1)).toMatch(/^ {2}4999\/5000 RUN x+… \(5.5 s\) :/)
})

// What is allowed here was held against Mermaid 10.2 and 11.17, which both read and drew it.
test('whatever the steps are called, each line is of the form that every Mermaid reads', () => {
  fc.assert(
    fc.property(hostileFacts, ({ steps }) => {
      const text = toGantt(toTimeline(steps))
      if (text === '') return
      const [first, ...lines] = text.split('\n')
      expect(first).toBe('gantt')
      expect(lines.slice(0, 3).join('\n')).toMatch(
        /^ {2}dateFormat YYYY-MM-DD HH:mm:ss\.SSS\n {2}axisFormat [%HMSL.:]+\n {2}todayMarker off$/,
      )
      for (const line of lines.slice(3)) {
        expect(line).toMatch(
          /^ {2}(?:section [\p{L}\p{N} ._/=+@()·-]+|(?:\d+\/\d+|·) [\p{L}\p{N} ._/=+@()·…-]*\(\d+\.\d s\) :(?:(?:done|crit), )?2000-01-\d\d \d\d:\d\d:\d\d\.\d{3}, \d+ms)$/u,
        )
        expect(line).not.toContain('--')
      }
    }),
    { numRuns: 150 },
  )
}, 30_000)
