import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findRunnerCache } from '../../src/cache/runner.ts'

// The runner's service cannot be had here; under act it is real, in the end-to-end tests. This is about tokens and refusals.
let server: Server
let status = 204
const asked: { method: string | undefined; url: string | undefined; authorization: string | undefined }[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, authorization: request.headers.authorization })
    response.writeHead(status).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())
beforeEach(() => {
  status = 204
  asked.length = 0
})

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const token = (claims: object) => ['{}', JSON.stringify(claims), ''].map((part) => Buffer.from(part).toString('base64url')).join('.')
const later = Date.now() / 1000 + 3600
const access = (permission: number) => JSON.stringify([{ Scope: 'refs/heads/main', Permission: permission }])
const GOOD = token({ exp: later, ac: access(3) })

test.each<[string, Record<string, string>, string]>([
  ['no service', { ACTIONS_RUNTIME_TOKEN: GOOD }, 'this runner has no cache service'],
  ['no token', { ACTIONS_CACHE_URL: 'http://127.0.0.1:1/' }, 'this runner gives its steps no token for the cache service'],
  [
    'a token that says nothing',
    { ACTIONS_CACHE_URL: 'http://127.0.0.1:1/', ACTIONS_RUNTIME_TOKEN: 'x' },
    "the runner's token does not say what it allows",
  ],
  [
    'one without access',
    { ACTIONS_CACHE_URL: 'http://127.0.0.1:1/', ACTIONS_RUNTIME_TOKEN: token({ exp: later }) },
    "the runner's token does not say what it allows",
  ],
  [
    'one of yesterday',
    { ACTIONS_CACHE_URL: 'http://127.0.0.1:1/', ACTIONS_RUNTIME_TOKEN: token({ exp: 1, ac: access(3) }) },
    "the runner's token is no longer valid",
  ],
  [
    'nobody there',
    { ACTIONS_CACHE_URL: 'http://127.0.0.1:1/', ACTIONS_RUNTIME_TOKEN: GOOD },
    "the runner's cache service cannot be reached",
  ],
])('%s', async (_, env, reason) => expect(await findRunnerCache(env)).toEqual({ usable: false, reason }))

test('both versions of the service are asked in their own way, with the token', async () => {
  expect(await findRunnerCache({ ACTIONS_CACHE_URL: url(), ACTIONS_RUNTIME_TOKEN: GOOD })).toEqual({
    usable: true,
    version: 1,
    write: true,
  })
  status = 200
  const second = {
    ACTIONS_CACHE_SERVICE_V2: 'True',
    ACTIONS_RESULTS_URL: url(),
    ACTIONS_CACHE_URL: 'http://127.0.0.1:1/',
    ACTIONS_RUNTIME_TOKEN: GOOD,
  }
  expect(await findRunnerCache(second)).toEqual({ usable: true, version: 2, write: true })
  expect(asked.map(({ method, url: path }) => `${method} ${path?.replace(/\?.*/, '')}`)).toEqual([
    'GET /_apis/artifactcache/cache',
    'POST /twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL',
  ])
  expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${GOOD}`]))
})

test('a token that may only read, and a service that refuses it', async () => {
  const env = { ACTIONS_CACHE_URL: url(), ACTIONS_RUNTIME_TOKEN: token({ exp: later, ac: access(1) }) }
  expect(await findRunnerCache(env)).toEqual({ usable: true, version: 1, write: false })
  status = 401
  expect(await findRunnerCache(env)).toEqual({ usable: false, reason: "the runner's cache service answered with status 401" })
})
