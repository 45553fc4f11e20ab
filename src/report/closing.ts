import type { BuildFacts } from './facts.ts'
import { formatBytes, formatSeconds } from './quantity.ts'
import { toTimeline } from './timeline.ts'

/** The last lines of the log of a build that succeeded: what was built, in plain words. */
export function closingLines(facts: BuildFacts): string[] {
  const { tags, digest, image, platforms, pushed, loaded } = facts
  const { total, cached } = toTimeline(facts.steps, facts.only)
  const done = ['Built', ...(pushed ? ['pushed'] : []), ...(loaded ? ['loaded'] : [])]
  return [
    ...tags.map((tag) => `${joinWords(done)} ${tag}`),
    ...(digest === undefined ? [] : [`Digest ${digest}`]),
    ...platforms.map(
      ({ platform, digest: own, size }) => `  ${plain(platform)} ${plain(own)}${size === undefined ? '' : ` ${formatBytes(size)}`}`,
    ),
    `Steps ${total}, of which ${cached} came from the cache`,
    `Time ${formatSeconds(facts.seconds)}`,
    ...(pushed && image !== '' ? [`Pull it with: docker pull ${image}`] : []),
  ]
}

/** What a registry answered must not read as a command of the runner's. */
function plain(text: string): string {
  return text.replaceAll(/[^\w./+:-]|^:/g, '?')
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
