import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { toExcerpt } from '../../src/report/excerpt.ts'
import { toHtml } from '../../src/report/html.ts'
import { readWarnings } from '../../src/report/warnings.ts'
import { hostileFacts } from './hostile.ts'
import { factsOf, readRecorded, step } from './recorded.ts'

/** The tags of a page, without their attributes' values, and the text between them. */
function tagsOf(page: string): string[] {
  const text = page.replaceAll(/<(style|script)>.*?<\/\1>/gs, '<$1></$1>')
  return (text.match(/<[^>]*>/g) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/g, '""'))
}

test('a real build', () => {
  const { steps, warnings } = readRecorded('warnings')
  const page = toHtml([factsOf({ tags: ['r.example/app:1'], pushed: true, steps, warnings: readWarnings(warnings, '.'), seconds: 6.8 })])
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
  expect(page).toContain('<title>r.example/app:1 pushed</title>')
  expect(page).toContain('<time datetime="2026-11-21T05:49:05.379Z">2026-11-21 05:49:05 UTC</time>')
  expect(page.match(/<h3>.*?<\/small>/g)).toEqual([
    '<h3>linux/amd64 <small>6 steps, 0 from the cache</small>',
    '<h3>linux/arm64 <small>6 steps, 0 from the cache</small>',
    '<h3>Other work <small></small>',
  ])
  expect(page.match(/<tr><td><code>/g)).toHaveLength(20)
  expect(page.match(/href="https:[^"]*"/g)).toHaveLength(9)
})

test('a failed build shows the lines, and nothing of what the step printed', () => {
  const { steps, plain } = readRecorded('failing')
  const page = toHtml([factsOf({ failure: 'build: exit code: 7', steps, excerpt: toExcerpt(steps, plain, 'sub') })])
  expect(page).toContain('<mark>5  RUN set -e; \\</mark>')
  expect(page).toContain('sub/Dockerfile.prod:5')
  expect(page).not.toContain('compiling 35')
})

test('the policy allows its own style and script, named by their digests, and nothing else', () => {
  const page = toHtml([factsOf({ steps: [step('[1/1] RUN a', 0, 5)] })])
  const inside = (tag: string) => [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text = '']) => text)
  const digest = (text: string) => `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`
  expect([inside('style').length, inside('script').length]).toEqual([1, 1])
  expect(page).toContain(
    `content="default-src &#39;none&#39;; style-src ${digest(inside('style')[0] ?? '')}; script-src ${digest(inside('script')[0] ?? '')}; img-src data:; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
  )
  expect(page).not.toMatch(/ style=| on\w+=| src=|@import|url\(/)
})

test('several builds in one page', () => {
  const page = toHtml([factsOf({ tags: ['a:1'], steps: [step('[1/1] RUN a', 0, 5)] }), factsOf({ tags: ['b:1'], failure: 'x' })])
  expect(page).toContain('<title>2 builds</title>')
  expect(page.match(/<article>/g)).toHaveLength(2)
  const headings = [...page.matchAll(/<h(\d)>(.*?)<\/h\1>/g)].map(
    ([, level, title = '']) => `${level} ${title.replaceAll(/<[^>]*>/g, '').trim()}`,
  )
  expect(headings).toEqual([
    '1 2 builds',
    '2 a:1 built',
    '3 Image',
    '3 Timeline',
    '4 Dockerfile 1 step, 0 from the cache',
    '3 Steps',
    '2 b:1 failed',
    '3 What failed',
    '3 Timeline',
    '3 Steps',
  ])
})

test('very many steps: the longest are drawn, five thousand stand in the table', () => {
  const steps = Array.from({ length: 6000 }, (_, at) => step(`[${at}/6000] RUN ${'<&>'.repeat(2000)}`, at * 10, at * 10 + at))
  const page = toHtml([factsOf({ steps })])
  expect(page.match(/class="name"/g)).toHaveLength(301)
  expect(/\d+ shorter steps not drawn/.exec(page)?.[0]).toBe('5700 shorter steps not drawn')
  expect(page.match(/<tr><td><code>/g)).toHaveLength(5000)
  expect(/\d+ more steps left out/.exec(page)?.[0]).toBe('1000 more steps left out')
  expect(page.length).toBeLessThan(20_000_000)
}, 30_000)

test('whatever the names are, they are text: the same tags as with tame names, and no attribute more', () => {
  fc.assert(
    fc.property(hostileFacts, (facts) => {
      const page = toHtml([facts])
      const allowed =
        /^<(?:!doctype html|html lang=""|\/?(?:head|title|style|script|body|main|h1|h2|h3|p|dl|div|dt|dd|ul|li|ol|article|span|small|code|pre|mark|time|table|thead|tbody|tr|td|th|footer|svg|wbr|html|button)|meta charset=""|meta http-equiv="" content=""|meta name="" content=""|link rel="" href=""|p class=""|dl class=""|ul class=""|ol class=""|li class=""(?: aria-hidden="")?|span class=""(?: title="")?|pre class=""|pre tabindex="" role="" aria-label=""|time datetime=""|table class=""|th scope=""(?: class="")?|td class=""(?: data-value="")?|code class=""|button type="" data-first=""|svg width="" height="" aria-hidden="" focusable=""|rect class="" x="" (?:y="" )?width="" (?:y="" )?height=""\/|text x="" y="" text-anchor=""|\/text|line x1="" x2="" y1="" y2=""\/)>$/
      expect(tagsOf(page).filter((tag) => !allowed.test(tag))).toEqual([])
      expect(page).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
    }),
    { numRuns: 100 },
  )
}, 30_000)
