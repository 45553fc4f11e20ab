import { toOutputs } from '../../src/build/report.ts'
import type { BuildResult } from '../../src/build/run.ts'
import { Progress } from '../../src/docker/progress.ts'
import { parseReference } from '../../src/registry/reference.ts'
import { readRecording } from '../fixtures/progress/recording.ts'
import { NOTHING } from './nothing.ts'

const DIGEST = `sha256:${'d'.repeat(64)}`
const outputs = (more: Partial<BuildResult>) => toOutputs({ ...NOTHING, ...more })

/** The steps of a recorded build. */
function stepsOf(name: string) {
  const progress = new Progress()
  for (const { status } of readRecording(name).events) progress.add(status)
  return progress.steps()
}

test('of a build that is known by nothing but its end, every output is text', () => {
  const all = outputs({})
  for (const value of Object.values(all)) expect(typeof value).toBe('string')
  expect(all).toMatchObject({
    digest: '',
    imageid: '',
    metadata: '',
    image: '',
    tags: '',
    platforms: '{}',
    'cached-steps': '0',
    'total-steps': '0',
  })
})

test('of a push: digests, references, platforms', () => {
  const references = [parseReference('b.io/team/app:1'), parseReference('b.io/team/app:latest'), parseReference('app:1')]
  const platforms = new Map([
    ['linux/amd64', 'sha256:a'],
    ['linux/arm64', 'sha256:b'],
  ])
  expect(outputs({ references, platforms, digest: DIGEST, imageId: 'sha256:i', metadata: '{"a":1}' })).toMatchObject({
    digest: DIGEST,
    imageid: 'sha256:i',
    metadata: '{"a":1}',
    // To deploy exactly this image: the first repository, without its tag.
    image: `b.io/team/app@${DIGEST}`,
    tags: 'b.io/team/app:1\nb.io/team/app:latest\napp:1',
    platforms: '{"linux/amd64":"sha256:a","linux/arm64":"sha256:b"}',
    builder: 'default',
    driver: 'docker',
  })
})

test('an image without a name or without a digest cannot be deployed', () => {
  expect(outputs({ digest: DIGEST }).image).toBe('')
  expect(outputs({ references: [parseReference('app:1')] }).image).toBe('')
})

test.each([
  ['platforms', '8', '0'],
  ['cached', '8', '8'],
  ['failing', '3', '0'],
  ['link', '10', '0'],
])('steps of the recorded build "%s"', (name, total, cached) => {
  expect(outputs({ steps: stepsOf(name) })).toMatchObject({ 'total-steps': total, 'cached-steps': cached })
})
