import { CACHE_TAG, planCache } from '../../src/cache/policy.ts'
import { parseReference } from '../../src/registry/reference.ts'

test('none', () => {
  expect(planCache({ kind: 'none' }, undefined)).toEqual({ from: [], to: [], line: undefined })
})

describe('in a registry', () => {
  const reference = parseReference(`registry.example.com:5000/team/app:${CACHE_TAG}`)
  const ref = 'registry.example.com:5000/team/app:flow-docker-build-cache'
  const to = (mode: string) => [`type=registry,ref=${ref},mode=${mode},image-manifest=true,oci-mediatypes=true,ignore-error=true`]

  test('that is there, or may be, is read and written', () => {
    const plan = { from: [`type=registry,ref=${ref}`], to: to('max'), line: `Cache: read from and written to ${ref}` }
    expect(planCache({ kind: 'registry', reference, mode: 'max' }, true)).toEqual(plan)
    expect(planCache({ kind: 'registry', reference, mode: 'max' }, undefined)).toEqual(plan)
  })

  test('that is not there yet is only written', () => {
    expect(planCache({ kind: 'registry', reference, mode: 'min' }, false)).toEqual({
      from: [],
      to: to('min'),
      line: `Cache: ${ref} does not exist yet; it is written after this build`,
    })
  })
})
