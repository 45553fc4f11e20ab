import { findMounts } from '../../src/cache/mounts/dockerfile.ts'
import { bringInRecipe, takeOutRecipe } from '../../src/cache/mounts/recipe.ts'
import { planMounts } from '../../src/cache/mounts.ts'
import { parseReference } from '../../src/registry/reference.ts'

const ids = (text: string, target = '') => findMounts(text, target).stages.flatMap(({ mounts }) => mounts.map(({ id }) => id))

describe('the mounts of a Dockerfile', () => {
  test.each<[string, string, string[]]>([
    ['none', 'FROM a\nRUN x\nRUN --mount=type=bind,target=/b x', []],
    ['known by its target, cleaned', 'FROM a\nRUN --mount=type=cache,target=/root//.cache/ x', ['/root/.cache']],
    ['known by its id', 'FROM a\nRUN --mount=type=cache,id=go,dst=/go x', ['go']],
    [
      'several on a RUN over several lines, with flags between',
      'FROM a\nRUN --mount=type=cache,target=/a \\\n  --network=none \\\n  --mount=type=cache,destination=/b \\\n  x',
      ['/a', '/b'],
    ],
    [
      'before a here-document that looks like another',
      'FROM a\nRUN --mount=type=cache,target=/a <<EOF\nRUN --mount=type=cache,target=/b x\nEOF',
      ['/a'],
    ],
    ['each once', 'FROM a\nRUN --mount=type=cache,target=/a x\nRUN --mount=type=cache,target=/a,sharing=locked y', ['/a']],
    [
      'with another escape character',
      '# escape=`\nFROM a\nRUN --mount=type=cache,target=/a `\n --mount=type=cache,target=/b x',
      ['/a', '/b'],
    ],
    ['not in a comment', 'FROM a\n# RUN --mount=type=cache,target=/a x', []],
    ['in any letters', 'from a\nrun --mount=type=cache,target=/a x', ['/a']],
  ])('%s', (_, text, expected) => expect(ids(text)).toEqual(expected))

  const STAGES = [
    'ARG VERSION=1',
    'FROM golang:${VERSION} AS deps',
    'ENV HOME=/h',
    'ARG TARGETARCH',
    'RUN --mount=type=cache,id=deps,target=/d x',
    'FROM deps AS build',
    'ARG OTHER',
    'RUN --mount=type=cache,id=build-$TARGETARCH,target=/b x',
    'FROM node AS web',
    'RUN --mount=type=cache,id=web,target=/w x',
    'FROM scratch AS release',
    'COPY --from=build /x /x',
    'FROM release AS last',
    'RUN --mount=type=bind,from=web,target=/w y',
  ].join('\n')

  test('only of the stages that the target needs', () => {
    expect(ids(STAGES, 'release')).toEqual(['deps', 'build-$TARGETARCH'])
    expect(ids(STAGES, 'WEB')).toEqual(['web'])
    expect(ids(STAGES)).toEqual(['deps', 'build-$TARGETARCH', 'web'])
  })

  test('with what its variables come from: the environment is inherited, arguments are not', () => {
    const { head, stages } = findMounts(STAGES, 'build')
    expect(head).toEqual(['ARG VERSION=1'])
    expect(stages[1]).toEqual({
      base: 'golang:${VERSION}',
      platform: undefined,
      settings: ['ENV HOME=/h', 'ARG OTHER'],
      mounts: [{ id: 'build-$TARGETARCH', options: [] }],
    })
  })

  test('one that begins with the content of a stage is left out, and named', () => {
    const { stages, skipped } = findMounts('FROM a AS s\nFROM b\nRUN --mount=type=cache,target=/c,from=s x', '')
    expect({ stages, skipped }).toEqual({ stages: [], skipped: ['/c'] })
  })

  test('what decides which directory of the builder it is, is kept', () => {
    const { stages } = findMounts('FROM b\nRUN --mount=type=cache,target=/c,uid=5,mode=0700,sharing=locked,from=img,source=/s x', '')
    expect(stages[0]?.mounts[0]?.options).toEqual(['uid=5', 'mode=0700', 'sharing=locked', 'from=img', 'source=/s'])
  })
})

describe('the Dockerfiles that carry them', () => {
  const mounts = findMounts(
    'ARG V=1\nFROM a:${V}\nARG TARGETARCH\nRUN --mount=type=cache,target=/c --mount=type=cache,id=p-$TARGETARCH,target=/p x',
    '',
  )
  const options = { image: '', platforms: ['linux/amd64', 'linux/arm64'], nonce: 'n' }

  test('out: what all platforms share is a stage of its own', () => {
    expect(takeOutRecipe(mounts, options).replaceAll(/[0-9a-f]{16}/g, 'KEY')).toBe(
      [
        'ARG V=1',
        'FROM --platform=$BUILDPLATFORM a:${V} AS manifold-0',
        'USER 0:0',
        'RUN --network=none --mount=type=cache,id=/c,target=/.manifold/mount-0 ["/bin/sh","-c","mkdir -p /.manifold/out/KEY && cp -a /.manifold/mount-0/. /.manifold/out/KEY/ # n"]',
        'FROM --platform=$BUILDPLATFORM a:${V} AS manifold-1',
        'USER 0:0',
        'ARG TARGETARCH',
        'RUN --network=none --mount=type=cache,id=p-$TARGETARCH,target=/.manifold/mount-0 ["/bin/sh","-c","mkdir -p /.manifold/out/KEY && cp -a /.manifold/mount-0/. /.manifold/out/KEY/ # n"]',
        'FROM scratch',
        'COPY --from=manifold-0 /.manifold/out/ /',
        'COPY --from=manifold-1 /.manifold/out/ /',
        '',
      ].join('\n'),
    )
  })

  test('in: the same folders, and only into what is empty', () => {
    const keys = (text: string) => [...new Set(text.match(/\b[0-9a-f]{16}\b/g))]
    const into = bringInRecipe(mounts, options)
    expect(keys(into)).toEqual(keys(takeOutRecipe(mounts, options)))
    expect(into).toContain('--mount=type=bind,from=manifold-saved,target=/.manifold/in')
    expect(into).toContain('[ -z \\"$(ls -A /.manifold/mount-0)\\" ]')
  })

  test('one platform alone is that of the base; an image of the user’s is taken', () => {
    const text = takeOutRecipe(mounts, { ...options, platforms: ['linux/arm64'], image: 'b.io/busybox' })
    expect(text.match(/^FROM .*/gm)).toEqual(['FROM b.io/busybox AS manifold-0', 'FROM b.io/busybox AS manifold-1', 'FROM scratch'])
  })
})

describe('where they are kept', () => {
  const registry = {
    kind: 'registry',
    reference: { ...parseReference('b.io/app:c'), tag: 'c' },
    mode: 'max',
    compression: undefined,
    branches: false,
  } as const

  test('in a registry: beside the cache of the steps', () => {
    expect(planMounts(registry, undefined)).toMatchObject({ kind: 'registry', name: 'b.io/app:c-mounts' })
    const long = { ...registry, reference: { ...registry.reference, tag: 'x'.repeat(128) } }
    expect(planMounts(long, undefined)).toMatchObject({ reference: { tag: `${'x'.repeat(121)}-mounts` } })
  })

  test('on a builder that lives on: in its own storage', () => {
    expect(planMounts({ kind: 'builder' }, undefined)).toBe("they stay in the builder's own storage")
  })
})
