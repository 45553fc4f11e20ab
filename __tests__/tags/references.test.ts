import fc from 'fast-check'
import { formatReference } from '../../src/registry/reference.ts'
import { expandReferences } from '../../src/tags/references.ts'

const expand = (tags: string[]) => expandReferences(tags).map(formatReference)

test.each<[string, string[], string[]]>([
  ['nothing', [], []],
  ['a reference without a tag is latest', ['app', 'app:2', 'ghcr.io/me/app:3'], ['app:latest', 'app:2', 'ghcr.io/me/app:3']],
  ['each once', ['x', 'docker.io/library/x:latest', 'x:1'], ['x:latest', 'x:1']],
  ['the date tags of a cloud CI', ['x:2024-09-19-12-24-56'], ['x:2024-09-19-12-24-56']],
])('%s', (_, tags, references) => {
  expect(expand(tags)).toEqual(references)
})

test.each<[string, string, string]>([
  ['a digest', `x@sha256:${'0'.repeat(64)}`, 'has a digest; a target is named by its tag'],
  ['a broken reference', 'ghcr.io/Me/app', '"ghcr.io/Me/app" has an invalid repository name'],
])('%s is refused', (_, tag, message) => {
  expect(() => expand([tag])).toThrow(message)
})

test('for any text: a reference that reads as itself, or an error that shows what of it is wrong', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', '1', '.', '-', '_', ' ', ':', '/', '@'), maxLength: 8 })
  fc.assert(
    fc.property(text, (each) => {
      try {
        const [reference = ''] = expand([each])
        expect(expand([reference])).toEqual([reference])
      } catch (error) {
        const [, shown] = /^"([^"]*)"/.exec((error as Error).message) ?? []
        expect(each).toContain(shown)
      }
    }),
  )
})
