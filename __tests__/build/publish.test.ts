import { createCommand, explainPublished } from '../../src/build/publish.ts'
import { parseReference } from '../../src/registry/reference.ts'

const references = (...texts: string[]) => texts.map(parseReference)

test('a copy keeps the image as it is', () => {
  expect(
    createCommand(['docker-buildx'], 'ci', references('ghcr.io/me/app:1', 'ghcr.io/me/app:2'), `quay.io/me/app@sha256:${'a'.repeat(64)}`),
  ).toEqual([
    'docker-buildx',
    'imagetools',
    'create',
    '--builder',
    'ci',
    '--progress=plain',
    '--prefer-index=false',
    '--tag',
    'ghcr.io/me/app:1',
    '--tag',
    'ghcr.io/me/app:2',
    `quay.io/me/app@sha256:${'a'.repeat(64)}`,
  ])
})

test('a failure names each tag that is live and each that is not', () => {
  const [live, failed] = [references('ghcr.io/me/app:1', 'app:1'), references('quay.io/me/app:1', 'quay.io/me/app:2')]
  const faults = [
    { copy: { host: 'docker.io', references: references('app:1') }, fault: undefined },
    { copy: { host: 'quay.io', references: failed }, fault: 'unexpected status: 401 Unauthorized' },
  ]
  expect(explainPublished(live, failed, faults)).toBe(
    'push: quay.io: unexpected status: 401 Unauthorized; live are ghcr.io/me/app:1, app:1; not live are quay.io/me/app:1, quay.io/me/app:2; sign in to the registry that failed, or run the job again',
  )
  expect(explainPublished([], failed, faults)).toContain('; live are none; ')
})
