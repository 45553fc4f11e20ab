import { type AttestationSetting, planAttestations, readAttestations, refusesArtifacts } from '../../src/build/attestations.ts'

const RUN = 'https://github.com/me/app/actions/runs/123456789/attempts/1'
const ACR = 'registry.cn-hangzhou.aliyuncs.com'
const setting: AttestationSetting = {
  platforms: 1,
  exported: true,
  loaded: false,
  hosts: ['ghcr.io'],
  reproducible: false,
  runUrl: RUN,
  decided: false,
}
const read = (inputs: Record<string, string>) => readAttestations((name) => inputs[name] ?? '')
const plan = (inputs: Record<string, string>, own: Partial<AttestationSetting> = {}) =>
  planAttestations(read(inputs), { ...setting, ...own })

describe('by default', () => {
  const made = ['--attest', `type=provenance,mode=min,inline-only=true,builder-id=${RUN}`]
  const none = ['--provenance=false']
  test.each<[string, Partial<AttestationSetting>, string[]]>([
    ['one platform is a plain image', {}, none],
    ['several platforms tell where they come from', { platforms: 2 }, made],
    ['several platforms outside of a runner', { platforms: 2, runUrl: '' }, ['--attest', 'type=provenance,mode=min,inline-only=true']],
    ['not with load', { platforms: 2, loaded: true }, none],
    ['not when nothing leaves the machine', { platforms: 2, exported: false }, none],
    ['not in a reproducible build', { platforms: 2, reproducible: true }, none],
    ["not beside flags of the user's own", { platforms: 2, decided: true }, []],
  ])('%s', (_name, own, flags) => {
    expect(plan({}, own)).toEqual({ flags, attributes: {}, line: undefined })
  })

  test('none for a registry that rejects the newer form, and the log says so', () => {
    expect(plan({}, { platforms: 2, hosts: ['ghcr.io', ACR] })).toEqual({
      flags: none,
      attributes: {},
      line: `Attestations: none by default, since ${ACR} rejects their newer form, and the older one was not asked for; set provenance: true to have it`,
    })
  })
})

describe('asked for', () => {
  // The cases of build-push-action, whose flags these are.
  test.each<[Record<string, string>, string[]]>([
    [{ provenance: 'true' }, ['--attest', `type=provenance,builder-id=${RUN}`]],
    [{ provenance: 'false' }, ['--attest', 'type=provenance,disabled=true']],
    [{ provenance: 'mode=max' }, ['--attest', `type=provenance,mode=max,builder-id=${RUN}`]],
    [{ provenance: 'builder-id=foo' }, ['--attest', 'type=provenance,builder-id=foo']],
    [{ provenance: 'mode=max', sbom: 'true' }, ['--attest', `type=provenance,mode=max,builder-id=${RUN}`, '--attest', 'type=sbom']],
    [{ provenance: 'mode=max', attests: 'type=provenance,mode=min' }, ['--attest', `type=provenance,mode=max,builder-id=${RUN}`]],
    [{ attests: 'type=provenance,mode=min' }, ['--attest', `type=provenance,mode=min,builder-id=${RUN}`]],
    [
      { attests: 'type=sbom,generator=image\ntype=provenance,false' },
      ['--attest', 'type=sbom,generator=image', '--attest', 'type=provenance,disabled=true'],
    ],
    [
      { sbom: 'generator=docker/scout', attests: 'type=sbom,generator=image', provenance: 'false' },
      ['--attest', 'type=provenance,disabled=true', '--attest', 'type=sbom,generator=docker/scout'],
    ],
    [{ sbom: 'true' }, ['--attest', 'type=sbom', '--provenance=false']],
  ])('%j', (inputs, flags) => {
    expect(plan(inputs)).toEqual({ flags, attributes: {}, line: undefined })
  })

  test('an SBOM of several platforms leaves the default provenance', () => {
    expect(plan({ sbom: 'true' }, { platforms: 2 }).flags).toEqual([
      '--attest',
      'type=sbom',
      '--attest',
      `type=provenance,mode=min,inline-only=true,builder-id=${RUN}`,
    ])
  })

  test('in the older form for a registry that rejects the newer one, and the log says so', () => {
    expect(plan({ provenance: 'mode=max' }, { hosts: [ACR] })).toEqual({
      flags: ['--attest', `type=provenance,mode=max,builder-id=${RUN}`],
      attributes: { 'oci-artifact': 'false' },
      line: `Attestations: in their older form, since ${ACR} rejects them as OCI artifacts`,
    })
    expect(plan({ provenance: 'false' }, { hosts: [ACR] })).toEqual({
      flags: ['--attest', 'type=provenance,disabled=true'],
      attributes: {},
      line: undefined,
    })
    expect(plan({}, { hosts: [ACR], decided: true }).attributes).toEqual({ 'oci-artifact': 'false' })
  })
})

test.each([
  [{ provenance: 'max' }, 'input provenance: must be true, false, or attributes such as mode=max'],
  [{ sbom: 'yes' }, 'input sbom: must be true, false, or attributes such as generator=image'],
  [{ attests: 'mode=max' }, 'input attests: an entry has no type; write it as type=sbom,generator=image'],
])('%j is an error', (inputs, message) => {
  expect(() => read(inputs as Record<string, string>)).toThrow(expect.objectContaining({ message }))
})

test.each([
  [ACR, true],
  ['registry-vpc.cn-beijing.aliyuncs.com', true],
  ['crpi-1a2b.cn-hangzhou.personal.cr.aliyuncs.com', true],
  ['demo-registry.cn-shanghai.cr.aliyuncs.com:443', true],
  ['ghcr.io', false],
  ['aliyuncs.com.example.org', false],
  ['notaliyuncs.com', false],
])('%s refuses OCI artifacts: %s', (host, expected) => {
  expect(refusesArtifacts(host)).toBe(expected)
})
