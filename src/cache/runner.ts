import { HttpClient } from '@actions/http-client'
import type { Env } from '../runner/env.ts'

/** The cache of the runner, as far as a build can use it. */
export type RunnerCache =
  | { readonly usable: true; readonly version: 1 | 2; readonly write: boolean }
  | { readonly usable: false; readonly reason: string }

const PATIENCE = 5000

/**
 * Finds out whether the runner has a cache service and has given this step a token for it that BuildKit will take. Without
 * one, buildx leaves the cache out without a word.
 *
 * @see https://github.com/docker/buildx/blob/master/build/opt.go for where it looks
 * @see https://github.com/tonistiigi/go-actions-cache/blob/master/cache.go for what BuildKit asks of the token
 */
export async function findRunnerCache(env: Env): Promise<RunnerCache> {
  const version = /^(?:1|t|true)$/i.test(env.ACTIONS_CACHE_SERVICE_V2 ?? '') ? 2 : 1
  const url = version === 2 ? env.ACTIONS_RESULTS_URL : env.ACTIONS_CACHE_URL || env.ACTIONS_RESULTS_URL
  const token = env.ACTIONS_RUNTIME_TOKEN
  if (!url) return { usable: false, reason: 'this runner has no cache service' }
  if (!token) return { usable: false, reason: 'this runner gives its steps no token for the cache service' }
  const access = readToken(token)
  if (typeof access === 'string') return { usable: false, reason: access }
  const fault = await ask(version, url, token)
  return fault === undefined ? { usable: true, version, write: access.write } : { usable: false, reason: fault }
}

/** @returns what the token allows, or why it cannot be used */
function readToken(token: string): { readonly write: boolean } | string {
  let claims: Record<string, unknown>
  let scopes: unknown
  try {
    claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    scopes = JSON.parse(String(claims.ac))
  } catch {
    return "the runner's token does not say what it allows"
  }
  if (typeof claims.exp !== 'number' || claims.exp * 1000 < Date.now()) return "the runner's token is no longer valid"
  const WRITE = 2
  const write = Array.isArray(scopes) && scopes.some((scope) => (Number(scope?.Permission) & WRITE) !== 0)
  return { write }
}

/** Asks for an entry that cannot be there. @returns why the service is of no use */
async function ask(version: 1 | 2, base: string, token: string): Promise<string | undefined> {
  const http = new HttpClient('manifold', [], { socketTimeout: PATIENCE, allowRetries: false })
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json;api-version=6.0-preview.1' }
  const key = { key: 'manifold-is-there-a-cache', version: '0'.repeat(64) }
  try {
    const url = base.endsWith('/') ? base : `${base}/`
    const { message } =
      version === 1
        ? await http.get(`${url}_apis/artifactcache/cache?keys=${key.key}&version=${key.version}`, headers)
        : await http.post(`${url}twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL`, JSON.stringify(key), {
            ...headers,
            'content-type': 'application/json',
          })
    const status = message.statusCode ?? 0
    message.destroy()
    return status === 200 || status === 204 || status === 404 ? undefined : `the runner's cache service answered with status ${status}`
  } catch {
    return "the runner's cache service cannot be reached"
  } finally {
    http.dispose()
  }
}
