import fc from 'fast-check'
import { cut, escapeHtml, oneLine, safeLink, visible } from '../../src/report/escape.ts'
import { count, formatBytes, formatSeconds } from '../../src/report/quantity.ts'
import { anyCharacter } from '../character.ts'

test.each([
  ['a\r\nb\tc\n', 100, 'a b c'],
  ['\u001b[31mred\u0007', 100, '\ufffd[31mred\ufffd'],
  ['\u202eevil\u2066', 100, '\ufffdevil\ufffd'],
  ['half \ud83c', 100, 'half \ufffd'],
  ['🎉🎉🎉🎉', 3, '🎉🎉…'],
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  [' '.repeat(100), 3, '…'],
])('%j in one line of at most %d characters is %j', (text, most, expected) => {
  expect(oneLine(text, most)).toBe(expected)
})

test('one line of any text is short, visible and well formed', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 500 }), fc.integer({ min: 1, max: 50 }), (text, most) => {
      const line = oneLine(text, most)
      expect(Array.from(line).length).toBeLessThanOrEqual(most)
      expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
    }),
  )
})

test('a text of ten megabytes is cut at once', () => {
  const started = performance.now()
  expect(oneLine('x'.repeat(10_000_000), 10)).toBe('xxxxxxxxx…')
  expect(performance.now() - started).toBeLessThan(2000)
})

test('HTML: nothing but text is left, and all of it', () => {
  expect(escapeHtml(`<a href="x" id='y'>&amp;</a>`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;')
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      const escaped = escapeHtml(text)
      expect(escaped).not.toMatch(/[<>"']/)
      expect(escaped.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? '')).toBe(visible(text))
    }),
  )
})

test.each([
  ['https://docs.docker.com/go/dockerfile/rule/from-as-casing/', 'https://docs.docker.com/go/dockerfile/rule/from-as-casing/'],
  ['https://a.example/"onclick=x', 'https://a.example/%22onclick=x'],
  ['http://a.example/', undefined],
  ['javascript:alert(1)', undefined],
  ['data:text/html,x', undefined],
  ['', undefined],
  [undefined, undefined],
])('the link %j is %j', (url, expected) => {
  expect(safeLink(url)).toBe(expected)
})

test('cut', () => {
  expect([cut('abc', 3), cut('abc', 3, true), cut('', 3)]).toEqual(['abc', 'ab…', ''])
})

test.each([
  [0, '0.0 s'],
  [0.004, '< 0.1 s'],
  [0.06, '0.1 s'],
  [12.34, '12.3 s'],
  [59.94, '59.9 s'],
  [59.96, '1 min 0 s'],
  [125, '2 min 5 s'],
  [3599.6, '1 h 0 min'],
  [7325, '2 h 2 min'],
  [-1, '–'],
  [Number.NaN, '–'],
])('%d seconds are %j', (seconds, expected) => {
  expect(formatSeconds(seconds)).toBe(expected)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [4_035_022, '4.0 MB'],
  [1_250_000_000, '1.3 GB'],
])('%d bytes are %j', (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected)
})

test('counted', () => {
  expect([count(0, 'step'), count(1, 'step'), count(2, 'step')]).toEqual(['0 steps', '1 step', '2 steps'])
})
