import { readRewrites, sourcePolicy } from '../../src/build/rewrite.ts'

const read = (text: string) => readRewrites(() => text)

test.each<[string, { from: string; to: string }[]]>([
  ['', []],
  [
    'registry.cn-beijing.aliyuncs.com=registry-vpc.cn-beijing.aliyuncs.com',
    [{ from: 'registry.cn-beijing.aliyuncs.com', to: 'registry-vpc.cn-beijing.aliyuncs.com' }],
  ],
  ['registry-1.docker.io = mirror.example.com/hub/', [{ from: 'docker.io', to: 'mirror.example.com/hub' }]],
  [
    'docker.io/library=127.0.0.1:5000\nGHCR.io=[::1]:5000',
    [
      { from: 'docker.io/library', to: '127.0.0.1:5000' },
      { from: 'ghcr.io', to: '[::1]:5000' },
    ],
  ],
])('rewrite %j', (text, expected) => {
  expect(read(text)).toEqual(expected)
})

test.each([
  ['docker.io', 'input rewrite, line 1: write it as from=to, such as docker.io=mirror.example.com'],
  ['a.io=b.io=c.io', 'input rewrite, line 1: write it as from=to, such as docker.io=mirror.example.com'],
  ['a.io=b.io\nhttps://a.io=c.io', 'input rewrite, line 2: "https://a.io": write the host without https://'],
  [
    'library=b.io',
    'input rewrite, line 1: "library" is not a registry\'s host, with or without the beginning of a path; write it as registry.example.com:5000/team',
  ],
  [
    'a.io=b.io/x y',
    'input rewrite, line 1: "b.io/x y" is not a registry\'s host, with or without the beginning of a path; write it as registry.example.com:5000/team',
  ],
  ['a.io=b.io\na.io=c.io', 'input rewrite: "a.io" stands there twice; leave one out'],
  ['a.io=b.io\nb.io=c.io', 'input rewrite: "b.io", which replaces "a.io", is itself replaced by "c.io"; name the last one'],
  ['a.io=a.io/mirror', 'input rewrite: "a.io/mirror", which replaces "a.io", is itself replaced by "a.io/mirror"; name the last one'],
])('rewrite %j is an error', (text, message) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ message }))
})

test('the policy of BuildKit, the longest endpoint first', () => {
  expect(JSON.parse(sourcePolicy(read('docker.io=127.0.0.1:5001\ndocker.io/library=127.0.0.1:5001/official')))).toEqual({
    rules: [
      {
        action: 'CONVERT',
        selector: { identifier: 'docker-image://docker.io/library/*' },
        updates: { identifier: 'docker-image://127.0.0.1:5001/official/${1}' },
      },
      {
        action: 'CONVERT',
        selector: { identifier: 'docker-image://docker.io/*' },
        updates: { identifier: 'docker-image://127.0.0.1:5001/${1}' },
      },
    ],
  })
})
