import { readdir, readFile } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { parsePlatform } from '../registry/platform.ts'
import type { EngineClient } from './engine.ts'

const BINFMT = '/proc/sys/fs/binfmt_misc'

// Byte 18 and 19 of an ELF file say which machine it is for, byte 4 how wide that is, byte 5 in which order it keeps bytes.
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html, numbers as in elf.h
const MACHINES: Readonly<Record<string, string>> = {
  '3 32 little': '386',
  '62 64 little': 'amd64',
  '40 32 little': 'arm',
  '183 64 little': 'arm64',
  '243 64 little': 'riscv64',
  '21 64 little': 'ppc64le',
  '22 64 big': 's390x',
  '8 64 little': 'mips64le',
  '8 64 big': 'mips64',
  '258 64 little': 'loong64',
}
/** What a processor runs by itself beside its own. Whether it does is in the builder's report. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] }

/**
 * The architectures that the kernel emulates by a registered handler, found by what the handlers look for in a file: their
 * names differ from one installer to the other.
 *
 * @param folder where binfmt_misc is mounted
 * @returns undefined where it cannot be read, as in most containers
 * @see https://docs.kernel.org/admin-guide/binfmt-misc.html
 */
export async function readHandlers(folder = BINFMT): Promise<ReadonlySet<string> | undefined> {
  const names = await readdir(folder).catch(() => undefined)
  if (!names?.includes('status')) return undefined
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '')
  if ((await read('status')).trim() !== 'enabled') return new Set()
  const handlers = await Promise.all(names.filter((name) => name !== 'status' && name !== 'register').map(read))
  return new Set(handlers.map(handledArchitecture).filter((each) => each !== undefined))
}

/** The architecture of a handler as the kernel shows it; undefined for one that is switched off or handles something else. */
export function handledArchitecture(handler: string): string | undefined {
  const magic = Buffer.from(/^magic ([0-9a-f]+)$/m.exec(handler)?.[1] ?? '', 'hex')
  if (!handler.startsWith('enabled') || magic.length < 20 || magic.toString('latin1', 0, 4) !== '\x7fELF') return undefined
  const little = magic[5] !== 2
  const machine = little ? magic.readUInt16LE(18) : magic.readUInt16BE(18)
  return MACHINES[`${machine} ${magic[4] === 1 ? 32 : 64} ${little ? 'little' : 'big'}`]
}

/**
 * Whether an engine runs on this kernel, so that its handlers are those that can be read here.
 *
 * @see https://docs.docker.com/reference/api/engine/ SystemInfo
 */
export async function isOwnKernel(engine: EngineClient): Promise<boolean> {
  if (!engine.endpoint.host.startsWith('unix://')) return false
  const answer = await engine.ask('GET', '/info').catch(() => undefined)
  if (answer?.status !== 200) return false
  return (JSON.parse(answer.body) as { KernelVersion?: unknown }).KernelVersion === release()
}

/**
 * What a builder serves at this moment. An engine keeps naming platforms whose handlers are gone, and does not name new ones
 * for twenty seconds, so that for emulated platforms the kernel has the word, where it can be asked.
 *
 * @param reported by the builder, its own processor first
 * @see https://github.com/moby/buildkit/blob/master/util/archutil/detect.go CacheMaxAge
 */
export function servedNow(reported: readonly string[], handlers: ReadonlySet<string> | undefined): string[] {
  const own = architecture(reported[0] ?? '')
  if (!handlers || own === undefined) return [...reported]
  const native = [own, ...(FAMILIES[own] ?? [])]
  const kept = reported.filter((platform) => {
    const each = architecture(platform)
    return each === undefined || native.includes(each) || handlers.has(each)
  })
  const further = [...handlers].filter((each) => !kept.some((platform) => architecture(platform) === each))
  return [...kept, ...further.map((each) => (each === 'arm' ? 'linux/arm/v7' : `linux/${each}`))]
}

function architecture(platform: string): string | undefined {
  try {
    return parsePlatform(platform).architecture
  } catch {
    return undefined
  }
}
