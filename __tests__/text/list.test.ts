import fc from 'fast-check'
import { ListError, splitCommas, splitEntries, splitLines } from '../../src/text/list.ts'

describe('splitLines', () => {
  test.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['blank lines', '\n  \n\t\n', []],
    ['one entry', 'a', ['a']],
    ['an entry a line', 'a\nb\nc', ['a', 'b', 'c']],
    ['blanks around entries', '  a  \n\n\tb\t\n', ['a', 'b']],
    ['Windows line ends', 'a\r\nb\r\n', ['a', 'b']],
    ['commas belong to the entry', 'type=gha,scope=x\ntype=inline', ['type=gha,scope=x', 'type=inline']],
    ['a quoted entry', '"a b"', ['a b']],
    ['a quoted entry keeps its blanks', '  "  a  "  \nb', ['  a  ', 'b']],
    ['a quoted entry over lines', '"KEY=first\n\n  third"\nb', ['KEY=first\n\n  third', 'b']],
    ['a doubled quote is one', '"say ""hi"""', ['say "hi"']],
    ['quotes within an entry are characters', 'KEY="a b"\nx"y', ['KEY="a b"', 'x"y']],
    ['text after the closing quote makes it a plain entry', '"a" b', ['"a" b']],
    ['two quoted pieces on a line are a plain entry', '"a" and "b"', ['"a" and "b"']],
    ['a quote that closes in the middle of a later line', '"a\nb" c', ['"a', 'b" c']],
    ['nothing between quotes', '""\na', ['a']],
    ['a hash is no comment', '# a', ['# a']],
  ])('%s', (_, text, entries) => {
    expect(splitLines(text)).toEqual(entries)
  })

  test('a quote without a partner is an error with its line, and without the text', () => {
    const read = () => splitLines('a\n\n"KEY=hunter2\nb')
    expect(read).toThrow(ListError)
    expect(read).toThrow(new Error('line 3: a quoted entry is not closed; end it with a double quote'))
  })
})

describe('splitCommas', () => {
  test.each<[string, string, string[]]>([
    ['nothing', ' , ,\n,', []],
    ['commas and lines', 'a,b\nc , d', ['a', 'b', 'c', 'd']],
    ['Windows line ends', 'a,\r\nb', ['a', 'b']],
    ['a comma at the end', 'a,b,', ['a', 'b']],
    ['a quoted comma', '"a,b",c', ['a,b', 'c']],
    ['quoted entries side by side', '"a","b"\n"c"', ['a', 'b', 'c']],
    ['a quote within an entry', 'a"b,c', ['a"b', 'c']],
    ['a quoted piece with more behind it', '"a"b,c', ['"a"b', 'c']],
  ])('%s', (_, text, entries) => {
    expect(splitCommas(text)).toEqual(entries)
  })

  test('a quote without a partner', () => {
    expect(() => splitCommas('a,b,\n c, "d')).toThrow(new Error('line 2: a quoted entry is not closed; end it with a double quote'))
  })
})

test('splitEntries gives the line on which each entry begins', () => {
  expect(splitEntries('a\n\n"b\nc"\r\nd', { commas: false })).toEqual([
    { text: 'a', line: 1 },
    { text: 'b\nc', line: 3 },
    { text: 'd', line: 5 },
  ])
  expect(splitEntries('a,b\nc', { commas: true })).toEqual([
    { text: 'a', line: 1 },
    { text: 'b', line: 1 },
    { text: 'c', line: 2 },
  ])
})

describe('for any text', () => {
  const anything = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '=', '\\', 'ü') })
  const quote = (entry: string) => `"${entry.replaceAll('"', '""')}"`

  test('what is quoted comes back as it was, by line', () => {
    const entries = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }))
    fc.assert(fc.property(entries, (list) => expect(splitLines(list.map(quote).join('\n'))).toEqual(list)))
    fc.assert(
      fc.property(fc.array(anything.filter((text) => text !== '')), (list) =>
        expect(splitLines(list.map(quote).join('\r\n'))).toEqual(list),
      ),
    )
  })

  test('what is quoted comes back as it was, by comma', () => {
    const entries = fc.array(anything.filter((text) => text !== ''))
    fc.assert(fc.property(entries, (list) => expect(splitCommas(list.map(quote).join(', '))).toEqual(list)))
  })

  test('plain entries come back as they were', () => {
    const plain = fc.string({ unit: 'grapheme-ascii' }).filter((text) => text.trim() === text && text !== '' && !/^"|[\r\n]/.test(text))
    fc.assert(fc.property(fc.array(plain), (list) => expect(splitLines(list.join('\n'))).toEqual(list)))
  })

  test('nothing is thrown but a ListError that does not show the text', () => {
    fc.assert(
      fc.property(anything, fc.boolean(), (text, commas) => {
        try {
          const entries = commas ? splitCommas(text) : splitLines(text)
          for (const entry of entries) expect(text).toContain(entry.split('"')[0])
        } catch (error) {
          expect(error).toBeInstanceOf(ListError)
          expect((error as Error).message).toMatch(/^line \d+: a quoted entry is not closed; end it with a double quote$/)
        }
      }),
    )
  })
})
