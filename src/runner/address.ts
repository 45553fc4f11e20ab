import type { Env } from './env.ts'

/** Address of this run of the workflow, with its attempt; the empty string outside of a runner. */
export function runAddress(env: Env): string {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt } = env
  if (!server || !repository || !id) return ''
  return `${server.replace(/\/+$/, '')}/${repository}/actions/runs/${id}/attempts/${attempt || 1}`
}
