import { needsOf } from '../../src/builder/needs.ts'

const none = { platforms: [], cacheExports: [], attestations: false, outputs: [], entitlements: [] }

test.each([
  ['nothing', ['build', '.'], {}],
  ['platforms', ['--platform', 'linux/amd64,linux/arm64'], { platforms: ['linux/amd64', 'linux/arm64'] }],
  ['a registry cache', ['--cache-to', 'type=registry,ref=a/b,mode=max'], { cacheExports: ['registry'] }],
  ['a bare reference as cache', ['--cache-to=a/b:cache'], { cacheExports: ['registry'] }],
  ['an inline cache asks for nothing', ['--cache-to', 'type=inline'], {}],
  ['two caches of one kind', ['--cache-to', 'type=gha', '--cache-to', 'type=gha,scope=x'], { cacheExports: ['gha'] }],
  ['provenance', ['--provenance=mode=max'], { attestations: true }],
  ['provenance switched off', ['--provenance=false'], {}],
  ['sbom', ['--sbom=true'], { attestations: true }],
  ['an attestation', ['--attest', 'type=sbom'], { attestations: true }],
  ['an attestation switched off', ['--attest', 'type=provenance,disabled=true'], {}],
  ['a folder as output', ['--output', 'out'], {}],
  ['an OCI archive', ['-o', 'type=oci,dest=a.tar'], { outputs: ['oci'] }],
  ['a Docker archive', ['--output', 'type=docker,dest=a.tar'], { outputs: ['docker'] }],
  ['loading', ['--output', 'type=docker', '--load'], {}],
  ['a push by digest', ['--output', '"type=image",push=true,push-by-digest=true'], { outputs: ['push-by-digest'] }],
  ['entitlements', ['--allow', 'security.insecure', '--allow=network.host'], { entitlements: ['security.insecure', 'network.host'] }],
  ['a device', ['--allow', 'device=vendor.com/device=soup'], { entitlements: ['device'] }],
  ['the network of the host', ['--network', 'host'], { entitlements: ['network.host'] }],
  ['another network', ['--network=none'], {}],
])('%s', (_, command, expected) => {
  expect(needsOf([command])).toEqual({ ...none, ...expected })
})

test('of several builds, all', () => {
  expect(
    needsOf([
      ['--platform', 'linux/amd64'],
      ['--platform=linux/arm64', '--network', 'host'],
    ]),
  ).toEqual({
    ...none,
    platforms: ['linux/amd64', 'linux/arm64'],
    entitlements: ['network.host'],
  })
})
