import fc from 'fast-check'
import { formatReference, isTag, parseRepository, TAG_RULE } from '../../src/registry/reference.ts'
import { expandTags } from '../../src/tags/references.ts'

const expand = (images: string[], tags: string[]) => expandTags(images.map(parseRepository), tags).map(formatReference)

test.each<[string, string[], string[], string[]]>([
  ['nothing', [], [], []],
  ['images without a tag', ['a/b'], [], []],
  ['a bare tag counts for every image', ['a/b', 'ghcr.io/c'], ['1'], ['a/b:1', 'ghcr.io/c:1']],
  ['in the order of the tags, then of the images', ['x', 'y'], ['1', '2'], ['x:1', 'y:1', 'x:2', 'y:2']],
  ['a full reference counts for itself', ['x'], ['1', 'ghcr.io/other:2'], ['x:1', 'ghcr.io/other:2']],
  ['a full reference without a tag is latest', ['x'], ['ghcr.io/other'], ['ghcr.io/other:latest']],
  ['a reference of one part is told by its colon', ['x'], ['other:2'], ['other:2']],
  ['each reference once', ['x', 'docker.io/library/x'], ['1', '1', 'x:1'], ['x:1']],
  ['without images every tag is a reference', [], ['app', 'app:2', 'ghcr.io/me/app:3'], ['app:latest', 'app:2', 'ghcr.io/me/app:3']],
  ['the date tags of a cloud CI', ['x'], ['2024-09-19-12-24-56'], ['x:2024-09-19-12-24-56']],
])('%s', (_, images, tags, references) => {
  expect(expand(images, tags)).toEqual(references)
})

test.each<[string, string[], string[], string]>([
  ['a tag that no registry takes', ['x'], ['a b'], `"a b" is not a tag; ${TAG_RULE}`],
  ['a tag that begins with a dot', ['x'], ['.1'], `".1" is not a tag; ${TAG_RULE}`],
  ['a digest', ['x'], [`x@sha256:${'0'.repeat(64)}`], 'has a digest; a target is named by its tag'],
  ['a broken reference', [], ['ghcr.io/Me/app'], '"ghcr.io/Me/app" has an invalid repository name'],
])('%s is refused', (_, images, tags, message) => {
  expect(() => expand(images, tags)).toThrow(message)
})

test('for any tags: one reference for each image and tag, or an error that shows the tag', () => {
  const tag = fc.string({ unit: fc.constantFrom('a', 'B', '1', '.', '-', '_', ' ', '$'), maxLength: 6 })
  fc.assert(
    fc.property(fc.uniqueArray(tag), (tags) => {
      const images = ['ghcr.io/a', 'ghcr.io/b']
      const wrong = tags.find((each) => !isTag(each))
      if (wrong !== undefined) expect(() => expand(images, tags)).toThrow(`"${wrong}" is not a tag`)
      else expect(expand(images, tags)).toEqual(tags.flatMap((each) => images.map((image) => `${image}:${each}`)))
    }),
  )
})
