import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { parseBuildRules } from '../../src/tags/buildrule.ts'
import { RULES_ZONE, selectBuilds } from '../../src/tags/selection.ts'
import { projectDir } from '../../testbed/action.mjs'
import { branch, event, scope, tag, tagsFor } from './events.ts'

// The guide says what comes of its own examples; this holds it to that.
const guide = readFileSync(join(projectDir, 'docs/tags.md'), 'utf8')
const [tags, rules] = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => (load(block) as { with: Inputs }[])[0]?.with)
type Inputs = Record<'tags' | 'rules' | 'images', string>

test('the tags of the guide', () => {
  expect(tagsFor(tags?.tags ?? '', branch('main'))).toEqual(['main', '2020-01-10-00-30-00'])
  expect(tagsFor(tags?.tags ?? '', tag('v1.2.3'))).toEqual(['1.2.3', '1.2', '2020-01-10-00-30-00', 'latest'])
})

const rows = [...guide.matchAll(/^\| `([\w-]+)` \| (?:`([\w.-]+)`)? ?\|$/gm)].map(([, name = '', tag]) => [name, tag] as const)

test('the guide has a table of branches', () => {
  expect(rows.map(([name]) => name)).toEqual(['main', 'release-v1', 'release-11-2-10', 'feature'])
})

test.each(rows)('the rules of the guide give for %s: %s', (name, expected) => {
  const repository = { pushed_at: new Date('2020-10-15T08:25:00Z').getTime() / 1000 }
  const about = event('push', `refs/heads/${name}`, { repository }, { GITHUB_SHA: /`([0-9a-f]{40})`/.exec(guide)?.[1] ?? '' })
  const builds = selectBuilds(parseBuildRules(rules?.rules ?? ''), scope(about), { pullRequests: false, zone: RULES_ZONE })
  expect(builds.flatMap((build) => build.tags)).toEqual(expected === undefined ? [] : [expected])
})
