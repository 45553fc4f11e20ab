import fc from 'fast-check'
import { formatPlatform, parsePlatform } from '../../src/registry/platform.ts'
import { anyCharacter } from '../character.ts'

test.each([
  // https://github.com/containerd/platforms/blob/main/platforms_test.go
  ['linux/amd64', 'linux/amd64'],
  ['linux/arm64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/arm/6', 'linux/arm/v6'],
  ['linux/arm/v5', 'linux/arm/v5'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/x86-64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v2', 'linux/amd64/v2'],
  ['linux/i386', 'linux/386'],
  ['linux/386', 'linux/386'],
  ['linux/riscv64', 'linux/riscv64'],
  ['linux/ppc64le', 'linux/ppc64le'],
  ['linux/s390x', 'linux/s390x'],
  ['linux/loong64', 'linux/loong64'],
  ['wasip1/wasm', 'wasip1/wasm'],
  ['darwin/arm64', 'darwin/arm64'],
  ['arm64', 'linux/arm64'],
  ['amd64', 'linux/amd64'],
  ['armhf', 'linux/arm/v7'],
  ['arm', 'linux/arm/v7'],
  ['LINUX/AMD64', 'linux/amd64'],
  [' linux/amd64 ', 'linux/amd64'],
])('%s is %s', (text, platform) => {
  expect(formatPlatform(parsePlatform(text))).toBe(platform)
})

test('the parts', () => {
  expect(parsePlatform('linux/arm')).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' })
  expect(parsePlatform('linux/arm64/v8')).toEqual({ os: 'linux', architecture: 'arm64' })
})

test.each([
  ['windows/amd64', '"windows/amd64": Windows images cannot be built here; use linux/… platforms'],
  ['plan10/amd64', '"plan10/amd64" names an unknown operating system; write it as linux/amd64'],
  ['', '"" names an unknown architecture; known are 386, amd64, arm, arm64,'],
  ['/', '"/" names an unknown operating system'],
  ['linux', '"linux" names an unknown architecture'],
  ['linux/', '"linux/" names an unknown architecture'],
  ['linux/armv7', '"linux/armv7" names an unknown architecture'],
  ['linux/x64', '"linux/x64" names an unknown architecture'],
  ['linux/constructor', '"linux/constructor" names an unknown architecture'],
  ['linux/__proto__', '"linux/__proto__" names an unknown architecture'],
  ['linux/amd64/v2/x', '"linux/amd64/v2/x" names an unknown architecture'],
  ['linux/arm/v 7', '"linux/arm/v 7" has an invalid variant; write it as linux/arm/v7'],
  ['linux/amd64,linux/arm64', 'names an unknown architecture'],
])('%j is refused', (text, message) => {
  expect(() => parsePlatform(text)).toThrow(message)
})

test('for any text: a platform that reads back as itself, or an error that shows the text', () => {
  const word = fc.constantFrom(
    'linux',
    'windows',
    'amd64',
    'arm',
    'armhf',
    'arm64',
    'aarch64',
    'v7',
    '8',
    '/',
    ' ',
    'toString',
    'hasOwnProperty',
  )
  const text = fc.oneof(
    fc.array(word).map((words) => words.join('')),
    fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('/')),
    fc.string({ unit: anyCharacter }),
  )
  fc.assert(
    fc.property(text, (any) => {
      let platform: ReturnType<typeof parsePlatform>
      try {
        platform = parsePlatform(any)
      } catch (error) {
        expect((error as Error).constructor).toBe(Error)
        expect((error as Error).message.startsWith(`"${any}"`)).toBe(true)
        return
      }
      expect(parsePlatform(formatPlatform(platform))).toEqual(platform)
    }),
    { numRuns: 500 },
  )
})
