import { parseOutput } from '../../src/build/outputs.ts'
import { planTargets } from '../../src/build/targets.ts'
import { formatReference, parseReference } from '../../src/registry/reference.ts'

const plan = (tags: readonly string[], push: boolean, outputs: readonly string[] = [], skipUnchanged = false) => {
  const { built, pushed, copies } = planTargets({
    references: tags.map(parseReference),
    push,
    outputs: outputs.map(parseOutput),
    skipUnchanged,
  })
  return {
    built: built.map(formatReference),
    pushed: pushed.map(formatReference),
    copies: Object.fromEntries(copies.map(({ host, references }) => [host, references.map(formatReference)])),
  }
}

describe('planTargets', () => {
  test.each<[string, string[], boolean, string[], ReturnType<typeof plan>]>([
    ['nothing is pushed', ['a:1', 'ghcr.io/b:1'], false, [], { built: ['a:1', 'ghcr.io/b:1'], pushed: [], copies: {} }],
    ['one registry', ['a:1', 'me/b:2'], true, [], { built: ['a:1', 'me/b:2'], pushed: ['a:1', 'me/b:2'], copies: {} }],
    [
      'several registries',
      ['ghcr.io/me/a:1', 'a:1', 'ghcr.io/me/a:2', 'quay.io/a:1', 'a:2'],
      true,
      [],
      {
        built: ['ghcr.io/me/a:1', 'ghcr.io/me/a:2'],
        pushed: ['ghcr.io/me/a:1', 'ghcr.io/me/a:2', 'a:1', 'a:2', 'quay.io/a:1'],
        copies: { 'docker.io': ['a:1', 'a:2'], 'quay.io': ['quay.io/a:1'] },
      },
    ],
    [
      'an output that pushes by its own name',
      [],
      false,
      ['type=image,"name=ghcr.io/a:1,a",push=true'],
      { built: [], pushed: ['ghcr.io/a:1', 'a:latest'], copies: {} },
    ],
    ['an output that is pushed by the switch', [], true, ['type=image,name=a:1', 'out'], { built: [], pushed: ['a:1'], copies: {} }],
    [
      "the user's own output takes all tags",
      ['a:1', 'ghcr.io/b:1'],
      false,
      ['type=registry'],
      { built: ['a:1', 'ghcr.io/b:1'], pushed: ['a:1', 'ghcr.io/b:1'], copies: {} },
    ],
    [
      'by digest, named by a tag',
      ['a:latest', 'a:1'],
      false,
      ['type=image,push=true,push-by-digest=true'],
      { built: ['a'], pushed: ['a'], copies: {} },
    ],
    [
      'by digest, named by the output',
      [],
      false,
      ['type=image,name=me/a,push=true,push-by-digest=true,name-canonical=true'],
      { built: [], pushed: ['me/a'], copies: {} },
    ],
    ['names of outputs that stay here', [], false, ['type=docker,name=a:1', 'type=image,name=b:1'], { built: [], pushed: [], copies: {} }],
  ])('%s', (_name, tags, push, outputs, expected) => {
    expect(plan(tags, push, outputs)).toEqual(expected)
  })

  test('tags that may be left alone all follow the push by digest', () => {
    expect(plan(['ghcr.io/me/a:1', 'ghcr.io/me/b:1', 'a:1'], true, [], true)).toEqual({
      built: ['ghcr.io/me/a'],
      pushed: ['ghcr.io/me/a:1', 'ghcr.io/me/b:1', 'a:1'],
      copies: { 'ghcr.io': ['ghcr.io/me/a:1', 'ghcr.io/me/b:1'], 'docker.io': ['a:1'] },
    })
    expect(plan(['a:1'], false, [], true)).toEqual({ built: ['a:1'], pushed: [], copies: {} })
  })

  test.each([
    [true, [], 'input push: there is nothing to push to; set tags to full references, or images and tags'],
    [false, ['type=registry'], 'input outputs: there is nothing to push to; set tags to full references, or images and tags'],
  ])('without a name: push %s, outputs %j', (push, outputs, message) => {
    expect(() => plan([], push, outputs)).toThrow(new Error(message))
  })
})
