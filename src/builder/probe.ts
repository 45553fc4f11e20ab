import { connect as connectPlain, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

/** What a remote BuildKit is reached with. Texts, not paths. */
export interface RemoteNode {
  /** Such as `tcp://buildkit.example.com:1234`. */
  readonly endpoint: string
  /** The name its certificate is to have; the empty string for the host. */
  readonly servername: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** How long a node may take to come up, in milliseconds: as long as buildx would wait. */
const COMING_UP = 20_000
const ANSWER = 5_000
// The other side is not there yet, which can change.
const ABSENT = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'])

/**
 * Knocks at a remote BuildKit. buildx itself needs a minute to give up, and then does not say whether nobody answered or a
 * certificate was refused.
 *
 * @throws Error that names the endpoint and says what to do
 */
export async function probeNode(node: RemoteNode, signal: AbortSignal): Promise<void> {
  if (!node.endpoint.startsWith('tcp://') || !URL.canParse(node.endpoint)) return
  for (const start = Date.now(); ; await sleep(500, undefined, { signal }).catch(() => undefined)) {
    const fault = await knock(node)
    if (fault === undefined || signal.aborted) return
    const code = fault.code ?? ''
    if (!ABSENT.has(code) || Date.now() - start > COMING_UP) {
      throw new Error(
        `builder: the BuildKit at ${node.endpoint} cannot be used (${code || fault.message}); ${advice(code, fault.message)}`,
        { cause: fault },
      )
    }
  }
}

/** @returns undefined when it answers, or when nothing can be said of it */
function knock({ endpoint, servername, ca, cert, key }: RemoteNode): Promise<NodeJS.ErrnoException | undefined> {
  const { hostname, port } = new URL(endpoint)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const to = { host, port: Number(port) }
  const name = servername || host
  const secure = ca !== '' || cert !== ''
  const tls = { ca, ...(cert === '' ? {} : { cert, key }), ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }), ALPNProtocols: ['h2'] }
  return new Promise((resolve) => {
    // What fails here at once, such as a key that is none, is told like what fails on the way.
    let socket: Socket
    try {
      socket = secure ? connectTls({ ...to, ...tls }) : connectPlain(to)
    } catch (fault) {
      return resolve(fault as NodeJS.ErrnoException)
    }
    const end = (fault?: NodeJS.ErrnoException) => {
      socket.destroy()
      resolve(fault)
    }
    socket.setTimeout(ANSWER, () => end())
    socket.once('error', end)
    // With TLS 1.3 a certificate of ours is refused after the handshake, so that only the first word of HTTP/2 says yes.
    socket.once('data', () => end())
    socket.once('end', () => end(Object.assign(new Error('it closed the connection'), { code: 'ECONNRESET' })))
  })
}

function advice(code: string, message: string): string {
  if (ABSENT.has(code) || code === 'ENOTFOUND') return 'check the address in endpoint or append, and that BuildKit runs there'
  if (/ALTNAME/.test(code)) return 'its certificate is for another name: give that as servername=… in driver-opts'
  if (/alert|SSL|handshake/i.test(`${code} ${message}`)) return 'it does not take the certificate in tls-cert: check that and tls-key'
  return 'its certificate is not of the authority in tls-ca: give the one that signed it'
}
