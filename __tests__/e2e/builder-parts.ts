import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianCodename, debianMirror, unpackForeign } from '../../testbed/apt.mjs'
import { run } from '../../testbed/command.mjs'
import { emulation } from '../../testbed/emulation.mjs'
import { exclusively } from '../../testbed/lock.mjs'
import { places } from '../../testbed/places.mjs'
import { status, up } from '../../testbed/testbed.mjs'
import { bed, type Job, scenario, type World } from './bed.ts'

type Engine = import('../../testbed/state.mjs').Engine

/** The test bed with the parts that these tests need beside the usual ones. */
export async function wholeBed() {
  await up({ only: ['classic', 'tools', 'images'] })
  const { state } = status()
  if (!state?.classic || !state.images || !state.buildx) throw new Error('the test bed has no engine with the classic store, or no images')
  return { classic: state.classic, images: state.images, buildx: state.buildx, tools: state.tools ?? {}, dir: state.dir }
}

/** A scenario that is skipped, with its name, where the machine cannot play it. */
export function scenarioIf(can: boolean): typeof scenario {
  return can ? scenario : (name) => test.skip(name, () => undefined)
}

/** A job whose records lie in the test's own folder. */
export function builderJob(
  world: World,
  engine: Pick<Engine, 'host'> = bed.engine,
  { env, node }: { env?: Record<string, string>; node?: string } = {},
): Job {
  const own = { DOCKER_HOST: engine.host, XDG_STATE_HOME: join(world.folder, 'state'), ...env }
  const job = world.newJob({ env: own, ...(node === undefined ? {} : { node }) })
  // A test that fails in the middle leaves nothing to the next.
  world.onEnd(() => job.posts())
  return job
}

/** The records of what is to be cleaned up. */
export function records(world: World): string[] {
  const folder = join(world.folder, 'state/manifold')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Names of containers and volumes that a builder or an installer of Manifold's has, with others given by a part of their name. */
export async function leftovers(engine: Pick<Engine, 'host'>, ...names: string[]): Promise<string[]> {
  const docker = (...args: string[]) => run([join(bed.bin, 'docker'), '--host', engine.host, ...args], { part: 'docker' })
  const lists = await Promise.all([docker('ps', '--all', '--format', '{{.Names}}'), docker('volume', 'ls', '--format', '{{.Name}}')])
  return lists.flatMap((list) => list.split('\n')).filter((name) => ['manifold-', ...names].some((part) => name.includes(part)))
}

/** Processes of buildx or docker that work on something of the name. */
export function workingOn(name: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter((command) => /docker/.test(command) && command.includes(name))
}

/**
 * Notes every start of docker and buildx in a job, and then starts the real ones.
 *
 * @returns gives the commands so far, without the programs' paths
 */
export function countProcesses(world: World, job: Job, buildx: string): { readonly path: string; readonly started: () => string[] } {
  const log = join(world.folder, 'processes')
  writeFileSync(log, '')
  const script = (name: string, program: string) => `#!/bin/sh\nprintf '%s\\n' "${name} $*" >> '${log}'\nexec '${program}' "$@"\n`
  mkdirSync(join(job.dockerConfig, 'cli-plugins'), { recursive: true })
  writeFileSync(join(job.dockerConfig, 'cli-plugins/docker-buildx'), script('buildx', buildx), { mode: 0o700 })
  const folder = world.programs({ docker: script('docker', join(bed.bin, 'docker')) })
  return { path: `${folder}:${process.env.PATH}`, started: () => readFileSync(log, 'utf8').split('\n').filter(Boolean) }
}

const BINFMT = '/proc/sys/fs/binfmt_misc'

/**
 * Takes a handler out of the kernel while something is done, and puts it back. Handlers are the whole machine's: only for
 * architectures that no other test needs.
 */
export async function withoutHandler(architecture: string, work: () => Promise<void>): Promise<void> {
  const path = join(BINFMT, `qemu-${architecture}`)
  const registered = existsSync(path)
  if (registered) writeFileSync(path, '-1')
  try {
    await work()
  } finally {
    if (existsSync(path)) writeFileSync(path, '-1')
    if (registered) await emulation()
  }
}

/** Whether the kernel has a handler. */
export function hasHandler(architecture: string): boolean {
  return existsSync(join(BINFMT, `qemu-${architecture}`))
}

/** Debian's static busybox for an architecture that the test bed's base image does not have. @returns its path */
export async function foreignBusybox(architecture: string): Promise<string> {
  const folder = join(places().cache, `busybox-${architecture}`)
  await exclusively(folder, async () => {
    if (existsSync(folder)) return
    const work = `${folder}.new`
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true, mode: 0o700 })
    await unpackForeign({ mirror: await debianMirror(), packages: ['busybox-static'], architectures: [architecture] }, work)
    renameSync(work, folder)
  })
  return join(folder, architecture, 'bin/busybox')
}

/** The layer of the test bed's base image for an architecture. @returns the path of a tar.gz */
export function busyboxLayer(architecture: string): string {
  return join(places().cache, `busybox-${debianCodename()}`, `${architecture}.tar.gz`)
}
