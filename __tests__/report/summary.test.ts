import fc from 'fast-check'
import { toExcerpt } from '../../src/report/excerpt.ts'
import { SUMMARY_LIMIT, toSummary } from '../../src/report/summary.ts'
import { readWarnings } from '../../src/report/warnings.ts'
import { hostileFacts } from './hostile.ts'
import { factsOf, readRecorded, step } from './recorded.ts'

const digest = (digit: string) => `sha256:${digit.repeat(64)}`

test('a real build of two platforms, pushed', () => {
  const { steps, warnings } = readRecorded('warnings')
  const summary = toSummary([
    factsOf({
      tags: ['registry.example.com/team/app:1.0', 'registry.example.com/team/app:latest'],
      digest: digest('a'),
      image: `registry.example.com/team/app@${digest('a')}`,
      pushed: true,
      platforms: [
        { platform: 'linux/amd64', digest: digest('b'), size: 4_035_022 },
        { platform: 'linux/arm64', digest: digest('c'), size: undefined },
      ],
      steps,
      warnings: readWarnings(warnings, 'docker').slice(0, 2),
      seconds: 6.8,
    }),
  ])
  expect(summary).toMatchSnapshot()
})

test('a real build that failed', () => {
  const { steps, plain } = readRecorded('failing')
  const failure = 'build: step "[linux/amd64 3/4] RUN set -e" failed (Dockerfile.prod:5): exit code: 7'
  expect(toSummary([factsOf({ failure, tags: ['a:1'], steps, excerpt: toExcerpt(steps, plain, 'sub'), seconds: 1.4 })])).toMatchSnapshot()
})

test('a build that left nothing to tell of', () => {
  expect(toSummary([factsOf({ seconds: 0.3 })])).toBe('### Image built\n\n0.3 s.\n\n')
})

test('several builds: each of them is told of, also when not all details fit', () => {
  const steps = Array.from({ length: 30 }, (_, at) => step(`[${at}/30] RUN ${'x'.repeat(100)}`, at * 100, at * 100 + 100))
  const builds = ['a', 'b', 'c'].map((name) => factsOf({ tags: [`${name}:1`], pushed: true, steps, seconds: 3 }))
  const all = toSummary(builds)
  expect(all.match(/^### .*$/gm)).toEqual(['### `a:1` pushed', '### `b:1` pushed', '### `c:1` pushed'])
  expect(all.match(/^```mermaid$/gm)).toHaveLength(3)
  const short = toSummary(builds, 5000)
  expect(Buffer.byteLength(short)).toBeLessThanOrEqual(5000)
  expect(short.match(/^### .*$/gm)).toEqual(['### `a:1` pushed', '### `b:1` pushed', '### `c:1` pushed'])
  expect(short.match(/^```mermaid$/gm)).toHaveLength(1)
  expect(toSummary(builds, 0)).toBe('')
})

test('monstrous facts: still far below the limit of a summary', () => {
  const monster = '🎉`|<b>&"\n'.repeat(20_000)
  const steps = Array.from({ length: 5000 }, (_, at) =>
    step(`[linux/arm64 ${at}/5000] RUN ${monster.slice(0, 2000)}${at}`, at, at + 100 + at),
  )
  const warning = { rule: monster, text: monster, url: `https://a.example/${'x'.repeat(1000)}`, file: monster, line: 1, endLine: 1 }
  const platform = { platform: monster, digest: monster, size: 1 }
  const facts = factsOf({
    failure: monster,
    tags: Array.from({ length: 3000 }, () => monster),
    digest: monster,
    image: monster,
    platforms: Array.from({ length: 500 }, () => platform),
    steps,
    warnings: Array.from({ length: 1000 }, () => warning),
    excerpt: {
      step: monster,
      place: monster,
      source: Array.from({ length: 40 }, (_, at) => ({ number: at, text: '🎉'.repeat(300), failed: true })),
      log: [],
    },
  })
  const size = Buffer.byteLength(toSummary([facts]))
  expect(size).toBeGreaterThan(50_000)
  expect(size).toBeLessThan(SUMMARY_LIMIT / 2)
  const few = { ...facts, steps: steps.slice(0, 100) }
  const all = toSummary(Array.from({ length: 20 }, () => few))
  expect(Buffer.byteLength(all)).toBeGreaterThan(SUMMARY_LIMIT * 0.9)
  expect(Buffer.byteLength(all)).toBeLessThanOrEqual(SUMMARY_LIMIT)
}, 30_000)

test('whatever the names are, they are text: the document has the same form as one with tame names', () => {
  fc.assert(
    fc.property(hostileFacts, fc.integer({ min: 0, max: 20_000 }), (facts, limit) => {
      const summary = toSummary([facts])
      expect(summary).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
      const { outside, tags, spans } = readMarkdown(summary)
      // Outside of tables and blocks stands nothing but what this program wrote.
      for (const line of outside) {
        expect(line).toMatch(
          /^(?:### (?:Image|SPAN)? (?:failed|pushed|loaded|built)|(?:\d+ platforms?, )?[^`<>|]* s(?:; \d+ of \d+ steps? came from the cache \(\d+ %\))?\.|Digest (?:SPAN)?|SPAN|\| Tag \||\| (?:SPAN)? \||\| --- \||\| Platform \|.*\||\| --- (?:\| -+:? )+\||\| (?:SPAN)? \| (?:SPAN)? \| \S+ k?B \| \d* \| \d* \||)$/,
        )
      }
      expect(tags.filter((tag) => !/^<\/?(?:details(?: open)?|summary|table|tr|th|td(?: align="right")?|code)>$/.test(tag))).toEqual([])
      for (const span of spans) expect(span).not.toContain('\n')
      expect(Buffer.byteLength(toSummary([facts], limit))).toBeLessThanOrEqual(limit)
    }),
    { numRuns: 150 },
  )
}, 30_000)

/**
 * Takes a summary apart as GitHub's Markdown does, for the few forms it has: fenced blocks, HTML blocks, code spans.
 *
 * @see https://github.github.com/gfm/
 */
function readMarkdown(text: string): { outside: string[]; tags: string[]; spans: string[] } {
  const outside: string[] = []
  const tags: string[] = []
  const spans: string[] = []
  let fence: string | undefined
  let inHtml = false
  for (const line of text.split('\n')) {
    if (fence !== undefined) {
      if (line.trimEnd().replace(/`+$/, '') === '' && line.trimEnd().length >= fence.length && /^`+ *$/.test(line)) fence = undefined
      continue
    }
    const opened = /^(`{3,})\w+$/.exec(line)
    if (opened && !inHtml) fence = opened[1]
    else if (inHtml || /^<\/?(?:details|table|summary|tr)/.test(line)) {
      inHtml = line.trim() !== ''
      tags.push(...(line.match(/<[^>]*>?/g) ?? []))
    } else {
      // A code span ends at the next run of as many backticks.
      outside.push(
        line.replaceAll(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, (_, __, inside: string) => {
          spans.push(inside)
          expect(inside).not.toContain('|')
          return 'SPAN'
        }),
      )
    }
  }
  expect(fence).toBeUndefined()
  return { outside, tags, spans }
}
