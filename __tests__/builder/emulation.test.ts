import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emulationCommand, planEmulation, readSupported } from '../../src/builder/emulation.ts'
import { handledArchitecture, readHandlers, servedNow } from '../../src/builder/handlers.ts'
import { makeFolder } from '../folder.ts'

const root = makeFolder()
const newFolder = () => mkdtempSync(join(root, 'x-'))

const HOST = ['linux/amd64', 'linux/amd64/v2', 'linux/386', 'linux/arm64']

test.each([
  ['auto', ['linux/amd64', 'linux/arm64'], [], []],
  ['auto', ['linux/arm/v7', 'linux/arm/v6', 'linux/s390x'], ['arm', 's390x'], []],
  ['auto', ['linux/amd64/v4'], [], ['linux/amd64/v4']],
  ['auto', ['linux/mips'], [], ['linux/mips']],
  ['always', ['linux/amd64', 'linux/arm64'], ['arm64'], []],
  ['never', ['linux/s390x'], [], []],
] as const)('qemu %s for %j: installs %j, cannot %j', (qemu, asked, architectures, impossible) => {
  expect(planEmulation(asked, HOST, qemu)).toEqual({ architectures, impossible })
})

test('386 is native to amd64 only where the builder says so', () => {
  expect(planEmulation(['linux/386'], ['linux/amd64'], 'auto').architectures).toEqual(['386'])
  expect(planEmulation(['linux/386'], HOST, 'auto').architectures).toEqual([])
})

test('the one privileged run', () => {
  const place = { image: 'mirror/binfmt:1', container: 'c', endpoint: { context: 'remote', host: 'unix:///x' } }
  expect(emulationCommand(['arm', 's390x'], place).join(' ')).toBe(
    'docker --context remote run --rm --privileged --network none --name c mirror/binfmt:1 --install arm,s390x',
  )
})

test('what the installer says at its end', () => {
  expect(readSupported('{\n  "supported": ["linux/amd64", "linux/arm64"],\n  "emulators": []\n}\n')).toEqual(['linux/amd64', 'linux/arm64'])
  expect(readSupported('nothing')).toEqual([])
})

const handler = (magic: string, enabled = true) =>
  `${enabled ? 'enabled' : 'disabled'}\ninterpreter /usr/bin/qemu\nflags: PF\noffset 0\nmagic ${magic}\nmask ff\n`

// As Debian and the binfmt image register them.
test.each([
  ['arm64', '7f454c460201010000000000000000000200b700'],
  ['arm', '7f454c4601010100000000000000000002002800'],
  ['s390x', '7f454c4602020100000000000000000000020016'],
  ['ppc64le', '7f454c4602010100000000000000000002001500'],
  ['riscv64', '7f454c460201010000000000000000000200f300'],
  ['amd64', '7f454c4602010100000000000000000002003e00'],
  ['386', '7f454c4601010100000000000000000002000300'],
  ['loong64', '7f454c4602010100000000000000000002000201'],
])('a handler for %s', (architecture, magic) => {
  expect(handledArchitecture(handler(magic))).toBe(architecture)
  expect(handledArchitecture(handler(magic, false))).toBeUndefined()
})

test('handlers of other things are none of an architecture', () => {
  expect(handledArchitecture(handler('4d5a'))).toBeUndefined()
  expect(handledArchitecture('enabled\ninterpreter /usr/bin/python3\nflags: \nextension .pyc\n')).toBeUndefined()
})

test('the handlers of a kernel, and where they cannot be read', async () => {
  const folder = newFolder()
  expect(await readHandlers(join(folder, 'none'))).toBeUndefined()
  mkdirSync(join(folder, 'empty'))
  expect(await readHandlers(join(folder, 'empty'))).toBeUndefined()
  writeFileSync(join(folder, 'status'), 'enabled\n')
  writeFileSync(join(folder, 'some-name'), handler('7f454c460201010000000000000000000200b700'))
  expect(await readHandlers(folder)).toEqual(new Set(['arm64']))
  writeFileSync(join(folder, 'status'), 'disabled\n')
  expect(await readHandlers(folder)).toEqual(new Set())
})

test.each([
  [
    'a handler that is gone takes its platform with it',
    ['linux/amd64', 'linux/386', 'linux/s390x'],
    ['arm64'],
    ['linux/amd64', 'linux/386', 'linux/arm64'],
  ],
  ['a new one brings it, before the engine sees it', ['linux/amd64'], ['arm'], ['linux/amd64', 'linux/arm/v7']],
  ['32-bit arm is native to arm64', ['linux/arm64', 'linux/arm/v7', 'linux/arm/v6'], [], ['linux/arm64', 'linux/arm/v7', 'linux/arm/v6']],
])('%s', (_, reported, handlers, served) => {
  expect(servedNow(reported, new Set(handlers))).toEqual(served)
})

test('where the kernel cannot be asked, the builder is believed', () => {
  expect(servedNow(['linux/amd64', 'linux/s390x'], undefined)).toEqual(['linux/amd64', 'linux/s390x'])
})
