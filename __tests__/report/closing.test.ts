import { closingLines } from '../../src/report/closing.ts'
import { factsOf, readRecorded, step } from './recorded.ts'

test('pushed for two platforms', () => {
  const facts = factsOf({
    tags: ['r.example/app:1', 'r.example/app:latest'],
    digest: 'sha256:0',
    image: 'r.example/app@sha256:0',
    pushed: true,
    platforms: [
      { platform: 'linux/amd64', digest: 'sha256:1', size: 4_035_022 },
      { platform: 'linux/arm64', digest: 'sha256:2', size: undefined },
    ],
    steps: readRecorded('cross').steps,
    seconds: 61.2,
  })
  expect(closingLines(facts)).toEqual([
    'Built and pushed r.example/app:1',
    'Built and pushed r.example/app:latest',
    'Digest sha256:0',
    '  linux/amd64 sha256:1 4.0 MB',
    '  linux/arm64 sha256:2',
    'Steps 10, of which 0 came from the cache',
    'Time 1 min 1 s',
    'Pull it with: docker pull r.example/app@sha256:0',
  ])
})

test.each([
  [{ pushed: true, loaded: true }, 'Built, pushed and loaded a:1'],
  [{ loaded: true }, 'Built and loaded a:1'],
  [{}, 'Built a:1'],
])('%j', (own, line) => {
  const steps = [step('[1/2] FROM b', 0, 1), step('[2/2] RUN c', 1, 1, { cached: true })]
  expect(closingLines(factsOf({ ...own, tags: ['a:1'], steps, seconds: 0.2 }))).toEqual([
    line,
    'Steps 1, of which 1 came from the cache',
    'Time 0.2 s',
  ])
})
