import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { splitWords } from '../../src/text/words.ts'
import { anyCharacter } from '../character.ts'

const table: [string, string[]][] = [
  ['', []],
  [' \t ', []],
  ['a', ['a']],
  ['  --push   --load\t', ['--push', '--load']],
  ['a \\\n b', ['a', 'b']],
  ['a\\\nb', ['ab']],
  ['--label a="b c"', ['--label', 'a=b c']],
  ["--label 'a=b  c'", ['--label', 'a=b  c']],
  ['"" \'\'', ['', '']],
  ['a""b', ['ab']],
  ['a\\ b', ['a b']],
  ['"a\\"b"', ['a"b']],
  ["'a\\b'", ['a\\b']],
  ["'a\\\nb'", ['a\\\nb']],
  ['"a\\\nb"', ['ab']],
  ['"a\nb"', ['a\nb']],
  ['"a\\nb"', ['a\\nb']],
  ['"\\$HOME \\`id\\` \\\\"', ['$HOME `id` \\']],
  ['\\\\\\\\"x"', ['\\\\x']],
  ['\'\\\\\'"x"', ['\\\\x']],
  ["'$HOME' '*' '`id`' '#'", ['$HOME', '*', '`id`', '#']],
  ["'it'\\''s'", ["it's"]],
  ['grüße=✓', ['grüße=✓']],
]

describe('splitWords', () => {
  test.each(table)('%j', (text, words) => {
    expect(splitWords(text)).toEqual(words)
  })

  test.each<[string, string[]]>([
    ['a\r\nb', ['a', 'b']],
    ['--a\n--b', ['--a', '--b']],
    ['$HOME `id` * # $(id)', ['$HOME', '`id`', '*', '#', '$(id)']],
    ['a; b && c | d > e', ['a;', 'b', '&&', 'c', '|', 'd', '>', 'e']],
  ])('%j is not run or expanded', (text, words) => {
    expect(splitWords(text)).toEqual(words)
  })

  test.each([
    ['"hunter2', 'a quote (") is not closed'],
    ["a 'hunter2", "a quote (') is not closed"],
    ['hunter2\\', 'the text ends in a backslash'],
    ['"hunter2\\"', 'a quote (") is not closed'],
  ])('%j is an error that does not repeat it', (text, message) => {
    expect(() => splitWords(text)).toThrow(new Error(message))
  })

  test('a real shell splits the table in the same way', () => {
    expect(shell(table.map(([text]) => text))).toEqual(table.map(([, words]) => words))
  })

  test('a real shell splits random text in the same way', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '=', ' ', '\t', "'", '"', '\\', '\\"', "\\'", '\\\\'), maxLength: 16 })
    const readable = fc.sample(text, 400).filter((each) => words(each) !== undefined)
    expect(readable.length).toBeGreaterThan(100)
    expect(shell(readable)).toEqual(readable.map(words))
  })

  test('what is quoted comes back as it was', () => {
    const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
    const word = fc.string({ unit: fc.constantFrom('a', "'", '"', '\\', ' ', '\n', '$', 'ü') })
    fc.assert(fc.property(fc.array(word), (list) => expect(splitWords(list.map(quote).join(' '))).toEqual(list)))
  })

  test('nothing is thrown but an error about a quote or a backslash', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        try {
          splitWords(text)
        } catch (error) {
          expect((error as Error).message).toMatch(/^(?:a quote \(["']\) is not closed|the text ends in a backslash)$/)
        }
      }),
    )
  })
})

function words(text: string): string[] | undefined {
  try {
    return splitWords(text)
  } catch {
    return undefined
  }
}

/** The words as the shell of this machine sees them; the texts are data, none is part of the script. */
function shell(texts: readonly string[]): string[][] {
  const script = `for text do eval "set -- $text"; printf '%s\\0' "$#" "$@"; done`
  const { stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...texts], { encoding: 'utf8' })
  expect(stderr).toBe('')
  const answers = stdout.split('\0')
  return texts.map(() => answers.splice(0, Number(answers.shift())))
}
