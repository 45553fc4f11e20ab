import { type ClientRequest, request as plainRequest, type RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import type { EngineEndpoint } from './endpoint.ts'

export interface EngineAnswer {
  readonly status: number
  readonly body: string
}

/** An engine that does not answer. */
export class EngineError extends Error {
  constructor(host: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code
    const advice =
      code === 'EACCES'
        ? 'give this user access to its socket (such as by the group docker)'
        : 'start it, or check DOCKER_HOST and the current context'
    super(`the docker engine at ${host} does not answer${code === undefined ? '' : ` (${code})`}: ${advice}`, { cause })
    this.name = 'EngineError'
  }
}

const PATIENCE = 10_000

/**
 * Speaks to an engine itself, which takes some milliseconds where starting the docker client takes seventy. Over a socket or
 * TCP; an engine behind SSH is left to docker and buildx.
 *
 * @see https://docs.docker.com/reference/api/engine/
 */
export class EngineClient {
  readonly endpoint: EngineEndpoint

  constructor(endpoint: EngineEndpoint) {
    this.endpoint = endpoint
  }

  /** Whether this engine can be spoken to without docker's help. */
  get direct(): boolean {
    return /^(?:unix|npipe|tcp):\/\//.test(this.endpoint.host)
  }

  /**
   * Asks the engine.
   *
   * @param path such as `/containers/json`
   * @param timeout in milliseconds
   * @throws EngineError when it does not answer
   */
  async ask(method: 'GET' | 'POST' | 'DELETE', path: string, timeout = PATIENCE): Promise<EngineAnswer> {
    const request = await this.#open({ method, path, timeout })
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => reject(new EngineError(this.endpoint.host, cause))
      request.once('timeout', () => request.destroy(new Error(`no answer within ${timeout / 1000} s`)))
      request.once('error', fail)
      request.once('response', (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          body += chunk
        })
        response.once('error', fail)
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
      })
      request.end()
    })
  }

  /**
   * Opens the engine's own BuildKit: a connection on which HTTP/2 is spoken.
   *
   * @throws EngineError when the engine does not answer, Error when it has no BuildKit
   */
  async buildkit(): Promise<Socket> {
    const request = await this.#open({
      method: 'POST',
      path: '/grpc',
      timeout: PATIENCE,
      headers: { connection: 'Upgrade', upgrade: 'h2c' },
    })
    return new Promise((resolve, reject) => {
      request.once('timeout', () => request.destroy(new Error(`no answer within ${PATIENCE / 1000} s`)))
      request.once('error', (cause) => reject(new EngineError(this.endpoint.host, cause)))
      request.once('response', (response) => {
        response.resume()
        reject(new Error(`the engine does not give out its BuildKit (status ${response.statusCode})`))
      })
      request.once('upgrade', (_response, socket: Socket, head: Buffer) => {
        socket.setTimeout(0)
        // The other side speaks first, and what it says can come along with the answer.
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      request.end()
    })
  }

  async #open(options: RequestOptions): Promise<ClientRequest> {
    const { host, tls } = this.endpoint
    if (!this.direct) throw new EngineError(host, new Error('it is not reached over a socket or TCP'))
    const path = /^(?:unix|npipe):\/\/(.*)$/s.exec(host)?.[1]
    if (path !== undefined) return plainRequest({ ...options, socketPath: path })
    const { hostname, port } = new URL(host)
    if (!tls) return plainRequest({ ...options, host: hostname, port: port || 2375 })
    const { request } = await import('node:https')
    return request({ ...options, host: hostname, port: port || 2376, ...tls })
  }
}
