import { createHmac, randomUUID } from 'node:crypto'
import { HttpClient } from '@actions/http-client'

/** What is to be changed for a temporary user name and password. */
export interface AcrRequest {
  /** Such as `cri-kmsiwlxxdcvaduwb`. */
  readonly instance: string
  /** Of the instance, such as `cn-hangzhou`. */
  readonly region: string
  readonly accessKey: string
  readonly secret: string
  /** Of the Security Token Service; the empty string for a key of its own. */
  readonly securityToken: string
  /** The address of the service; the empty string for the region's own. */
  readonly endpoint: string
}

export interface TemporaryAccount {
  readonly username: string
  readonly password: string
  readonly expires: Date
}

const TIMEOUT = 20_000

/**
 * Asks an Enterprise Edition instance for temporary credentials.
 *
 * @throws Error of one line with the service's own code, and never with a key
 * @see https://www.alibabacloud.com/help/en/acr/developer-reference/api-cr-2018-12-01-getauthorizationtoken
 */
export async function askAcr(request: AcrRequest): Promise<TemporaryAccount> {
  const endpoint = request.endpoint || `https://cr.${request.region}.aliyuncs.com`
  const parameters = signedParameters(acrParameters(request, new Date(), randomUUID()), request.secret)
  const client = new HttpClient('manifold', [], { socketTimeout: TIMEOUT, allowRetries: true, maxRetries: 2 })
  // In the body, where no proxy notes it down.
  const answer = await client
    .post(`${endpoint.replace(/\/+$/, '')}/`, encodeAll(parameters), { 'content-type': 'application/x-www-form-urlencoded' })
    .catch((cause: unknown) => {
      throw new Error(`${endpoint} cannot be reached; check the network and the input acr-endpoint`, { cause })
    })
  return parseAcr(await answer.readBody(), answer.message.statusCode ?? 0)
}

/** Reads the service's answer. @throws Error with its code and message */
export function parseAcr(body: string, status: number): TemporaryAccount {
  let answer: Readonly<Record<string, unknown>> = {}
  try {
    answer = JSON.parse(body) as typeof answer
  } catch {
    // Said below.
  }
  const { TempUsername: username, AuthorizationToken: password, ExpireTime: expires } = answer
  if (status === 200 && typeof username === 'string' && typeof password === 'string' && username !== '' && password !== '') {
    return { username, password, expires: new Date(Number(expires)) }
  }
  const code = typeof answer.Code === 'string' ? answer.Code : `status ${status}`
  const message = typeof answer.Message === 'string' ? `: ${answer.Message.split('\n')[0]?.slice(0, 200)}` : ''
  throw new Error(
    `the service gives no temporary account (${code}${message}); check the access key, its permission cr:GetAuthorizationToken, and acr-instance`,
  )
}

/** @see https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism for the common parameters */
export function acrParameters(
  { instance, region, accessKey, securityToken }: AcrRequest,
  now: Date,
  nonce: string,
): Record<string, string> {
  return {
    AccessKeyId: accessKey,
    Action: 'GetAuthorizationToken',
    Format: 'JSON',
    InstanceId: instance,
    RegionId: region,
    ...(securityToken === '' ? {} : { SecurityToken: securityToken }),
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: nonce,
    SignatureVersion: '1.0',
    Timestamp: now.toISOString().replace(/\.\d+Z$/, 'Z'),
    Version: '2018-12-01',
  }
}

/**
 * Signs the parameters of a call.
 *
 * @param method of the HTTP request
 * @see https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism
 */
export function signature(parameters: Readonly<Record<string, string>>, secret: string, method: 'GET' | 'POST'): string {
  const text = [method, encode('/'), encode(encodeAll(parameters))].join('&')
  return createHmac('sha1', `${secret}&`).update(text).digest('base64')
}

/** The region that a registry's host names: `demo-registry.cn-hangzhou.cr.aliyuncs.com`; undefined for another host. */
export function acrRegion(host: string): string | undefined {
  return /^[\w-]+-registry(?:-vpc)?\.([\w-]+)\.cr\.aliyuncs\.com$/i.exec(host)?.[1]
}

function signedParameters(parameters: Readonly<Record<string, string>>, secret: string): Record<string, string> {
  return { ...parameters, Signature: signature(parameters, secret, 'POST') }
}

function encodeAll(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
}

/** As RFC 3986 has it, stricter than encodeURIComponent. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
