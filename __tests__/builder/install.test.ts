import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { csvField, nodeTls, tlsOptions } from '../../src/builder/certificates.ts'
import { isPassing, lastLine, tried } from '../../src/builder/faults.ts'
import { assetName, checksumOf } from '../../src/builder/install.ts'
import { readWorkers } from '../../src/builder/workers.ts'
import { makeFolder } from '../folder.ts'

const root = makeFolder()
const newFolder = () => mkdtempSync(join(root, 'x-'))

// Names as in https://github.com/docker/buildx/releases/tag/v0.36.1
test.each([
  ['linux', 'x64', 'buildx-v0.36.1.linux-amd64'],
  ['linux', 'arm64', 'buildx-v0.36.1.linux-arm64'],
  ['linux', 'arm', 'buildx-v0.36.1.linux-arm-v7'],
  ['linux', 'ppc64', 'buildx-v0.36.1.linux-ppc64le'],
  ['linux', 's390x', 'buildx-v0.36.1.linux-s390x'],
  ['linux', 'riscv64', 'buildx-v0.36.1.linux-riscv64'],
  ['darwin', 'arm64', 'buildx-v0.36.1.darwin-arm64'],
  ['win32', 'x64', 'buildx-v0.36.1.windows-amd64.exe'],
])('%s %s: %s', (platform, arch, name) => {
  expect(assetName('0.36.1', platform, arch)).toBe(name)
})

test('a checksum by the whole name of its file', () => {
  const list = `${'a'.repeat(64)} *buildx.linux-amd64.sbom.json\n${'B'.repeat(64)}  buildx.linux-amd64\nnot a line\n`
  expect(checksumOf(list, 'buildx.linux-amd64')).toBe('b'.repeat(64))
  expect(checksumOf(list, 'buildx.linux-amd64.sbom.json')).toBe('a'.repeat(64))
  expect(checksumOf(list, 'buildx')).toBeUndefined()
})

test.each([
  ['net/http: TLS handshake timeout', true],
  ['failed to resolve reference "a": unexpected status from HEAD request to http://a: 503 Service Unavailable', true],
  ['toomanyrequests: You have reached your pull rate limit', true],
  ['read: connection reset by peer', true],
  ['failed to do request: Head "https://a/v2/": EOF', true],
  ['tls: failed to verify certificate: x509: certificate signed by unknown authority', false],
  ['pull access denied for a, repository does not exist', false],
  ['manifest unknown', false],
  ['no space left on device', false],
])('%s: passes %s', (said, passing) => {
  expect(isPassing(said)).toBe(passing)
})

test('the line that has the reason', () => {
  expect(lastLine("docker: Error response from daemon: x\n\nRun 'docker run --help' for more information\n")).toBe(
    'Error response from daemon: x',
  )
  expect(lastLine('ERROR: no such builder\n')).toBe('no such builder')
  expect(lastLine('')).toBe('')
})

test('a cancel ends the tries', async () => {
  const controller = new AbortController()
  let count = 0
  const work = async () => ++count
  const done = tried(work, () => true, { signal: controller.signal, onAgain: () => controller.abort() })
  expect(await done).toBe(1)
})

// A ListWorkersResponse of an engine, as its BuildKit gives it out.
test('the workers of an engine', () => {
  const text = (field: number, value: string | Uint8Array) => {
    const bytes = Buffer.from(value)
    return Buffer.concat([
      Buffer.from([field * 8 + 2, ...(bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7])]),
      bytes,
    ])
  }
  const platform = (os: string, architecture: string, variant = '') =>
    text(3, Buffer.concat([text(1, architecture), text(2, os), ...(variant ? [text(3, variant)] : [])]))
  const label = text(2, Buffer.concat([text(1, 'org.mobyproject.buildkit.worker.snapshotter'), text(2, 'overlayfs')]))
  const policy = text(4, Buffer.from([0x08, 0x01, 0x10, 0x80, 0x80, 0x01]))
  const version = text(5, Buffer.concat([text(1, 'github.com/moby/buildkit'), text(2, 'v0.32.2')]))
  const worker = Buffer.concat([
    text(1, 'id'),
    label,
    platform('linux', 'amd64'),
    platform('linux', 'arm'),
    platform('linux', 'arm', 'v6'),
    policy,
    version,
  ])
  expect(readWorkers(text(1, worker))).toEqual({
    platforms: ['linux/amd64', 'linux/arm/v7', 'linux/arm/v6'],
    containerdStore: true,
    labels: { 'org.mobyproject.buildkit.worker.snapshotter': 'overlayfs' },
    buildkit: 'v0.32.2',
  })
  expect(() => readWorkers(Buffer.from([0x80]))).toThrow(/ends in the middle/)
})

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'

test('certificates become files for their owner alone', async () => {
  const folder = join(newFolder(), 'manifold-builder-x')
  const options = await tlsOptions({ ca: PEM, cert: '', key: '' }, 1, folder)
  expect(options).toEqual([`cacert=${folder}/node-1-cacert.pem`])
  expect(readFileSync(join(folder, 'node-1-cacert.pem'), 'utf8')).toBe(`${PEM}\n`)
  expect(statSync(join(folder, 'node-1-cacert.pem')).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  await expect(tlsOptions({ ca: '/no/such.pem', cert: '', key: '' }, 0, folder)).rejects.toThrow(
    /^cannot read the cacert of node 1 \(ENOENT\)/,
  )
})

test('whose certificates a node takes', () => {
  const all = { ca: 'A', cert: 'B', key: 'C' }
  expect(nodeTls({ ca: '', cert: '', key: '' }, 0, all, {})).toEqual(all)
  expect(nodeTls({ ca: '', cert: 'x', key: 'y' }, 0, all, {})).toEqual({ ca: 'A', cert: 'x', key: 'y' })
  expect(nodeTls({ ca: '', cert: '', key: '' }, 2, all, { BUILDER_NODE_2_AUTH_TLS_CACERT: 'z' })).toEqual({ ca: 'z', cert: 'B', key: 'C' })
})

test('a path with a comma in an option', () => {
  expect(csvField('cacert=/a,b/"c".pem')).toBe('"cacert=/a,b/""c"".pem"')
  expect(csvField('network=host')).toBe('network=host')
})
