import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { World } from './bed.ts'

export const SHA = 'd4ef3dc3b77a011a5779eec7efdd45a1b2c3d4e5'

/** The environment of a push, as GitHub's runner gives it: at 2020-10-15 16:25 in UTC+8, with its payload in a file. */
export function push(ref: string, { job: { temp } }: World): Record<string, string> {
  const time = '2020-10-15T08:25:00Z'
  const repository = {
    name: 'app1',
    full_name: 'yunxiao-demo/app1',
    description: 'A demo, with a comma',
    html_url: 'https://code.example.com/yunxiao-demo/app1',
    default_branch: 'main',
    license: { spdx_id: 'Apache-2.0' },
    pushed_at: new Date(time).getTime() / 1000,
  }
  const path = join(temp, 'event.json')
  writeFileSync(path, JSON.stringify({ ref, repository, head_commit: { id: SHA, timestamp: time } }))
  return { GITHUB_EVENT_NAME: 'push', GITHUB_REF: ref, GITHUB_SHA: SHA, GITHUB_EVENT_PATH: path }
}
