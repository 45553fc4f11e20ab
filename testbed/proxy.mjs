// A proxy on loopback before a registry that makes faults: rules, which are plain data, say which requests meet which.

import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import { createServer as listen } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * What happens to a request. `before` is as soon as its head has come; `within` is in the middle of its body, or of the
 * answer's where it has none; `after` is when the registry has carried it out and the answer is held back.
 *
 * @typedef {{do: 'pass'}
 *   | {do: 'answer', status: number, headers?: Record<string, string>, body?: string}
 *   | {do: 'wait', ms: number}
 *   | {do: 'cut' | 'reset' | 'stall', at: 'before' | 'within' | 'after'}
 *   | {do: 'truncate', bytes: number}} Fault
 */

/**
 * The first rule that fits a request decides; a request that fits none is passed on.
 *
 * @typedef {object} Rule
 * @property {string} [name] shown in what was seen
 * @property {string} [method] such as `PUT`, or `GET|HEAD`; absent for any
 * @property {string} [path] a regular expression for the path with its query; absent for any
 * @property {number} [from] the first of the fitting requests that meets the fault, counted from 1, which is the default
 * @property {number} [times] how many of them meet it; absent for all that follow
 * @property {Fault} fault
 */

/** @typedef {{method: string, path: string, rule?: string, fault: Fault['do'], status?: number, at: number}} Seen */

/** Which requests are which: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints */
export const places = /** @type {const} */ ({
  login: { method: 'GET', path: '^/v2/$' },
  token: { path: '^/(?:token|service/token|v2/token)\\b' },
  'blob HEAD': { method: 'HEAD', path: '/blobs/sha256:' },
  'blob GET': { method: 'GET', path: '/blobs/sha256:' },
  'upload POST': { method: 'POST', path: '/blobs/uploads/' },
  'upload PATCH': { method: 'PATCH', path: '/blobs/uploads/' },
  'upload PUT': { method: 'PUT', path: '/blobs/uploads/' },
  'manifest HEAD': { method: 'HEAD', path: '/manifests/' },
  'manifest GET': { method: 'GET', path: '/manifests/' },
  'manifest PUT': { method: 'PUT', path: '/manifests/' },
})

/**
 * Starts a proxy.
 *
 * @param {string} target `HOST:PORT` of the registry
 * @param {readonly Rule[]} [rules]
 * @returns {Promise<FaultProxy>}
 */
export async function startProxy(target, rules = []) {
  const proxy = new FaultProxy(target, rules)
  await proxy.listen()
  return proxy
}

export class FaultProxy {
  /** Every request since the start or the last change of the rules. @type {Seen[]} */
  seen = []
  #target
  /** @type {{rule: Rule, met: number}[]} */
  #rules = []
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set()
  #http = createServer((request, response) => void this.#meet(request, response).catch(() => response.destroy()))
  #door = listen((socket) => this.#open(socket))

