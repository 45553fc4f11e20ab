import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Progress, parseStatus, type RawWarning, type Step } from '../../src/docker/progress.ts'
import type { BuildFacts } from '../../src/report/facts.ts'

/** What buildx 0.29.1 printed of real builds with `--progress=rawjson`. */
export type Recording = 'warnings' | 'failing' | 'cross' | 'missing'

export function readRecorded(name: Recording): { steps: Step[]; plain: string[]; warnings: readonly RawWarning[] } {
  const progress = new Progress()
  const plain: string[] = []
  const text = readFileSync(join(import.meta.dirname, 'fixtures', `${name}.rawjson`), 'utf8')
  for (const line of text.split('\n')) {
    const status = parseStatus(line)
    if (status) progress.add(status)
    else plain.push(line)
  }
  return { steps: progress.steps(), plain, warnings: progress.warnings() }
}

/** Facts of a build that did nothing, with what a test cares for. */
export function factsOf(own: Partial<BuildFacts> = {}): BuildFacts {
  return {
    failure: undefined,
    tags: [],
    digest: undefined,
    image: '',
    pushed: false,
    loaded: false,
    platforms: [],
    only: undefined,
    steps: [],
    warnings: [],
    excerpt: undefined,
    seconds: 0,
    ...own,
  }
}

/** A step that ran for so many milliseconds of a build that began at 0. */
export function step(name: string, from: number, to: number, more: Partial<Step> = {}): Step {
  return { digest: name, name, cached: false, completed: true, log: [], runs: [{ started: from, stopped: to }], inputs: [], ...more }
}
