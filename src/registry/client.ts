import { createHash } from 'node:crypto'
import { HttpClient, type HttpClientResponse } from '@actions/http-client'
import type { Credential } from './credentials.ts'
import type { Repository } from './reference.ts'

/** A manifest as a registry holds it. */
export interface Manifest {
  readonly digest: string
  readonly mediaType: string
  readonly body: string
}

/** An answer of a registry that is not the one wanted. */
export class RegistryError extends Error {
  readonly status: number

  constructor(status: number, where: string) {
    super(`${where} answered with status ${status}`)
    this.name = 'RegistryError'
    this.status = status
  }
}

// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/
const LARGEST_MANIFEST = 4 * 1024 * 1024

/**
 * Reads from one repository of a registry, over HTTPS, through the proxy of the environment; plain HTTP is tried on the
 * loopback interface alone, as Docker does.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export class RegistryClient {
  readonly #repository: Repository
  readonly #credential: Credential | undefined
  readonly #timeout: number
  #base: string | undefined
  #authorization: string | undefined

  /** @param timeout for each request, in milliseconds */
  constructor(repository: Repository, credential: Credential | undefined, timeout: number) {
    this.#repository = repository
    this.#credential = credential
    this.#timeout = timeout
  }

  /**
   * Reads a manifest or an index.
   *
   * @param reference a tag or a digest
   * @returns undefined when there is none
   * @throws RegistryError for any other answer, Error when the registry cannot be reached
   */
  async manifest(reference: string): Promise<Manifest | undefined> {
    const { response, body } = await this.#get(`manifests/${reference}`, MANIFEST_TYPES.join(', '))
    const status = response.message.statusCode ?? 0
    if (status === 404) return undefined
    if (status !== 200) throw new RegistryError(status, this.#repository.host)
    return {
      digest: `sha256:${createHash('sha256').update(body).digest('hex')}`,
      mediaType: (response.message.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
      body: body.toString('utf8'),
    }
  }

  /**
   * Asks for a manifest's digest without reading it.
   *
   * @returns undefined when there is no such manifest; the reference itself where the registry does not say
   * @throws RegistryError for any other answer, Error when the registry cannot be reached
   */
  async digest(reference: string): Promise<string | undefined> {
    const { response } = await this.#get(`manifests/${reference}`, MANIFEST_TYPES.join(', '), { verb: 'HEAD' })
    const status = response.message.statusCode ?? 0
    if (status === 404) return undefined
    if (status !== 200) throw new RegistryError(status, this.#repository.host)
    return String(response.message.headers['docker-content-digest'] ?? reference)
  }

  /** Reads a small blob, such as an image's configuration. @throws RegistryError when the registry does not give it out */
  async blob(digest: string): Promise<string> {
    const { response, body } = await this.#get(`blobs/${digest}`, '*/*')
    const status = response.message.statusCode ?? 0
    if (status !== 200) throw new RegistryError(status, this.#repository.host)
    return body.toString('utf8')
  }

  /**
   * Asks for the first byte of a blob, to see whether it can be had, also where the registry sends readers on to a storage of
   * its own.
   *
   * @throws RegistryError when the registry does not give it out, Error when it cannot be reached or says nothing
   */
  async touchBlob(digest: string): Promise<void> {
    const { response } = await this.#get(`blobs/${digest}`, '*/*', { verb: 'GET', range: 'bytes=0-0' })
    const status = response.message.statusCode ?? 0
    if (status !== 200 && status !== 206) throw new RegistryError(status, this.#repository.host)
  }

  /**
   * One exchange with a client of its own: a client keeps the agent of its first protocol, and refuses the other one from then
   * on. Its connections are closed at the end, also those of a server that says nothing and would keep this process alive.
   */
  async #exchange(send: (http: HttpClient) => Promise<HttpClientResponse>, begin = false): Promise<Answer> {
    const http = new HttpClient('manifold', [], { socketTimeout: this.#timeout, allowRetries: false })
    try {
      const response = await send(http)
      return { response, body: await readBody(response, begin, this.#timeout) }
    } finally {
      http.dispose()
    }
  }

  async #get(path: string, accept: string, how: Request = { verb: 'GET' }): Promise<Answer> {
    const first = await this.#request(path, accept, how)
    const challenge = first.response.message.headers['www-authenticate']
    if (first.response.message.statusCode !== 401 || challenge === undefined || this.#authorization !== undefined) return first
    this.#authorization = await this.#authorize(challenge)
    return this.#authorization === undefined ? first : this.#request(path, accept, how)
  }

  async #request(path: string, accept: string, { verb, range }: Request): Promise<Answer> {
    const headers = {
      accept,
      ...(range === undefined ? {} : { range }),
      ...(this.#authorization === undefined ? {} : { authorization: this.#authorization }),
    }
    const send = (base: string) =>
      this.#exchange((http) => http.request(verb, `${base}/v2/${this.#repository.path}/${path}`, null, headers), range !== undefined)
    if (this.#base !== undefined) return send(this.#base)
    const host = this.#repository.host === 'docker.io' ? 'registry-1.docker.io' : this.#repository.host
    const bases = LOOPBACK.test(host) ? [`https://${host}`, `http://${host}`] : [`https://${host}`]
    let fault: unknown
    for (const base of bases) {
      try {
        const answer = await send(base)
        this.#base = base
        return answer
      } catch (cause) {
        fault = cause
        if (!isTlsFault(cause)) break
      }
    }
    throw new Error(`cannot reach ${host}`, { cause: fault })
  }

  /** @see https://distribution.github.io/distribution/spec/auth/token/ */
  async #authorize(challenge: string): Promise<string | undefined> {
    const credential = this.#credential
    const basic =
      credential?.kind === 'basic' ? `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}` : undefined
    if (/^basic\b/i.test(challenge)) return basic
    const fields = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
    )
    const realm = URL.canParse(fields.realm ?? '') ? new URL(fields.realm ?? '') : undefined
    // A registry names where to send the password: only over TLS, unless it is this machine.
    if (!realm || (realm.protocol !== 'https:' && !LOOPBACK.test(realm.host))) return undefined
    const scope = fields.scope ?? `repository:${this.#repository.path}:pull`
    const service = fields.service ?? ''
    const { response, body } = await this.#exchange((http) =>
      credential?.kind === 'identity'
        ? http.post(
            realm.href,
            new URLSearchParams({
              grant_type: 'refresh_token',
              service,
              scope,
              client_id: 'manifold',
              refresh_token: credential.token,
            }).toString(),
            { 'content-type': 'application/x-www-form-urlencoded' },
          )
        : http.get(withQuery(realm, { service, scope }), basic === undefined ? {} : { authorization: basic }),
    )
    if (response.message.statusCode !== 200) throw new RegistryError(response.message.statusCode ?? 0, realm.host)
    const answer = JSON.parse(body.toString('utf8')) as { token?: unknown; access_token?: unknown }
    const token = answer.token ?? answer.access_token
    return typeof token === 'string' ? `Bearer ${token}` : undefined
  }
}

function withQuery(url: URL, query: Readonly<Record<string, string>>): string {
  for (const [name, value] of Object.entries(query)) if (value !== '') url.searchParams.set(name, value)
  return url.href
}

interface Request {
  readonly verb: 'GET' | 'HEAD'
  /** The part that is wanted: its first bytes are then enough. */
  readonly range?: string
}

interface Answer {
  readonly response: HttpClientResponse
  readonly body: Buffer
}

/** @param begin whether the first bytes are enough */
async function readBody(response: HttpClientResponse, begin: boolean, timeout: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // The client's own time-out covers the wait for the head alone.
  const timer = setTimeout(() => response.message.destroy(new Error(`no end of the answer within ${timeout} ms`)), timeout)
  try {
    for await (const chunk of response.message) {
      chunks.push(chunk as Buffer)
      if (begin) break
      size += (chunk as Buffer).length
      if (size > LARGEST_MANIFEST) throw new Error(`an answer of more than ${LARGEST_MANIFEST} bytes`)
    }
  } finally {
    clearTimeout(timer)
    response.message.destroy()
  }
  return Buffer.concat(chunks)
}

/** Whether the other side does not speak TLS; a certificate that is not trusted is no reason to go on without. */
function isTlsFault(cause: unknown): boolean {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined
  return code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ECONNRESET' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
}