  /**
   * @param {string} target
   * @param {readonly Rule[]} rules
   */
  constructor(target, rules) {
    this.#target = target
    this.setRules(rules)
    // A stall lasts until somebody gives up: not this side.
    Object.assign(this.#http, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, timeout: 0 })
  }

  /** `127.0.0.1:PORT`, to be used in the place of the registry's. */
  get host() {
    return `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (this.#door.address()).port}`
  }

  /**
   * From now on these rules count, from one, and what was seen is forgotten.
   *
   * @param {readonly Rule[]} rules
   */
  setRules(rules) {
    this.#rules = rules.map((rule) => ({ rule, met: 0 }))
    this.seen = []
  }

  async listen() {
    this.#door.listen(0, '127.0.0.1')
    await once(this.#door, 'listening')
  }

  /** Ends all connections, also the stalled ones. */
  hangUp() {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Ends all connections and stops. */
  async close() {
    this.hangUp()
    this.#door.close()
    await once(this.#door, 'close')
  }

  /** @param {import('node:net').Socket} socket */
  #open(socket) {
    this.#sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
    socket.once('data', (first) => {
      // A TLS hello. The engine goes on with plain HTTP only if the answer looks like it.
      if (first[0] === 0x16) {
        socket.end('HTTP/1.0 400 Bad Request\r\n\r\n')
        return
      }
      socket.pause()
      this.#http.emit('connection', socket)
      socket.unshift(first)
      socket.resume()
    })
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async #meet(request, response) {
    const { method = '', url: path = '' } = request
    const rule = this.#ruleFor(method, path)
    const fault = rule?.fault ?? { do: 'pass' }
    /** @type {Seen} */
    const seen = { method, path, ...(rule?.name === undefined ? {} : { rule: rule.name }), fault: fault.do, at: Date.now() }
    this.seen.push(seen)
    if (fault.do === 'answer') {
      seen.status = fault.status
      // Read to its end first: an answer in the middle of an upload reaches some clients as a broken pipe.
      for await (const _ of request);
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(fault.body ?? '')
      return
    }
    if (fault.do === 'wait') await new Promise((resolve) => setTimeout(resolve, fault.ms))
    const broken = fault.do === 'cut' || fault.do === 'reset' || fault.do === 'stall' ? fault : undefined
    if (broken?.at === 'before') return interrupt(request.socket, broken.do)
    const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined
    if (broken?.at === 'within' && hasBody) {
      await once(request, 'data')
      return interrupt(request.socket, broken.do)
    }
    const answer = await this.#pass(request)
    seen.status = answer.statusCode ?? 0
    if (broken?.at === 'after') {
      for await (const _ of answer);
      return interrupt(request.socket, broken.do)
    }
    const length = Number(answer.headers['content-length'] ?? Number.POSITIVE_INFINITY)
    const shortened = fault.do === 'truncate' ? Math.min(fault.bytes, length) : undefined
    response.writeHead(seen.status, { ...answer.headers, ...(shortened === undefined ? {} : { 'content-length': shortened }) })
    const allowed = shortened ?? (broken ? (Number.isFinite(length) ? Math.floor(length / 2) : 1) : Number.POSITIVE_INFINITY)
    // What is cut off in the middle has to be underway before.
    response.flushHeaders()
    await pipeline(answer, beginning(allowed), response, { end: broken === undefined })
    if (broken) interrupt(request.socket, broken.do)
  }

  /**
   * @param {string} method
   * @param {string} path
   * @returns {Rule | undefined}
   */
  #ruleFor(method, path) {
    for (const entry of this.#rules) {
      const { method: methods, path: pattern, from = 1, times = Number.POSITIVE_INFINITY } = entry.rule
      if (methods !== undefined && !methods.split('|').includes(method)) continue
      if (pattern !== undefined && !new RegExp(pattern).test(path)) continue
      entry.met++
      if (entry.met >= from && entry.met < from + times) return entry.rule
    }
    return undefined
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @returns {Promise<import('node:http').IncomingMessage>}
   */
  async #pass(request) {
    const [host, port] = this.#target.split(':')
    // The client's own Host header goes along, so that the addresses of uploads in the answers lead through here again.
    const passed = send({ host, port, method: request.method, path: request.url, headers: request.headers, agent: false })
    request.pipe(passed)
    request.once('close', () => request.complete || passed.destroy())
    const [answer] = await once(passed, 'response')
    return answer
  }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {'cut' | 'reset' | 'stall'} how
 */
function interrupt(socket, how) {
  if (how === 'cut') socket.destroySoon()
  else if (how === 'reset') socket.resetAndDestroy()
  // A stall leaves it open and says nothing more.
}

/**
 * Hands the beginning of a body on.
 *
 * @param {number} allowed so many bytes; the rest is dropped
 */
function beginning(allowed) {
  let left = allowed
  return new Transform({
    transform(/** @type {Buffer} */ chunk, _encoding, done) {
      const part = chunk.subarray(0, left)
      left -= part.length
      done(null, part.length > 0 ? part : undefined)
    },
  })
}
