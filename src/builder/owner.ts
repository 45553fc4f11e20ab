import { createHash } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/**
 * Who made a builder: the process that runs the job, which lives from its first step to its last. Short marks, in lower
 * case, so that they fit into the builder's name.
 */
export interface Owner {
  readonly machine: string
  /** Of the machine's run since it was switched on. */
  readonly boot: string
  /** The namespace in which the process has its number. */
  readonly namespace: string
  readonly pid: number
  /** Clock ticks from the boot to the start of the process: a number that comes again is another process. */
  readonly started: number
}

const PROC = '/proc'
// https://github.com/torvalds/linux/blob/master/include/linux/proc_ns.h PROC_PID_INIT_INO
const FIRST_NAMESPACE = 'pid:[4026531836]'
/** A runner can start a step through one of these; they end with the step, not with the job. */
const WRAPPERS = /^(?:sh|ash|bash|dash|zsh|busybox|env|sudo|su|script|timeout|nice|ionice|setpriv|runuser)$/

/**
 * The owner of what this process makes.
 *
 * @param proc where procfs is mounted
 * @returns an owner without a process number where there is no procfs: then only age tells
 */
export async function thisOwner(proc = PROC): Promise<Owner> {
  const [machine, boot, namespace] = await Promise.all([machineMark(), bootMark(proc), namespaceMark(proc)])
  let pid = process.ppid
  for (let steps = 0; steps < 10 && pid > 1; steps++) {
    const stat = await processStat(pid, proc)
    if (!stat || !WRAPPERS.test(stat.name)) break
    pid = stat.parent
  }
  // The parent of a step that was entered into a container is not seen from there: the container's first process then
  // stands for the job. Outside of containers that is the system's own, which says nothing.
  if (pid <= 1) pid = (await readlink(join(proc, 'self/ns/pid')).catch(() => FIRST_NAMESPACE)) === FIRST_NAMESPACE ? 0 : 1
  const started = pid === 0 ? undefined : (await processStat(pid, proc))?.started
  return { machine, boot, namespace, pid: started === undefined ? 0 : pid, started: started ?? 0 }
}

/** An owner as text, fit to be part of a builder's name. */
export function formatOwner({ machine, boot, namespace, pid, started }: Owner): string {
  return [machine, boot, namespace, pid.toString(36), started.toString(36)].join('.')
}

/** Reads what {@link formatOwner} wrote; undefined for anything else. */
export function parseOwner(text: string): Owner | undefined {
  const [, machine, boot, namespace, pid, started] =
    /^([0-9a-f]{6})\.([0-9a-f]{6})\.([0-9a-z]+)\.([0-9a-z]{1,7})\.([0-9a-z]{1,11})$/.exec(text) ?? []
  if (!machine || !boot || !namespace || !pid || !started) return undefined
  return { machine, boot, namespace, pid: Number.parseInt(pid, 36), started: Number.parseInt(started, 36) }
}

/**
 * Whether an owner still runs.
 *
 * - Another boot of this machine: dead.
 * - This boot and namespace: the process is asked for by its number and its start.
 * - Another machine, or a namespace that cannot be looked into: unknown, and only age tells.
 */
export async function isLiving(owner: Owner, proc = PROC): Promise<'living' | 'dead' | 'unknown'> {
  const [machine, boot, namespace] = await Promise.all([machineMark(), bootMark(proc), namespaceMark(proc)])
  if (owner.boot !== boot) return owner.machine === machine && boot !== NONE ? 'dead' : 'unknown'
  if (owner.namespace !== namespace || owner.pid === 0 || boot === NONE) return 'unknown'
  const stat = await processStat(owner.pid, proc)
  return stat && stat.started === owner.started && stat.state !== 'Z' ? 'living' : 'dead'
}

/** A process's identity: undefined when there is none of that number, or only what is left of one. */
export async function processStart(pid: number, proc = PROC): Promise<number | undefined> {
  const stat = await processStat(pid, proc)
  return stat && stat.state !== 'Z' ? stat.started : undefined
}

const NONE = '000000'

async function machineMark(): Promise<string> {
  const id = await readFile('/etc/machine-id', 'utf8').catch(() => '')
  return mark(`${id.trim()} ${hostname()}`)
}

async function bootMark(proc: string): Promise<string> {
  const id = await readFile(join(proc, 'sys/kernel/random/boot_id'), 'utf8').catch(() => '')
  return id === '' ? NONE : mark(id.trim())
}

async function namespaceMark(proc: string): Promise<string> {
  const link = await readlink(join(proc, 'self/ns/pid')).catch(() => '')
  return Number(/\d+/.exec(link)?.[0] ?? 0).toString(36)
}

function mark(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6)
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function processStat(
  pid: number,
  proc: string,
): Promise<{ name: string; state: string; parent: number; started: number } | undefined> {
  const text = await readFile(join(proc, String(pid), 'stat'), 'utf8').catch(() => '')
  // The name may itself hold blanks and brackets.
  const close = text.lastIndexOf(')')
  if (close < 0) return undefined
  const fields = text.slice(close + 2).split(' ')
  return { name: text.slice(text.indexOf('(') + 1, close), state: fields[0] ?? '', parent: Number(fields[1]), started: Number(fields[19]) }
}
