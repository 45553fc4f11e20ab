import type { EngineClient } from './engine.ts'

/** What the BuildKit inside an engine says of itself. */
export interface EngineWorkers {
  /** As buildx writes them. */
  readonly platforms: readonly string[]
  /** Whether images are kept in containerd's store, without which there is no cache export and only one platform. */
  readonly containerdStore: boolean
  readonly labels: Readonly<Record<string, string>>
  /** The version of BuildKit; the empty string where it does not say. */
  readonly buildkit: string
}

/**
 * Asks the engine's BuildKit for its workers: the call that `buildx inspect` makes, without a process. The kernel's handlers
 * are looked up anew at each call.
 *
 * @throws Error when it cannot be asked this way
 * @see https://github.com/moby/buildkit/blob/master/api/services/control/control.proto ListWorkers
 */
export async function engineWorkers(engine: EngineClient): Promise<EngineWorkers> {
  const socket = await engine.buildkit()
  try {
    return readWorkers(await call(socket, '/moby.buildkit.v1.Control/ListWorkers'))
  } finally {
    socket.destroy()
  }
}

/**
 * Reads a ListWorkersResponse.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function readWorkers(message: Uint8Array): EngineWorkers {
  const workers = fieldsOf(message).filter(({ field }) => field === 1)
  const labels: Record<string, string> = {}
  const platforms: string[] = []
  let buildkit = ''
  for (const { field, value } of workers.flatMap((worker) => fieldsOf(worker.value))) {
    const part = (wanted: number) => Buffer.from(fieldsOf(value).find((each) => each.field === wanted)?.value ?? []).toString('utf8')
    if (field === 2) labels[part(1)] = part(2)
    if (field === 5) buildkit = part(2)
    if (field === 3) platforms.push([part(2), part(1), part(3)].filter((each) => each !== '').join('/'))
  }
  // buildx decides by the same label: https://github.com/docker/buildx/blob/master/driver/docker/driver.go
  return {
    platforms: platforms.map(withVariant),
    containerdStore: 'org.mobyproject.buildkit.worker.snapshotter' in labels,
    labels,
    buildkit,
  }
}

const PATIENCE = 10_000

async function call(socket: NonNullable<Awaited<ReturnType<EngineClient['buildkit']>>>, path: string): Promise<Uint8Array> {
  const { connect } = await import('node:http2')
  const session = connect('http://localhost', { createConnection: () => socket })
  return new Promise<Uint8Array>((resolve, reject) => {
    session.once('error', reject)
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' })
    const chunks: Buffer[] = []
    let status = ''
    stream.setTimeout(PATIENCE, () => stream.destroy(new Error('no answer of the BuildKit in the engine')))
    stream.once('error', reject)
    stream.on('response', (headers) => {
      status = String(headers['grpc-status'] ?? '')
    })
    stream.on('trailers', (headers) => {
      status = String(headers['grpc-status'] ?? status)
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    // The status can come behind the end of the data.
    stream.once('close', () => {
      // A byte for the compression and four for the length stand before the message:
      // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
      if (status === '0') resolve(Buffer.concat(chunks).subarray(5))
      else reject(new Error(`the BuildKit in the engine answered with gRPC status ${status}`))
    })
    stream.end(Buffer.alloc(5))
  }).finally(() => session.destroy())
}

function fieldsOf(message: Uint8Array): { field: number; value: Uint8Array }[] {
  const fields: { field: number; value: Uint8Array }[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]
      if (byte === undefined) throw new Error('a message of BuildKit ends in the middle')
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const [field, type] = [Math.floor(tag / 8), tag & 7]
    if (type === 0) varint()
    else if (type === 1) at += 8
    else if (type === 5) at += 4
    else {
      const length = varint()
      fields.push({ field, value: message.subarray(at, at + length) })
      at += length
    }
  }
  return fields
}

/** 32-bit arm without a variant is v7. */
function withVariant(platform: string): string {
  return platform === 'linux/arm' ? 'linux/arm/v7' : platform
}
