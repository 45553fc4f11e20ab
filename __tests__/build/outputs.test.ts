import {
  formatOutput,
  isImage,
  isLoaded,
  isPushed,
  isPushedByDigest,
  namesOf,
  parseOutput,
  readOutputs,
  withDefaults,
} from '../../src/build/outputs.ts'

describe('parseOutput and formatOutput', () => {
  // https://docs.docker.com/build/exporters/ and the examples of build-push-action
  test.each<[string, string, Record<string, string>, string]>([
    ['./release-out', 'local', { dest: './release-out' }, 'type=local,dest=./release-out'],
    ['.', 'local', { dest: '.' }, 'type=local,dest=.'],
    ['-', 'tar', { dest: '-' }, 'type=tar,dest=-'],
    ['type=docker', 'docker', {}, 'type=docker'],
    ['type=oci,dest=/tmp/oci.tar', 'oci', { dest: '/tmp/oci.tar' }, 'type=oci,dest=/tmp/oci.tar'],
    ['dest=a b, type=local', 'local', { dest: 'a b' }, 'type=local,dest=a b'],
    [
      'type=image,"name=localhost:5000/name/app:latest,localhost:5000/name/app:foo",push-by-digest=true,name-canonical=true,push=true',
      'image',
      {
        name: 'localhost:5000/name/app:latest,localhost:5000/name/app:foo',
        'push-by-digest': 'true',
        'name-canonical': 'true',
        push: 'true',
      },
      'type=image,"name=localhost:5000/name/app:latest,localhost:5000/name/app:foo",push-by-digest=true,name-canonical=true,push=true',
    ],
    ['type=image,annotation-index.a=b=c', 'image', { 'annotation-index.a': 'b=c' }, 'type=image,annotation-index.a=b=c'],
  ])('%s', (text, type, attributes, formatted) => {
    const output = parseOutput(text)
    expect({ ...output, attributes: Object.fromEntries(output.attributes) }).toEqual({ type, attributes })
    expect(formatOutput(output)).toBe(formatted)
  })
})

test.each([
  ['type=local,dest=x\na=b,dest=y', 'input outputs, line 2: it has no type; write it as type=local,dest=path'],
  ['type=image,push', 'input outputs, line 1: "push" has no "="; write it as key=value'],
])('outputs %j is an error', (text, message) => {
  expect(() => readOutputs(() => text)).toThrow(expect.objectContaining({ message }))
})

test.each([
  ['type=registry', { isPushed: true, isPushedByDigest: false, isLoaded: false, isImage: true, names: [] }],
  ['type=image', { isPushed: false, isPushedByDigest: false, isLoaded: false, isImage: true, names: [] }],
  ['type=image,push=1,name=a:1', { isPushed: true, isPushedByDigest: false, isLoaded: false, isImage: true, names: ['a:1'] }],
  [
    'type=image,push=true,push-by-digest=true,"name=a,b"',
    { isPushed: true, isPushedByDigest: true, isLoaded: false, isImage: true, names: ['a', 'b'] },
  ],
  ['type=docker,name=app:local', { isPushed: false, isPushedByDigest: false, isLoaded: true, isImage: true, names: ['app:local'] }],
  ['type=docker,dest=x.tar', { isPushed: false, isPushedByDigest: false, isLoaded: false, isImage: true, names: [] }],
  ['out', { isPushed: false, isPushedByDigest: false, isLoaded: false, isImage: false, names: [] }],
])('%s', (text, expected) => {
  const output = parseOutput(text)
  const found = {
    isPushed: isPushed(output),
    isPushedByDigest: isPushedByDigest(output),
    isLoaded: isLoaded(output),
    isImage: isImage(output),
    names: namesOf(output),
  }
  expect(found).toEqual(expected)
})

test('what the user wrote stays', () => {
  expect(formatOutput(withDefaults(parseOutput('type=image,compression=gzip'), { compression: 'zstd', store: 'false' }))).toBe(
    'type=image,compression=gzip,store=false',
  )
})
