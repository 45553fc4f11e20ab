import { parse } from 'smol-toml'
import { mirroredReferences, parseRegistries } from '../../src/builder/registries.ts'
import { certificateTexts, registriesToml } from '../../src/builder/toml.ts'
import { formatReference, parseReference } from '../../src/registry/reference.ts'

const YAML = `
docker.io:
  mirrors: [mirror.example.com, "other.example.com:5000/hub/"]
registry.example.com:5000:
  ca: [/a/ca.pem, /b/ca.pem]
  keypair:
    - {key: /a/key.pem, cert: /a/cert.pem}
plain.example.com:
  http: true
  insecure: true
`

test('as BuildKit reads it', () => {
  const settings = parseRegistries(YAML)
  const files = new Map(settings.flatMap(certificateTexts).map((text, index) => [text, `/t/registry-${index}.pem`]))
  const toml = registriesToml(
    'debug = true\n[registry."docker.io"]\nhttp = true\n[worker.oci]\nmax-parallelism = 4\n',
    settings,
    (text) => files.get(text) ?? '',
  )
  expect(parse(toml)).toEqual({
    debug: true,
    worker: { oci: { 'max-parallelism': 4 } },
    registry: {
      'docker.io': { http: true, mirrors: ['mirror.example.com', 'other.example.com:5000/hub'] },
      'registry.example.com:5000': {
        // Certificates mean HTTPS, on the loopback interface too.
        http: false,
        ca: ['/t/registry-0.pem', '/t/registry-1.pem'],
        keypair: [{ key: '/t/registry-2.pem', cert: '/t/registry-3.pem' }],
      },
      'plain.example.com': { http: true, insecure: true },
    },
  })
})

test('nothing given leaves the configuration as it is', () => {
  expect(parse(registriesToml('debug = true', parseRegistries(''), String))).toEqual({ debug: true })
})

test('a configuration that is not TOML: the line, and nothing of the text', () => {
  expect(() => registriesToml('debug = true\ntoken = s3cret s3cret\n', [], String)).toThrow(/^is not valid TOML \(line 2\); see https/)
})

test.each([
  [
    'moby/buildkit:buildx-stable-1',
    ['mirror.example.com/moby/buildkit:buildx-stable-1', 'other.example.com:5000/hub/moby/buildkit:buildx-stable-1'],
  ],
  ['alpine', ['mirror.example.com/library/alpine', 'other.example.com:5000/hub/library/alpine']],
  ['quay.io/a/b:1', []],
])('%s at its mirrors', (image, mirrored) => {
  expect(mirroredReferences(parseReference(image), parseRegistries(YAML)).map(formatReference)).toEqual(mirrored)
})

test.each([
  ['- docker.io', /^is not a mapping/],
  ['docker.io:', /^docker\.io: has no settings/],
  ['docker.io: {mirrors: {a: b}}', /^docker\.io: "mirrors" must be a text or a list of texts/],
  ['docker.io: {insecure: maybe}', /^docker\.io: "insecure" must be true or false/],
  ['docker.io: {keypair: {key: a}}', /^docker\.io: keypair: needs both key and cert/],
  ['docker.io: {mirrors: ["http://m"]}', /write the host without http:\/\//],
  ['"a b": {http: true}', /^"a b" is not a registry's host/],
])('%s', (yaml, error) => {
  expect(() => parseRegistries(yaml)).toThrow(error)
})
