import { emulator, missingPlatforms } from '../../src/builder/platforms.ts'

const AMD64 = ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3', 'linux/386']

test.each([
  [['linux/amd64'], AMD64, []],
  [['linux/amd64/v3'], AMD64, []],
  [['linux/amd64/v4'], AMD64, ['linux/amd64/v4']],
  [['linux/386', 'linux/arm64'], AMD64, ['linux/arm64']],
  [['linux/arm/v6', 'linux/arm/v5'], ['linux/arm/v7'], []],
  [['linux/arm/v7'], ['linux/arm/v6'], ['linux/arm/v7']],
  [['linux/arm/v7'], ['linux/arm64'], ['linux/arm/v7']],
  [['linux/arm64'], ['linux/arm64/v8'], []],
  [['linux/arm64'], ['linux/arm/v7'], ['linux/arm64']],
  [['linux/riscv64', 'linux/ppc64le', 'linux/s390x'], AMD64, ['linux/riscv64', 'linux/ppc64le', 'linux/s390x']],
  [['linux/amd64'], ['plan9/amd64', 'linux/amd64'], []],
  [[], [], []],
])('asked for %j, served %j: missing %j', (asked, served, missing) => {
  expect(missingPlatforms(asked, served)).toEqual(missing)
})

test.each([
  ['linux/amd64/v3', 'amd64'],
  ['linux/386', '386'],
  ['linux/arm/v6', 'arm'],
  ['linux/arm64', 'arm64'],
  ['linux/riscv64', 'riscv64'],
  ['linux/ppc64le', 'ppc64le'],
  ['linux/s390x', 's390x'],
  ['linux/mips', undefined],
  ['freebsd/amd64', undefined],
])('%s is emulated as %s', (platform, architecture) => {
  expect(emulator(platform)).toBe(architecture)
})
