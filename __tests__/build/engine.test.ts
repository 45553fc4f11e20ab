import { parseEngine } from '../../src/build/engine.ts'

test.each<[string, object, string, { containerdStore: boolean; platform: string }]>([
  [
    'the containerd store',
    { DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] },
    'amd64',
    { containerdStore: true, platform: 'linux/amd64' },
  ],
  ['the classic store', { DriverStatus: [['Backing Filesystem', 'extfs']] }, 'arm64', { containerdStore: false, platform: 'linux/arm64' }],
  ['nothing of the store', { DriverStatus: null }, 'arm', { containerdStore: false, platform: 'linux/arm/v7' }],
])('parseEngine: %s', (_name, info, Arch, expected) => {
  const version = JSON.stringify({ Version: '28.5.2', Os: 'linux', Arch, GoVersion: 'go1.27.1' })
  expect(parseEngine(JSON.stringify(info), version)).toEqual({ ...expected, goVersion: 'go1.27.1' })
})
