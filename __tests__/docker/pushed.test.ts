import { digestOf, pushedReferences } from '../../src/docker/pushed.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const completed = '2026-11-21T06:00:00Z'

test.each<[string, { id: string; completed?: string }, object[]]>([
  [
    'a tag',
    { id: `pushing manifest for 127.0.0.1:5000/me/app:1@${DIGEST}`, completed },
    [{ host: '127.0.0.1:5000', path: 'me/app', tag: '1', digest: DIGEST }],
  ],
  [
    'Docker Hub',
    { id: `pushing manifest for docker.io/library/app:1@${DIGEST}`, completed },
    [{ host: 'docker.io', path: 'library/app', tag: '1', digest: DIGEST }],
  ],
  [
    'by digest alone',
    { id: `pushing manifest for ghcr.io/me/app@${DIGEST}`, completed },
    [{ host: 'ghcr.io', path: 'me/app', digest: DIGEST }],
  ],
  ['not yet', { id: `pushing manifest for ghcr.io/me/app:1@${DIGEST}` }, []],
  ['layers', { id: 'pushing layers', completed }, []],
])('%s', (_name, status, expected) => {
  expect(pushedReferences({ statuses: [status] })).toEqual(expected)
})

test('an event without statuses', () => {
  expect(pushedReferences({ vertexes: [] })).toEqual([])
})

test('digestOf takes the last push of a name', () => {
  const other = `sha256:${'b'.repeat(64)}`
  const app = { host: 'ghcr.io', path: 'me/app', tag: '1' }
  const pushed = [
    { ...app, digest: other },
    { ...app, digest: DIGEST },
    { ...app, tag: '2', digest: other },
  ]
  expect(digestOf(app, pushed)).toBe(DIGEST)
  expect(digestOf({ ...app, tag: '3' }, pushed)).toBeUndefined()
  expect(digestOf({ host: 'ghcr.io', path: 'me/app' }, [{ host: 'ghcr.io', path: 'me/app', digest: other }])).toBe(other)
})
